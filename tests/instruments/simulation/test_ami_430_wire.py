"""The simulated Model 430 on its wire, and pymeasure's own driver on it."""

import math

import pytest
from pymeasure.instruments.ami import AMI430

from tests.instruments.simulation.line import Line

ADDRESS = "TCPIP0::192.168.1.30::7180::SOCKET"
LIMIT_A = 80.0  # 10 T at the bench's 0.125 T/A


class Ami(Line):
    read_termination = write_termination = "\r\n"

    def __init__(self, make_bench, **options):
        super().__init__(make_bench, "ami_430", ADDRESS, {"current_limit_A": LIMIT_A, "greets": False, **options})

    def tell(self, *commands):
        for command in commands:
            self.line.write(command)
            assert self.ask("SYST:ERR?") == '0,"No errors"', command


@pytest.fixture
def ami(make_bench):
    return Ami(make_bench)


def test_a_new_connection_is_greeted_and_so_is_the_next(make_bench):
    greeting = Ami(make_bench, greets=True)
    for _ in range(2):
        line = greeting.open()
        assert line.read() == "American Magnetics Model 430 IP Interface"
        assert line.read() == "Hello."
        assert line.query("PS:INST?") == "1"
        line.write("STATE?")  # a reply that nobody reads is gone with the connection
        line.close()


@pytest.mark.parametrize(
    ("units", "target", "field", "coil"),
    [((0, 0), "10", "10.0000", "1.25"), ((1, 1), "1", "1.0000", "0.125")],
)
def test_both_units(ami, units, target, field, coil):
    """The bench's coil makes 0.125 T/A = 1.25 kG/A."""
    ami.tell(f"CONF:FIELD:UNITS {units[0]}", f"CONF:RAMP:RATE:UNITS {units[1]}")
    assert (ami.ask("FIELD:UNITS?"), ami.ask("RAMP:RATE:UNITS?")) == (str(units[0]), str(units[1]))
    assert float(ami.ask("COIL?")) == pytest.approx(float(coil))
    rate = {0: 10 * 0.6 / 60, 1: 0.6}[units[0]]  # 0.6 T/min
    ami.open_switch("PS 1")
    ami.tell(f"CONF:RAMP:RATE:FIELD 1,{rate},100", f"CONF:FIELD:TARG {target}", "RAMP")
    ami.clock.sleep(50.0)
    assert ami.coil_T() == pytest.approx(0.5)
    ami.clock.sleep(51.0)
    assert ami.coil_T() == pytest.approx(1.0)
    assert ami.ask("FIELD:MAG?") == field
    assert float(ami.ask("CURR:MAG?")) == float(ami.ask("CURR:SUPP?")) == 8.0


def test_states_on_the_way(ami):
    states = [ami.ask("STATE?")]
    ami.tell("PS 1")
    states.append(ami.ask("STATE?"))
    ami.line.write("RAMP")  # ignored while the switch moves
    ami.clock.sleep(21.0)
    states.append(ami.ask("STATE?"))
    ami.tell("CONF:RAMP:RATE:FIELD 1,0.01,10", "CONF:FIELD:TARG 0.1", "RAMP")
    states.append(ami.ask("STATE?"))
    ami.tell("PAUSE")
    states.append(ami.ask("STATE?"))
    ami.tell("RAMP")
    ami.clock.sleep(11.0)
    states.append(ami.ask("STATE?"))
    ami.tell("ZERO")
    states.append(ami.ask("STATE?"))
    ami.clock.sleep(11.0)
    states.append(ami.ask("STATE?"))
    ami.tell("PS 0")
    states.append(ami.ask("STATE?"))
    assert ami.ask("PERS?") == "0"
    ami.clock.sleep(21.0)
    assert ami.ask("PERS?") == "1"
    assert states == ["3", "9", "3", "1", "3", "2", "6", "8", "10"]


def test_the_rate_changes_at_the_bounds_of_segments(ami):
    """1 T at 0.6 T/min is 100 s, the next at 0.3 T/min 200 s; downwards the same, and on the other side of zero."""
    ami.open_switch("PS 1")
    ami.tell("CONF:RAMP:RATE:UNITS 1", "CONF:RAMP:RATE:SEG 2")
    ami.tell("CONF:RAMP:RATE:FIELD 1,0.6,1", "CONF:RAMP:RATE:FIELD 2,0.3,10", "CONF:FIELD:TARG 2", "RAMP")
    ami.clock.sleep(200.0)
    assert ami.coil_T() == pytest.approx(1.5, abs=1e-3)
    ami.clock.sleep(101.0)
    assert ami.coil_T() == pytest.approx(2.0)
    ami.tell("CONF:FIELD:TARG -2", "RAMP")
    ami.clock.sleep(200.0 + 150.0)
    assert ami.coil_T() == pytest.approx(-0.5, abs=1e-3)
    ami.clock.sleep(50.0 + 100.0)
    assert ami.coil_T() == pytest.approx(-1.5, abs=1e-3)


