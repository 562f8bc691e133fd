"""Lake Shore's own package and QCoDeS's driver on the simulated Model 336, QCoDeS's driver on the simulated 4G."""

import pytest

from instruments.simulation.rack import RackInstrument

lakeshore = pytest.importorskip("lakeshore", reason="lakeshore is not installed: pip install fluxoid[foreign]")
_MISSING = "qcodes is not installed: pip install fluxoid[foreign]"
instrument = pytest.importorskip("qcodes.instrument", reason=_MISSING)
cryomagnetics = pytest.importorskip("qcodes.instrument_drivers.cryomagnetics", reason=_MISSING)
qcodes_lakeshore = pytest.importorskip("qcodes.instrument_drivers.Lakeshore", reason=_MISSING)

CONTROLLER = "TCPIP0::192.168.1.33::7777::SOCKET"
SUPPLY = "TCPIP0::192.168.1.34::4444::SOCKET"


@pytest.fixture(autouse=True)
def _closed_in_the_end():
    yield
    instrument.Instrument.close_all()


@pytest.fixture
def rack(make_rack):
    return make_rack(
        RackInstrument("lakeshore_336", CONTROLLER, {"channel": "A", "output": 1}),
        RackInstrument("lakeshore_336", CONTROLLER, {"channel": "B"}),
    )


def test_lake_shores_own_package(rack):
    """4 K to 6 K at 2 K/min: one minute."""
    controller = lakeshore.Model336(ip_address="127.0.0.1", tcp_port=rack.port(CONTROLLER))
    assert controller.model_number == "MODEL336"
    controller.set_control_setpoint(1, 4.0)
    controller.set_heater_pid(1, 30.0, 10.0, 0.0)
    controller.set_heater_range(1, controller.HeaterRange.HIGH)
    controller.set_setpoint_ramp_parameter(1, True, 2.0)
    controller.set_control_setpoint(1, 6.0)
    rack.clock.sleep(30.0)
    assert controller.get_setpoint_ramp_status(1)
    assert controller.get_control_setpoint(1) == pytest.approx(5.0, abs=0.01)
    rack.clock.sleep(600.0)
    assert controller.get_kelvin_reading("A") == pytest.approx(6.0, abs=0.02)
    assert controller.get_heater_output(1) > 0.0
    status = controller.get_input_reading_status("C")
    assert status["sensor_units_overrange"] if isinstance(status, dict) else status.sensor_units_overrange
    with pytest.raises(lakeshore.generic_instrument.InstrumentException):
        controller.command("RANGE 1,4")
    controller.all_heaters_off()
    assert not rack.cryostat.thermal.loop_on
    controller.disconnect_tcp()


def test_qcodes_336(rack):
    controller = qcodes_lakeshore.LakeshoreModel336("ls336", rack.socket(CONTROLLER), visalib="@py")
    assert controller.A.temperature() == pytest.approx(4.0, abs=0.1)
    assert controller.B.sensor_status() == "OK"
    controller.output_1.setpoint(6.0)
    controller.output_1.mode("closed_loop")
    controller.output_1.output_range("high")
    assert controller.output_1.output_range() == "high"
    rack.clock.sleep(600.0)
    assert controller.A.temperature() == pytest.approx(6.0, abs=0.02)
    assert controller.output_1.output() > 0.0
    controller.output_1.output_range("off")
    assert controller.output_1.output_range() == "off"


def test_qcodes_4g(make_rack):
    """The coil makes 0.1 T/A; 0.05 A/s are 0.3 T/min, to 0.1 T in 20 s."""
    rack = make_rack(RackInstrument("cryomagnetics_4g", SUPPLY))
    supply = cryomagnetics.CryomagneticsModel4G(
        "m4g", rack.socket(SUPPLY), max_current_limits={0: (50.0, 0.05)}, coil_constant=0.1, visalib="@py"
    )
    assert supply.magnet_operating_state().standby
    supply.write("ULIM 1")
    supply.write("SWEEP UP")
    assert int(supply.ask("*STB?")) == 1
    rack.clock.sleep(25.0)
    assert rack.cryostat.true_field_T() == pytest.approx(0.1, abs=1e-3)
    assert supply.ask("IMAG?").strip() == "1.0000kG"
