"""The station file: the shipped one opens into the right plan, and a wrong one says what is wrong."""

import shutil
from pathlib import Path
from typing import get_args

import pytest

from instruments.drivers.catalogue import DRIVERS, drivers_for
from instruments.drivers.checks import DELTA_CHECKS, LOCK_IN_CHECKS
from instruments.drivers.lakeshore_372 import HEATER_RANGES_A
from instruments.drivers.sr860 import FOLLOWS_FULL_SCALE, INPUT_RANGES
from instruments.errors import ConfigurationError
from instruments.instrument_sections import InstrumentsSection
from instruments.limits import GateLimits, RampSegment
from instruments.sections.common import InstrumentSection
from instruments.sections.transport import InputRange
from instruments.station import InstrumentPlan, Wiring
from instruments.station_file import load_station
from tests.edited import edit, with_line

STATIONS = Path(__file__).parents[2] / "configs" / "stations"
SHIPPED = STATIONS / "teslatron_pt12.yaml"
DILUTION = STATIONS / "dilution_9t.yaml"


@pytest.mark.parametrize("path", sorted(STATIONS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_station_loads(path: Path) -> None:
    assert load_station(path).plan().instruments


def test_the_plan_of_the_shipped_station() -> None:
    plan = load_station(SHIPPED).plan()
    assert plan.name == "TeslatronPT 12 T"
    assert plan.instruments["magnet"] == InstrumentPlan(
        "mercury_ips", "TCPIP0::192.168.1.11::7020::SOCKET", {"group": "GRPZ", "switch": True, "switch_time": 30.0}
    )
    assert plan.instruments["temperature"].options == {"sensor": "DB8.T1", "heater": "DB1.H1"}
    assert plan.instruments["sample_thermometer"].options == {"sensor": "MB1.T1"}
    assert plan.instruments["lock_in"] == InstrumentPlan("sr830", "GPIB0::8::INSTR", {})
    assert plan.wiring == Wiring(1000.0, 1, 2)
    limits = plan.limits
    assert limits.magnet.segments == (RampSegment(8.0, 0.6), RampSegment(12.0, 0.4))
    assert (limits.magnet.max_field_T, limits.temperature.base_K, limits.temperature.max_K) == (12.0, 1.55, 320.0)
    assert (limits.excitation.max_current_A, limits.excitation.max_compliance_V) == (0.02, 10.0)
    assert (limits.thermometer_accuracy_K, limits.field_accuracy) == (0.003, 0.0003)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "backend: simulated ",
            "backend: simulate ",
            "backend: found 'simulate'; expected 'simulated', 'visa' or 'pyvisa-py'; did you mean 'simulated'?",
        ),
        (
            "  lock_in:\n",
            "  lockin:\n",
            "instruments: unknown key 'lockin'; did you mean 'lock_in'? allowed here: magnet, temperature,"
            " sample_thermometer, lock_in, hall_lock_in, current_source, voltmeter, delta_meter,"
            " gate",
        ),
        (
            "driver: mercury_ips",
            "driver: mercury_isp",
            "instruments.magnet.driver: found 'mercury_isp'; expected 'mercury_ips', 'ips_120', 'ami_430',"
            " 'cryomagnetics_4g' or 'multipyvu'; did you mean 'mercury_ips'?",
        ),
        (
            "    driver: mercury_ips\n",
            "    drivr: mercury_ips\n",
            "@magnet:@instruments.magnet: 'driver' is missing; expected 'mercury_ips', 'ips_120', 'ami_430',"
            " 'cryomagnetics_4g' or 'multipyvu'",
        ),
        (
            "driver: sr830",
            "driver: sr831",
            "instruments.lock_in.driver: found 'sr831'; expected 'sr830', 'sr860', 'sr865a',"
            " 'signal_recovery_7265' or 'mfli'; did you mean 'sr830'?",
        ),
        (
            "GPIB0::8::INSTR",
            "GPIB0-8",
            "instruments.lock_in.address: found 'GPIB0-8', which is not a VISA address; expected one such as"
            " 'GPIB0::8::INSTR' or 'TCPIP0::192.168.1.11::7020::SOCKET'",
        ),
        (
            "GPIB0::12::INSTR",
            "gpib::8",
            "instruments.current_source.address: found 'gpib::8', which is already the address of lock_in (driver"
            " 'sr830'); expected another address for 'keithley_6221'",
        ),
        (
            "group: GRPZ",
            "gruop: GRPZ",
            "instruments.magnet: unknown key 'gruop'; did you mean 'group'? allowed here: driver, address, group,"
            " switch, switch_time",
        ),
        (
            "heater: DB1.H1",
            "heater: DB1",
            "instruments.temperature.heater: found 'DB1'; expected a heater's board and name, such as 'DB1.H1'",
        ),
        (
            "switch: true",
            "switch: yes",
            "instruments.magnet.switch: found 'yes', which YAML 1.2 reads as text; expected true or false",
        ),
        (
            "hall_channel: 2",
            "hall_channel: 1",
            "wiring.hall_channel: found 1, which longitudinal_channel uses; expected the other",
        ),
        ("up_to: 12 T", "up_to: 7 T", "limits.magnet.ramp #2.up_to: found 7 T after 8 T; expected rising fields"),
        (
            "field: 12 T",
            "field: 14 T",
            "@ramp:@limits.magnet.ramp: the ranges end at 12 T; expected a last range up to 14 T, the"
            " magnet's field",
        ),
        (
            "highest: 320 K",
            "highest: 1 K",
            "limits.temperature.highest: found 1 K; expected more than base, 1.55 K",
        ),
        ("0.03 %", "0.02", "limits.accuracy.field: found 0.02; expected a share with unit, such as '0.02 %'"),
        (
            "base: 1.50 K",
            "base: 1.60 K",
            "simulation.thermal.base: found 1.6 K; expected at most limits.temperature.base, 1.55 K",
        ),
    ],
)
def test_one_mistake_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    shutil.copy(SHIPPED, path)
    text = edit(path, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_station(path)
    assert caught.value.problems[-1] == f"{path}:{with_line(text, new, expected)}"
    assert len(caught.value.problems) == (2 if "rising" in expected else 1)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "kind: dilution",
            "kind: dilutoin",
            "simulation.thermal.kind: found 'dilutoin'; expected 'insert' or 'dilution'; did you mean 'dilution'?",
        ),
        (
            "cooling: 5 mW/K^2 ",
            "cooling: 5 mW/K ",
            "simulation.thermal.cooling: found '5 mW/K', which is in milliwatt / kelvin; expected a power per"
            " temperature squared in W/K^2",
        ),
        (
            "start: 50 mK",
            "start: 5 mK",
            "simulation.thermal.start: found 0.005 K; expected at least base, 0.015 K",
        ),
        (
            "base: 15 mK",
            "base: 25 mK",
            "simulation.thermal.base: found 0.025 K; expected at most limits.temperature.base, 0.02 K",
        ),
        (
            "    channel: 6",
            "    channel: 17",
            "instruments.temperature.channel: found 17; expected at least 1 and at most 16",
        ),
        (
            "range: 10 mA",
            "range: 12 mA",
            "instruments.temperature.range: found 0.012 A; expected one of 3.16e-05, 0.0001, 0.000316, 0.001,"
            " 0.00316, 0.01, 0.0316, 0.1 A",
        ),
        (
            "heater: sample",
            "heater: still",
            "instruments.temperature.heater: found 'still'; expected 'sample'",
        ),
        (
            "terminals: rear",
            "terminals: back",
            "instruments.gate.terminals: found 'back'; expected 'front' or 'rear'",
        ),
        (
            "  gate: {lowest: -200 V, highest: 180 V, slew: 2 V/s, leakage: 20 nA}\n",
            "",
            "@limits:@limits: 'gate' is missing; the station has a gate, which must not be driven without limits",
        ),
    ],
)
def test_one_mistake_in_a_dilution_refrigerator(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    shutil.copy(DILUTION, path)
    text = edit(path, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_station(path)
    assert caught.value.problems == (f"{path}:{with_line(text, new, expected)}",)


def test_the_plan_of_the_dilution_refrigerator() -> None:
    plan = load_station(DILUTION).plan()
    assert plan.instruments["temperature"].options == {"channel": 6, "heater": "sample", "range": 0.01}
    assert plan.instruments["sample_thermometer"].options == {"channel": 8}
    assert plan.instruments["gate"] == InstrumentPlan("keithley_2400", "GPIB0::24::INSTR", {"terminals": "rear"})
    assert plan.instruments["hall_lock_in"] == InstrumentPlan("sr830", "GPIB0::9::INSTR", {})
    assert plan.limits.gate == GateLimits(-200.0, 180.0, 2.0, 20e-9)


def test_heater_ranges_of_the_schema_are_those_of_the_driver(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    for range_A in HEATER_RANGES_A:
        shutil.copy(DILUTION, path)
        edit(path, "range: 10 mA", f"range: {range_A * 1e3:g} mA")
        assert load_station(path).plan().instruments["temperature"].options["range"] == range_A


def test_a_simulated_station_needs_its_cryostat(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8").split("simulation:")[0]
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match="'simulation' is missing; backend 'simulated' needs this section"):
        load_station(path)
    path.write_text(text.replace("backend: simulated", "backend: pyvisa-py"), "utf-8")
    assert load_station(path).simulation is None


def test_roles_may_be_left_out_but_not_all(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8")
    head, tail = text.split("  magnet:\n", 1)[0], text[text.index("\nwiring:") :]
    path = tmp_path / "x.yaml"
    path.write_text(head + "  voltmeter: {driver: keithley_2182a, address: 'GPIB0::7::INSTR'}\n" + tail, "utf-8")
    assert list(load_station(path).plan().instruments) == ["voltmeter"]
    path.write_text(head.replace("instruments:", "instruments: {}") + tail, "utf-8")
    with pytest.raises(ConfigurationError, match="there is no instrument; expected at least one of magnet, "):
        load_station(path)


def sections(annotation: object) -> list[type[InstrumentSection]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, InstrumentSection) else []
    return [section for argument in get_args(annotation) for section in sections(argument)]


def test_every_lock_in_has_its_check() -> None:
    assert set(DELTA_CHECKS) == set(drivers_for("delta_meter"))
    assert set(LOCK_IN_CHECKS) == set(drivers_for("lock_in")) | set(drivers_for("hall_lock_in"))


def test_input_ranges_of_the_schema_are_those_of_the_driver() -> None:
    assert set(get_args(InputRange)) == {FOLLOWS_FULL_SCALE, *INPUT_RANGES}


def test_the_schema_and_the_drivers_agree_on_roles_and_options() -> None:
    options = {}
    for role, field in InstrumentsSection.model_fields.items():
        for section in sections(field.annotation):
            (driver,) = get_args(section.model_fields["driver"].annotation)
            options[driver, role] = frozenset(
                name for name, field in section.model_fields.items() if field.is_required()
            ) - {"driver", "address"}
    assert options == {
        (name, role): keys for name, driver in DRIVERS.items() for role, keys in driver.options.items()
    }