def test_the_last_bound_is_the_supplys_own(ami):
    ami.tell("CONF:RAMP:RATE:SEG 2", "CONF:RAMP:RATE:FIELD 1,0.01,3", "CONF:RAMP:RATE:FIELD 2,0.005,4")
    assert ami.ask("RAMP:RATE:SEG?") == "2"
    assert [float(x) for x in ami.ask("RAMP:RATE:FIELD:1?").split(",")] == [0.01, 3.0]
    assert [float(x) for x in ami.ask("RAMP:RATE:FIELD:2?").split(",")] == [0.005, LIMIT_A * 0.125]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ("NONSENSE", '-101,"Unrecognized command"'),
        ("CONF:FIELD:TARG ten", '-102,"Invalid argument"'),
        ("PS 2", '-103,"Non-boolean argument"'),
        ("CONF:FIELD:TARG", '-104,"Missing parameter"'),
        ("CONF:FIELD:TARG 10.1", '-105,"Out of range"'),
        ("CONF:FIELD:TARG nan", '-105,"Out of range"'),
        ("CONF:RAMP:RATE:FIELD 1,0,1", '-105,"Out of range"'),
        ("CONF:RAMP:RATE:FIELD 2,1,1", '-105,"Out of range"'),
        ("RAMP:RATE:FIELD:2?", '-105,"Out of range"'),
        ("NONSENSE?", '-201,"Unrecognized query"'),
    ],
)
def test_errors_have_the_supplys_numbers_and_words(ami, sent, error):
    ami.line.write(sent)
    assert ami.ask("SYST:ERR?") == error
    assert ami.ask("SYST:ERR?") == '0,"No errors"'


def test_the_error_queue_holds_ten(ami):
    for _ in range(12):
        ami.line.write("NONSENSE")
    answers = [ami.ask("SYST:ERR?") for _ in range(11)]
    assert answers == ['-101,"Unrecognized command"'] * 9 + ['-304,"Error buffer overflow"', '0,"No errors"']


def test_no_switch(make_bench):
    ami = Ami(make_bench)
    ami.cryostat.magnet.switch_fitted = False
    assert ami.ask("PS:INST?") == "0"
    ami.line.write("PS 1")
    assert ami.ask("SYST:ERR?") == '-107,"No switch installed"'


def test_a_quench_is_latched_counted_and_acknowledged(ami):
    ami.open_switch("PS 1")
    ami.tell("CONF:RAMP:RATE:FIELD 1,0.01,10", "CONF:FIELD:TARG 1", "RAMP")
    ami.clock.sleep(50.0)
    ami.tell("QU 1")
    assert (ami.ask("QU?"), ami.ask("STATE?")) == ("1", "7")
    ami.clock.sleep(300.0)
    assert (ami.ask("QU?"), ami.ask("STATE?"), ami.ask("QU:COUNT?")) == ("1", "7", "1")
    assert float(ami.ask("FIELD:MAG?")) == 0.0
    ami.line.write("RAMP")
    assert ami.ask("STATE?") == "7"
    ami.tell("QU 0")
    assert ami.ask("QU?") == "0"


def test_a_switch_heated_at_unequal_currents_quenches(ami):
    ami.open_switch("PS 1")
    ami.tell("CONF:RAMP:RATE:FIELD 1,0.05,10", "CONF:FIELD:TARG 1", "RAMP")
    ami.clock.sleep(30.0)
    ami.tell("PS 0")
    ami.clock.sleep(21.0)
    ami.tell("ZERO")
    ami.clock.sleep(30.0)
    assert float(ami.ask("FIELD:MAG?")) == pytest.approx(1.0)
    assert float(ami.ask("CURR:SUPP?")) == 0.0
    ami.tell("PS 1")
    ami.clock.sleep(21.0)
    assert ami.ask("STATE?") == "7"


def test_stock_driver(make_bench):
    ami = Ami(make_bench, greets=True, kilogauss=True)
    ami.line.close()
    stock = AMI430(ADDRESS, visa_library=ami.manager.visalib)
    assert stock.coilconst == 1.25
    stock.enable_persistent_switch()
    ami.clock.sleep(21.0)
    stock.ramp_rate_field = 0.1
    stock.target_field = 5.0
    stock.ramp()
    ami.clock.sleep(30.0)
    assert stock.magnet_status == "RAMPING"
    ami.clock.sleep(30.0)
    assert stock.magnet_status == "HOLDING"
    assert stock.field == pytest.approx(5.0)
    assert not math.isnan(stock.supply_current)
    stock.adapter.close()


def test_behind_a_cold_switch_one_rate_holds_and_no_segment(ami):
    """0.08 A/s for 50 s are 4 A; the segments would make 0.05 T/s / 0.125 T/A = 0.4 A/s of it."""
    ami.tell("CONF:FIELD:UNITS 1", "CONF:RAMP:RATE:UNITS 0", "CONF:RAMP:RATE:FIELD 1,0.05,10")
    assert float(ami.ask("PS:PSRR?")) == 10.0
    ami.tell("CONF:PS:PSRR 0.08", "CONF:FIELD:TARG 1", "RAMP")
    assert float(ami.ask("PSwitch:PowerSupplyRampRate?")) == pytest.approx(0.08)
    ami.clock.sleep(50.0)
    assert float(ami.ask("CURR:SUPP?")) == pytest.approx(4.0, abs=0.01)
    assert float(ami.ask("FIELD:MAG?")) == pytest.approx(0.0, abs=1e-3)
    assert ami.ask("PERS?") == "1"
