"""pymeasure's stock drivers for Keithley 2450 and Yokogawa GS200, as they are (pymeasure is always installed)."""

import pytest
from pymeasure.instruments.keithley import Keithley2450
from pymeasure.instruments.yokogawa import YokogawaGS200

from instruments.simulation.rack import RackInstrument

GATE = "GPIB0::24::INSTR"


@pytest.fixture
def meter_rack(make_rack):
    return make_rack(RackInstrument("keithley_2450", GATE))


@pytest.fixture
def meter(meter_rack):
    opened = Keithley2450(GATE, visa_library=meter_rack.manager.visalib)
    yield opened
    assert opened.ask(":SYST:ERR?").startswith('0,"No error')
    opened.adapter.close()


def test_2450_applies_a_voltage_and_measures(meter_rack, meter):
    meter.apply_voltage(voltage_range=20.0, compliance_current=1e-6)
    meter.measure_voltage(nplc=2)
    meter.source_voltage = 1.5
    meter.enable_source()
    meter_rack.clock.sleep(1.0)
    assert meter.voltage == pytest.approx(1.5, abs=1e-3)
    assert meter_rack.cryostat.gate.plate_V == pytest.approx(1.5)
    assert (meter.source_mode, meter.source_enabled, meter.voltage_nplc) == ("voltage", True, 2.0)
    assert (meter.source_voltage_range, meter.compliance_current) == pytest.approx((20.0, 1e-6))
    meter.measure_current(nplc=1, current=1e-6, auto_range=False)
    assert meter.current == pytest.approx(0.0, abs=1e-9)
    assert meter.current_range == pytest.approx(1e-6)
    meter.shutdown()
    assert not meter_rack.cryostat.gate.output_on


def test_2450_ramps_a_current_into_open_terminals(meter_rack, meter):
    meter.apply_current(current_range=1e-6, compliance_voltage=2.0)
    meter.measure_voltage()
    meter.enable_source()
    meter.ramp_to_current(1e-6, steps=5, pause=0.1)
    meter_rack.clock.sleep(1.0)
    assert meter.source_current == pytest.approx(1e-6)
    assert meter.voltage == pytest.approx(2.0, abs=1e-3)
    assert (meter.compliance_voltage, meter.source_current_range) == pytest.approx((2.0, 1e-6))
    assert meter.source_current_delay_auto in (1, True)
    meter.source_current_delay = 0.5
    assert meter.source_current_delay == pytest.approx(0.5)
    assert not meter.source_current_delay_auto


def test_2450_buffer_statistics(meter_rack, meter):
    """One number each, from a 2450; pymeasure's mean_voltage and the like expect three, as from a 2400."""
    meter.apply_voltage(voltage_range=2.0)
    meter.measure_voltage()
    meter.source_voltage = 0.5
    meter.enable_source()
    meter_rack.clock.sleep(1.0)
    meter.buffer_points = 50
    assert meter.buffer_points == 50
    readings = [meter.voltage for _ in range(5)]
    assert meter.means == pytest.approx(sum(readings) / 5, rel=1e-6)
    assert (meter.maximums, meter.minimums) == pytest.approx((max(readings), min(readings)), rel=1e-6)


#: pymeasure's remark on itself, whenever the driver is made.
@pytest.mark.filterwarnings("ignore:It is not known whether this device support SCPI:FutureWarning")
def test_gs200_sources_a_voltage(make_rack):
    rack = make_rack(RackInstrument("gs200", GATE))
    source = YokogawaGS200(GATE, visa_library=rack.manager.visalib)
    source.source_mode = "voltage"
    source.source_range = 10.0
    source.current_limit = 1e-3
    source.source_level = 2.5
    source.source_enabled = True
    rack.clock.sleep(1.0)
    assert (source.source_mode, source.source_range, source.source_level) == ("VOLT", 10.0, 2.5)
    assert (source.current_limit, source.source_enabled) == (1e-3, True)
    assert rack.cryostat.gate.plate_V == pytest.approx(2.5)
    source.trigger_ramp_to_level(5.0, 10.0)
    rack.clock.sleep(5.0)
    assert source.source_level == pytest.approx(3.75, abs=0.05)
    rack.clock.sleep(6.0)
    assert source.source_level == pytest.approx(5.0)
    source.source_enabled = False
    assert not rack.cryostat.gate.output_on
    source.adapter.close()
