"""QCoDeS's own driver of the GS200 on the simulated one: programs, ramps, and everything that it asks for."""

import pytest

from instruments.simulation.rack import RackInstrument

pytest.importorskip("qcodes", reason="qcodes is not installed: pip install fluxoid[foreign]")

from qcodes.instrument import Instrument
from qcodes.instrument_drivers.yokogawa import YokogawaGS200

#: QCoDeS's remarks on its own driver.
pytestmark = pytest.mark.filterwarnings("ignore:The (step|delay) parameter is deprecated")
GATE, METER = "GPIB0::24::INSTR", "GPIB0::7::INSTR"
HIGH_LIMIT, END_OF_PROGRAM = 0x800, 0x80


@pytest.fixture(autouse=True)
def _closed_in_the_end():
    yield
    Instrument.close_all()


def test_gs200_ramps_a_gate_by_its_own_program(make_rack):
    """3 V at 0.5 V/s: 6 s; the gate follows on the way, and the instrument's own events end the wait."""
    rack = make_rack(RackInstrument("gs200", GATE))
    source = YokogawaGS200("source", None, resource=rack.manager.open_resource(GATE))
    assert (source.IDN()["vendor"], source.IDN()["model"]) == ("YOKOGAWA", "GS210")
    source.source_mode("VOLT")
    source.voltage_range(10.0)
    source.current_limit(0.001)
    source.on()
    source.ramp_mode("HARDWARE")
    source.ramp_rate(0.5)
    source.ramp_blocking(False)
    source.voltage(3.0)
    rack.clock.sleep(2.0)
    assert source.voltage() == pytest.approx(1.0, abs=0.01)
    assert rack.cryostat.gate.plate_V == pytest.approx(1.0, abs=0.06)  # a staircase of 0.1 s
    rack.clock.sleep(5.0)
    assert source.voltage() == pytest.approx(3.0)
    assert source.extended_event_register() & END_OF_PROGRAM
    source.ramp_blocking(True)
    start_s = rack.clock.now()
    source.voltage(-1.0)
    assert rack.clock.now() - start_s == pytest.approx(8.0, abs=0.3)
    assert rack.cryostat.gate.plate_V == pytest.approx(-1.0)
    assert source.system_errors().startswith("0,")


def test_gs200_tells_everything_it_is_asked_for(make_rack):
    """A snapshot asks for every parameter of the driver: none may fail."""
    rack = make_rack(RackInstrument("gs200", GATE))
    source = YokogawaGS200("source", None, resource=rack.manager.open_resource(GATE))
    told = source.snapshot(update=True)
    assert told["parameters"]["voltage_range"]["value"] == 0.01
    assert told["submodules"]["program"]["parameters"]["interval"]["value"] == 1.0
    assert told["parameters"]["standard_event_register"]["value"] == 128  # power on
    assert source.ask("*ESR?") == "0"  # and nothing was refused since
    assert (source.line_freq(), source.voltage_limit(), source.current_limit()) == (50, 30, 0.2)
    source.BNC_out("ready")
    source.four_wire("on")
    assert (source.BNC_out(), source.four_wire(), source.guard()) == ("READ", "on", "off")
    program = source.program
    program.interval(2.0)
    program.slope(1.5)
    program.repeat("ON")
    program.start()
    for level_V in (0.001, 0.002):
        source.write(f":SOUR:LEV {level_V}")
    program.end()
    program.save("two.csv")
    program.load("two.csv")
    assert (program.interval(), program.slope(), program.repeat(), program.count()) == (2.0, 1.5, "ON", 1)
    program.run()
    rack.clock.sleep(3.0)
    assert program.count() == 2
    rack.clock.sleep(2.0)
    assert program.count() == 1
    assert source.system_errors().startswith("0,")


def test_gs200_drives_a_current(make_rack):
    """1 mA through 10 Ohm; with the limiter at 1 V and leads of 20 Ohm, 50 mA are too many."""
    rack = make_rack(
        RackInstrument("gs200", GATE, {"role": "current_source"}), RackInstrument("keithley_2182a", METER)
    )
    source = YokogawaGS200("source", None, resource=rack.manager.open_resource(GATE))
    source.source_mode("CURR")
    source.voltage_limit(1)
    source.current_range(0.1)
    source.on()
    source.ramp_current(1e-3, 1e-4, 0.1)
    assert rack.cryostat.dc_voltage_V("longitudinal") == pytest.approx(10e-3)
    assert not source.condition_register() & HIGH_LIMIT
    source.current(50e-3)
    assert source.condition_register() & HIGH_LIMIT
    assert rack.cryostat.dc_current_A == pytest.approx(1.0 / 30.0)
    source.off()
    assert not rack.cryostat.dc_output_on
