"""QCoDeS's own Keithley 2450 driver on the simulated rack: settings, current source, buffers, sweeps."""

import numpy as np
import pytest

from instruments.simulation.rack import RackInstrument

pytest.importorskip("qcodes", reason="qcodes is not installed: pip install fluxoid[foreign]")

from pyvisa import VisaIOError
from qcodes.instrument import Instrument
from qcodes.instrument_drivers.Keithley import Keithley2450

METER = "GPIB0::24::INSTR"


@pytest.fixture
def rack(make_rack):
    return make_rack(RackInstrument("keithley_2450", METER))


@pytest.fixture
def meter(rack):
    meter = Keithley2450("meter", None, resource=rack.manager.open_resource(METER))
    yield meter
    assert meter.ask(":SYST:ERR?") == '0,"No error;0;0 0"'
    Instrument.close_all()


def test_a_snapshot_asks_everything(meter):
    for module in meter.submodules.values():
        if "user_number" in module.parameters:
            module.user_number(1)  # before it is told a number, QCoDeS asks for "USERNone", which no instrument has
    snapshot = meter.snapshot(update=True)
    modules = snapshot["submodules"]
    assert set(modules) == {f"_source_{name}" for name in ("current", "voltage")} | {
        f"_sense_{name}" for name in ("current", "voltage", "resistance")
    } | {"_buffer_defbuffer1"}
    for name in ("range", "auto_range", "limit", "limit_tripped", "delay", "user_delay", "auto_delay"):
        assert modules["_source_current"]["parameters"][name]["value"] is not None
    for name in ("range", "auto_range", "nplc", "user_delay", "auto_zero_enabled", "count"):
        assert modules["_sense_resistance"]["parameters"][name]["value"] is not None
    assert modules["_buffer_defbuffer1"]["parameters"]["number_of_readings"]["value"] == 0
    assert snapshot["parameters"]["source_function"]["value"] == "voltage"


def test_settings_come_back(meter):
    source, sense = meter.source, meter.sense
    source.range(20.0)
    source.limit(1e-6)
    source.delay(0.1)
    source.user_number(3)
    source.user_delay(0.25)
    sense.nplc(2)
    sense.four_wire_measurement(True)
    sense.auto_zero_enabled(False)
    sense.user_number(5)
    sense.user_delay(0.5)
    sense.count(3)
    assert (source.range(), source.auto_range(), source.limit()) == (20.0, False, 1e-6)
    assert (float(source.delay()), source.auto_delay(), source.user_delay()) == (0.1, False, 0.25)
    assert (float(sense.nplc()), sense.four_wire_measurement(), sense.auto_zero_enabled()) == (2.0, True, False)
    assert (sense.user_delay(), sense.count()) == (0.5, "3")
    meter.reset()
    assert (source.auto_range(), source.limit(), sense.count()) == (True, 105e-6, "1")
    meter.sense.auto_zero_once()
    meter.terminals("rear")
    assert meter.terminals() == "REAR"


def test_a_voltage_at_the_gate(rack, meter):
    """Nothing but a plate without leakage is connected."""
    meter.source.voltage(1.5)
    with pytest.raises(RuntimeError, match="Output needs to be on"):
        meter.sense.current()
    with meter.output_enabled.set_to(True):
        rack.clock.sleep(1.0)
        assert meter.sense.current() == pytest.approx(0.0, abs=1e-7)
        meter.sense_function("voltage")
        assert meter.sense.voltage() == pytest.approx(1.5, abs=1e-3)
        assert rack.cryostat.gate.plate_V == pytest.approx(1.5)
        assert not meter.source.limit_tripped()
    assert not rack.cryostat.gate.output_on


def test_a_current_into_open_terminals_is_at_its_voltage_limit(rack, meter):
    meter.source_function("current")
    meter.sense_function("voltage")
    meter.source.current(1e-6)
    meter.source.limit(2.0)
    with meter.output_enabled.set_to(True):
        rack.clock.sleep(1.0)
        assert meter.sense.voltage() == pytest.approx(2.0, abs=1e-3)
        assert meter.source.limit_tripped()
    assert meter.source.current() == pytest.approx(1e-6)


def test_a_sweep_into_a_buffer_of_its_own(meter):
    meter.sense_function("voltage")
    meter.source.sweep_setup(0.0, 1.0, 11, buffer_name="own")
    with meter.buffer("own", 100) as buffer:
        assert buffer.size() == 100
        buffer.elements(["measurement", "relative_time", "source_value_unit"])
        measured = meter.sense.sweep()
        elements = np.reshape(meter.sense.sweep.get_selected(), (11, 3))
        assert buffer.number_of_readings() == 0  # the driver clears it
    assert measured == pytest.approx(meter.source.sweep_axis(), abs=1e-3)
    assert [float(text) for text in elements[:, 0]] == pytest.approx(measured)
    assert np.diff([float(text) for text in elements[:, 1]]) == pytest.approx([0.04] * 10, rel=1e-4)
    assert set(elements[:, 2]) == {"Volt DC"}
    with pytest.raises(VisaIOError):
        buffer.size()  # it is gone
    assert meter.ask(":SYST:ERR?").startswith("1133,")
    assert meter.output_enabled() is False


def test_readings_in_the_default_buffer(rack, meter):
    meter.source.voltage(0.5)
    meter.sense_function("voltage")
    meter.sense.count(3)
    buffer = meter.buffer("defbuffer1")
    with meter.output_enabled.set_to(True):
        rack.clock.sleep(1.0)
        buffer.trigger_start()
        assert buffer.number_of_readings() == 3
    assert buffer.get_data(1, 3) == pytest.approx([0.5] * 3, abs=1e-3)
    assert float(buffer.get_last_reading()) == buffer.get_data(3, 3)[0]
    buffer.clear_buffer()
    assert buffer.number_of_readings() == 0
