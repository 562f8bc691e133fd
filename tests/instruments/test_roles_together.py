"""One instrument in two roles: what it can be both is opened, what it cannot is named before anything is."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.catalogue import DRIVERS
from instruments.errors import ConfigurationError
from instruments.opening import open_station
from instruments.station import RIVALS, ROLES, InstrumentPlan
from instruments.station_file import load_station
from tests.edited import edit

STATION = Path(__file__).parents[2] / "configs" / "stations" / "teslatron_pt12.yaml"
LOCK_IN = "  lock_in:\n    driver: sr830\n    address: GPIB0::8::INSTR\n"


def _with_lock_ins(tmp_path: Path, driver: str, address: str, again: str) -> Path:
    both = "".join(
        f"  {role}:\n    driver: {driver}\n    address: {where}\n"
        for role, where in (("lock_in", address), ("hall_lock_in", again))
    )
    path = Path(shutil.copy(STATION, tmp_path))
    edit(path, LOCK_IN, both)
    return path


@pytest.mark.parametrize(
    ("driver", "address", "again"),
    [
        ("sr830", "GPIB0::8::INSTR", "gpib::8"),
        ("mfli", "mfli://192.168.1.51/dev1234", "MFLI://192.168.1.51:8004/DEV1234"),
    ],
)
def test_a_lock_in_reads_one_pair_of_contacts(tmp_path: Path, driver: str, address: str, again: str) -> None:
    words = r"hall_lock_in\.address.*already the address of lock_in; expected another instrument"
    with pytest.raises(ConfigurationError, match=words):
        load_station(_with_lock_ins(tmp_path, driver, address, again))


def test_two_lock_ins_of_one_kind_are_two_instruments(tmp_path: Path) -> None:
    station = _with_lock_ins(tmp_path, "sr830", "GPIB0::8::INSTR", "GPIB0::9::INSTR")
    assert load_station(station).plan().instruments["hall_lock_in"].address == "GPIB0::9::INSTR"


@pytest.mark.parametrize(
    ("plans", "words"),
    [
        (
            {
                "current_source": InstrumentPlan("gs200", "GPIB0::5::INSTR", {}),
                "gate": InstrumentPlan("gs200", "GPIB0::5", {}),
            },
            "gate: found GPIB0::5, where the current_source is declared too",
        ),
        (
            {
                "current_source": InstrumentPlan("gs200", "GPIB0::5::INSTR", {}),
                "voltmeter": InstrumentPlan("keithley_2182a", "gpib::5", {}),
            },
            "voltmeter: driver keithley_2182a at gpib::5, where gs200 is declared too",
        ),
    ],
)
def test_a_plan_without_a_file_is_refused_too(plans: dict[str, InstrumentPlan], words: str) -> None:
    """However the address is written; nothing is opened, so that no library is needed."""
    plan = replace(load_station(STATION).plan(), instruments=plans)
    with pytest.raises(ConfigurationError, match=words):
        open_station(plan, VirtualClock(), object())  # type: ignore[arg-type]  # no library, for none is asked


def test_rivals_are_roles_that_one_driver_plays() -> None:
    for role, rival in RIVALS.items():
        assert {role, rival} <= set(ROLES)
        assert any({role, rival} <= set(driver.roles) for driver in DRIVERS.values())
