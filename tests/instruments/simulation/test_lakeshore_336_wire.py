"""The simulated Models 335, 336, 340 and 350 on their wire, and pymeasure's own driver on one."""

import pytest
from pymeasure.instruments.lakeshore import LakeShore3xx

from tests.instruments.simulation.line import Line

ADDRESS = "GPIB0::12::INSTR"


class Controller(Line):
    """One controller, its loop on input A and output 1, another sensor on B."""

    read_termination = "\r\n"

    def __init__(self, make_bench, model):
        super().__init__(make_bench, f"lakeshore_{model}", ADDRESS, {"channel": "A", "output": 1}, {"channel": "B"})

    def tell(self, command, events="0"):
        assert self.ask(f"*CLS;{command};*ESR?") == events, command


@pytest.fixture
def make(make_bench):
    return lambda model="336": Controller(make_bench, model)


@pytest.mark.parametrize("model", ["335", "336", "340", "350"])
def test_who_is_there_and_what_is_mounted_where(make, model):
    controller = make(model)
    assert controller.ask("*IDN?").startswith(f"LSCI,MODEL{model},")
    assert float(controller.ask("KRDG? A")) == float(controller.ask("krdg?b")) == 300.0
    if model != "335":
        assert controller.ask("KRDG? D;RDGST? D").endswith(";128")
    assert controller.ask("RDGST? A") == "000"
    controller.box.input_status["A"] = 2
    assert controller.ask("RDGST? A") == "002"


def test_chained_commands_one_reply_and_what_cannot_be_done_leaves_the_rest_alone(make):
    controller = make()
    assert controller.ask("SETP 1,250;SETP? 1;*ESR?").split(";")[0] == "+250.000"
    controller.tell("SETP 1,-1;RAMP 1,1,2", "16")
    assert controller.ask("RAMP? 1") == "1,+2.000"
    controller.tell("NONSENSE 1", "32")
    controller.tell("RANGE 1,4", "16")
    controller.tell("RANGE 5,1", "16")
    controller.tell("OUTMODE 1,1,2,0", "16")  # no thermometer of that input at the heater
    assert controller.ask("RANGE? 1;RANGE? 2;OUTMODE? 1;OUTMODE? 2") == "0;0;1,1,0;0,0,0"


def test_the_set_point_ramps_and_setp_moves_with_it(make):
    controller = make()
    controller.tell("RAMP 1,0,0;SETP 1,300;RAMP 1,1,2;RANGE 1,3;SETP 1,290")
    assert controller.ask("RAMPST? 1") == "1"
    controller.clock.sleep(150.0)
    assert float(controller.ask("SETP? 1")) == pytest.approx(295.0, abs=0.01)
    controller.clock.sleep(600.0)
    assert controller.ask("RAMPST? 1;SETP? 1") == "0;+290.000"
    assert float(controller.ask("KRDG? A")) == pytest.approx(290.0, abs=0.05)
    assert float(controller.ask("HTR? 1")) > 0.0


def test_a_heater_that_opens_turns_its_range_off_and_says_so_once(make):
    controller = make()
    controller.tell("SETP 1,290;RANGE 1,3")
    controller.box.fail_heater(1)
    assert controller.ask("RANGE? 1;HTRST? 1;HTRST? 1") == "0;1;0"
    assert not controller.cryostat.thermal.loop_on


def test_a_heater_range_is_a_tenth_of_the_next(make):
    """50 W at the bench."""
    for model, top in (("336", 3), ("350", 5)):
        controller = make(model)
        powers = []
        for number in range(top, 0, -1):
            controller.tell(f"RANGE 1,{number}")
            powers.append(controller.cryostat.thermal.heater_power_W)
        assert powers == pytest.approx([50.0 * 10.0**-k for k in range(top)])


def test_a_340_has_cset_cmode_and_a_heater_without_number(make):
    controller = make("340")
    assert controller.ask("CSET? 1;CMODE? 1;CSET? 2") == "A,1,1,0;1;B,1,0,0"
    controller.tell("SETP 1,290;RANGE 5")
    assert controller.cryostat.thermal.loop_on
    assert controller.ask("RANGE?;HTRST?") == "5;00"
    controller.tell("CSET 1,A,1,0")
    assert not controller.cryostat.thermal.loop_on
    controller.tell("CSET 1,A,1,1;CMODE 1,3;MOUT 1,20")
    assert controller.ask("HTR?") == "+020.0"
    controller.tell("CSET 1,B", "16")
    controller.tell("OUTMODE 1,1,1,0", "32")


def test_stock_driver(make):
    controller = make()
    stock = LakeShore3xx(ADDRESS, visa_library=controller.manager.visalib)
    assert stock.input_A.kelvin == 300.0
    stock.output_1.setpoint = 290.0
    stock.output_1.range = "high"
    controller.clock.sleep(900.0)
    assert stock.input_A.kelvin == pytest.approx(290.0, abs=0.1)
    assert stock.output_1.output > 0.0
    stock.adapter.close()
