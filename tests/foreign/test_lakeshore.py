"""Lake Shore's own package on the simulated 372: over TCP, and on a VISA resource that is handed to it."""

import pytest

from instruments.simulation.rack import RackInstrument

lakeshore = pytest.importorskip("lakeshore", reason="lakeshore is not installed: pip install fluxoid[foreign]")

BRIDGE = "TCPIP0::192.168.1.32::7777::SOCKET"


@pytest.fixture
def rack(make_rack):
    return make_rack(
        RackInstrument("lakeshore_372", BRIDGE, {"channel": 6, "heater": "sample"}),
        RackInstrument("lakeshore_372", BRIDGE, {"channel": 8}),
    )


@pytest.fixture(params=["TCP", "VISA"])
def bridge(rack, request):
    if request.param == "TCP":
        opened = lakeshore.Model372(baud_rate=None, ip_address="127.0.0.1", tcp_port=rack.port(BRIDGE))
        yield opened
        opened.disconnect_tcp()
        return
    resource = rack.manager.open_resource(BRIDGE, read_termination="\r\n", write_termination="\n")
    yield lakeshore.Model372(baud_rate=None, connection=resource)
    resource.close()


def test_it_ramps_and_holds(rack, bridge):
    """4 K to 5 K at 0.5 K/min: two minutes."""
    assert (bridge.model_number, bridge.firmware_version) == ("MODEL372", "1.3")
    bridge.set_setpoint_kelvin(0, 4.0)
    bridge.set_heater_pid(0, 20.0, 10.0, 0.0)
    settings = lakeshore.model_372.Model372HeaterOutputSettings(
        bridge.OutputMode.CLOSED_LOOP, 6, False, False, 1, bridge.Polarity.UNIPOLAR
    )
    bridge.configure_heater(0, settings)
    bridge.set_heater_output_range(0, bridge.SampleHeaterOutputRange.RANGE_100_MILLI_AMPS)
    bridge.set_setpoint_ramp_parameter(0, True, 0.5)
    bridge.set_setpoint_kelvin(0, 5.0)
    rack.clock.sleep(60.0)
    assert bridge.get_setpoint_kelvin(0) == pytest.approx(4.5, abs=0.01)
    rack.clock.sleep(300.0)
    assert bridge.get_setpoint_kelvin(0) == pytest.approx(5.0)
    assert rack.cryostat.thermal.insert_K == pytest.approx(5.0, rel=0.01)
    assert bridge.get_kelvin_reading(8) == pytest.approx(5.0, rel=0.02)
    assert bridge.get_heater_output_settings(0).output_mode == bridge.OutputMode.CLOSED_LOOP


def test_setups_and_refusals(bridge):
    assert bridge.get_sample_heater_setup()["resistance"] == pytest.approx(120.0)
    assert bridge.get_warmup_heater_setup()["max_current"] == pytest.approx(0.45)
    bridge.set_scanner_status(8, False)
    assert bridge.get_scanner_status()["input_channel"] == 8
    with pytest.raises(lakeshore.generic_instrument.InstrumentException):
        bridge.command("NONSENSE 1")
