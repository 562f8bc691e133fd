"""Temperature controllers in the catalogue, and the cryostat that brings its magnet along."""

from collections.abc import Mapping

from instruments.drivers import (
    lakeshore,
    mercury,
    multipyvu,
    oxford_legacy,
)
from instruments.drivers.entry import NO_OPTIONS, Driver, Request
from instruments.drivers.itc_503 import Itc503, Itc503Loop, Itc503Sensor
from instruments.drivers.lakeshore_336 import (
    CONTROLLERS,
    LakeShore336Sensor,
    LetteredLakeShore,
    loop_for,
    range_index,
)
from instruments.drivers.lakeshore_372 import LakeShore372, LakeShore372Loop, LakeShore372Sensor
from instruments.drivers.mercury_itc import MercuryItc, MercuryItcLoop, MercuryItcSensor
from instruments.drivers.multipyvu import MultiPyVu
from instruments.drivers.multipyvu_magnet import MultiPyVuMagnet
from instruments.drivers.multipyvu_temperature import MultiPyVuLoop, MultiPyVuThermometer
from instruments.roles import Instrument


def _mercury_itc_role(itc: MercuryItc, request: Request) -> Instrument:
    sensor = str(request.option("sensor"))
    if request.role == "temperature":
        heater = str(request.option("heater"))
        return MercuryItcLoop(itc, sensor=sensor, heater=heater, limits=request.limits.temperature)
    return MercuryItcSensor(itc, sensor=sensor, limits=request.limits.temperature)


def _itc_503_role(itc: Itc503, request: Request) -> Instrument:
    part = Itc503Loop if request.role == "temperature" else Itc503Sensor
    return part(itc, sensor=int(request.option("sensor")), limits=request.limits.temperature)


def _multipyvu_role(multivu: MultiPyVu, request: Request) -> Instrument:
    if request.role == "magnet":
        return MultiPyVuMagnet(multivu, limits=request.limits.magnet)
    part = MultiPyVuLoop if request.role == "temperature" else MultiPyVuThermometer
    return part(multivu, limits=request.limits.temperature)


def _lakeshore_336(name: str) -> Driver:
    """One of the models whose inputs have letters."""

    def play(bridge: LetteredLakeShore, request: Request) -> Instrument:
        channel, limits = str(request.option("channel")), request.limits.temperature
        if request.role != "temperature":
            return LakeShore336Sensor(bridge, channel=channel, limits=limits)
        return loop_for(bridge)(
            bridge,
            channel=channel,
            output=int(request.option("output")),
            range_index=range_index(request.option("range")),
            limits=limits,
        )

    options = {
        "temperature": frozenset({"channel", "output", "range"}),
        "sample_thermometer": frozenset({"channel"}),
    }
    return Driver(options, lakeshore.CONNECTION, lambda adapter, _: CONTROLLERS[name](adapter), play)


def _lakeshore_372_role(bridge: LakeShore372, request: Request) -> Instrument:
    channel = int(request.option("channel"))
    limits = request.limits.temperature
    if request.role == "temperature":
        return LakeShore372Loop(bridge, channel=channel, range_A=float(request.option("range")), limits=limits)
    return LakeShore372Sensor(bridge, channel=channel, limits=limits)


TEMPERATURE: Mapping[str, Driver] = {
    "multipyvu": Driver(
        dict.fromkeys(("magnet", "temperature", "sample_thermometer"), NO_OPTIONS),
        multipyvu.CONNECTION,
        lambda adapter, _: MultiPyVu(adapter),
        _multipyvu_role,
    ),
    "mercury_itc": Driver(
        {"temperature": frozenset({"sensor", "heater"}), "sample_thermometer": frozenset({"sensor"})},
        mercury.CONNECTION,
        lambda adapter, _: MercuryItc(adapter),
        _mercury_itc_role,
    ),
    "itc_503": Driver(
        dict.fromkeys(("temperature", "sample_thermometer"), frozenset({"sensor"})),
        oxford_legacy.CONNECTION,
        lambda adapter, _: Itc503(adapter),
        _itc_503_role,
    ),
    **{name: _lakeshore_336(name) for name in CONTROLLERS},
    "lakeshore_372": Driver(
        {"temperature": frozenset({"channel", "heater", "range"}), "sample_thermometer": frozenset({"channel"})},
        lakeshore.CONNECTION,
        lambda adapter, _: LakeShore372(adapter),
        _lakeshore_372_role,
    ),
}
