"""What every lock-in must do, whoever drives it: all of them behind their real addresses on the simulated rack.

1 V over 10 MOhm (an MFLI: 0.1 V over 1 MOhm) drives 100 nA through 1 kOhm; at the Hall contacts 20 Ohm appear for
each tesla.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from instruments.drivers.mfli_settings import FULL_SCALES_V
from instruments.errors import CommunicationError, IdentityError, LimitError, RefusedError
from instruments.opening import open_station
from instruments.roles import LockInSettings, ReadingFlag
from instruments.station import Station
from tests.instruments.simulated_station import (
    STATIONS,
    SimulatedStation,
    box_of,
    fails_and_recovers,
    later,
    with_section,
    written_station,
)
from tests.instruments.simulation.samples import GatedResistor

ROLES = ("lock_in", "hall_lock_in")
READS = ("read_xy", "read_sensitivity", "identify", "snapshot")
CURRENT_A = 100e-9
SETTINGS = LockInSettings(1.0, 17.3, 0.5, 12, 500e-6)
#: Name: driver, what else its section says, addresses of the two, what the simulated ones are set to.
GPIB = ("GPIB0::8::INSTR", "GPIB0::9::INSTR")
SERVERS = ("mfli://192.168.1.51/dev3001", "mfli://192.168.1.52:8004/DEV3002")
TELNET = ("TCPIP0::192.168.1.41::23::SOCKET", "TCPIP0::192.168.1.42::23::SOCKET")
LOCK_INS: dict[str, tuple[str, str, tuple[str, str], dict[str, Any]]] = {
    "sr830": ("sr830", "", GPIB, {}),
    "sr860": ("sr860", "", GPIB, {}),
    "sr860 through telnet": ("sr860", "", TELNET, {"greets": True}),
    "sr865a": ("sr865a", "input_range: 1 V", GPIB, {}),
    "7265": ("signal_recovery_7265", "", GPIB, {}),
    "mfli": ("mfli", "", SERVERS, {}),
    "mfli with MD": ("mfli", "reference_input: trigger input 1", SERVERS, {"fitted": "MD F5M"}),
}
#: Those whose full scales begin so high that a smaller ballast is needed to overload them.
BALLAST = {"mfli": "1 MOhm"}
#: Those that remember what was wrong until they are asked.
REMEMBERS = {"sr830", "sr860", "sr865a", "mfli"}
#: Time constants that are not in everybody's table.
TIME_CONSTANT_S = {"sr830": 0.3, "sr860": 0.3, "sr865a": 0.3}
#: What an MFLI has, and what it lacks in its place.
LACKS_INSTEAD = {"mfli": {0.12345678: 3e-7, 0.25: 100.0, 2.0: 3.0}}


def driver_of(simulated: SimulatedStation) -> str:
    return simulated.plan.instruments["lock_in"].driver


def full_scale(simulated: SimulatedStation, least_V: float) -> float:
    """The smallest that is no smaller: the same wherever full scales are 1, 2, 5, 10 ..."""
    return least_V if driver_of(simulated) != "mfli" else min(v for v in FULL_SCALES_V if v >= least_V)


def settings_for(simulated: SimulatedStation, **changes: Any) -> LockInSettings:
    of_driver = {
        "oscillator_V": CURRENT_A * simulated.plan.wiring.lock_in_ballast_ohm,
        "time_constant_s": TIME_CONSTANT_S.get(driver_of(simulated), 0.5),
        "sensitivity_V": full_scale(simulated, SETTINGS.sensitivity_V),
    }
    return replace(SETTINGS, **{**of_driver, **changes})


@pytest.fixture(params=LOCK_INS)
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedStation:
    driver, more, addresses, options = LOCK_INS[request.param]
    text = (STATIONS / "dilution_9t.yaml").read_text("utf-8")
    for role, address in zip(ROLES, addresses, strict=True):
        text = with_section(text, role, f"driver: {driver}", f"address: {address}", *more.splitlines())
    text = text.replace("lock_in_ballast: 10 MOhm", f"lock_in_ballast: {BALLAST.get(driver, '10 MOhm')}")
    return written_station(tmp_path, text, options, GatedResistor())


def both(station: Station) -> tuple[Any, Any]:
    return station.lock_in, station.hall_lock_in


def settle(station: Station) -> None:
    """Let the filters settle, and forget what latched meanwhile."""
    later(station, 10.0)
    for lock_in in both(station):
        lock_in.read_xy()
    later(station, 1.0)


class TestReading:
    def test_the_second_reads_hall_contacts_in_the_phase_of_the_first(
        self, simulated: SimulatedStation, station: Station
    ) -> None:
        driving, following = both(station)
        magnet: Any = station.magnet
        magnet.start_ramp(0.5, 0.3)
        later(station, 150.0)
        driving.configure(settings_for(simulated))
        sensitivity_V = full_scale(simulated, 5e-6)
        following.configure(settings_for(simulated, sensitivity_V=sensitivity_V, external_reference=True))
        settle(station)
        reading = driving.read_xy()
        assert reading.flags is ReadingFlag.GOOD
        assert reading.x_V == pytest.approx(100e-6, rel=1e-3)
        assert abs(reading.y_V) < 1e-3 * reading.x_V
        reading = following.read_xy()
        assert reading.flags is ReadingFlag.GOOD
        assert reading.x_V == pytest.approx(100e-9 * 20.0 * 0.5, rel=2e-3)
        assert following.snapshot()["frequency_Hz"] == pytest.approx(17.3, rel=1e-6)
        assert following.snapshot()["external_reference"] is True
        assert driving.snapshot()["external_reference"] is False

    def test_all_settings_read_back(self, simulated: SimulatedStation, station: Station) -> None:
        driving, _ = both(station)
        settings = settings_for(simulated)
        driving.configure(settings)
        assert driving.read_sensitivity() == settings.sensitivity_V
        assert driving.read_time_constant() == settings.time_constant_s
        assert driving.read_filter_slope() == 12
        assert driving.snapshot()["oscillator_V"] == pytest.approx(settings.oscillator_V, rel=1e-4)
        assert driving.snapshot()["frequency_Hz"] == pytest.approx(17.3, rel=1e-6)

    def test_overload_is_flagged_and_a_wider_range_ends_it(
        self, simulated: SimulatedStation, station: Station
    ) -> None:
        driving, _ = both(station)
        driving.limits = replace(driving.limits, max_current_A=2e-6)
        small_V, wide_V = full_scale(simulated, 10e-6), full_scale(simulated, 2e-3)
        settings = settings_for(simulated, sensitivity_V=small_V)
        enough_V = 1.5 * small_V / 1000.0 * simulated.plan.wiring.lock_in_ballast_ohm
        driving.configure(replace(settings, oscillator_V=max(settings.oscillator_V, enough_V)))
        settle(station)
        assert ReadingFlag.OVERLOAD in driving.read_xy().flags
        driving.set_sensitivity(wide_V)
        driving.read_xy()
        later(station, 5.0)
        assert driving.read_xy().flags is ReadingFlag.GOOD

    def test_a_follower_without_a_reference_is_flagged(self, simulated: SimulatedStation, station: Station) -> None:
        driving, _ = both(station)
        driving.configure(settings_for(simulated, external_reference=True))  # nothing is at its reference input
        settle(station)
        assert ReadingFlag.REFERENCE_UNLOCKED in driving.read_xy().flags

    def test_a_new_frequency_is_followed_and_told(self, simulated: SimulatedStation, station: Station) -> None:
        driving, following = both(station)
        driving.configure(settings_for(simulated))
        following.configure(settings_for(simulated, external_reference=True))
        settle(station)
        driving.configure(settings_for(simulated, frequency_Hz=31.0))
        later(station, 5.0)
        told = ReadingFlag.REFERENCE_UNLOCKED in following.read_xy().flags
        assert told is (simulated.plan.instruments["hall_lock_in"].driver in REMEMBERS)
        later(station, 5.0)
        assert following.read_xy().flags is ReadingFlag.GOOD
        assert following.snapshot()["frequency_Hz"] == pytest.approx(31.0, rel=1e-6)


class TestSetting:
    def test_every_sensitivity_can_be_chosen_and_none_between(self, station: Station) -> None:
        driving, _ = both(station)
        full_scales = driving.sensitivities()
        assert list(full_scales) == sorted(full_scales)
        for full_scale_V in full_scales:
            driving.set_sensitivity(full_scale_V)
            assert driving.read_sensitivity() == full_scale_V
            with pytest.raises(LimitError, match="nothing was sent"):
                driving.set_sensitivity(full_scale_V * 1.4)

    @pytest.mark.parametrize(
        "change",
        [
            {"oscillator_V": 5.1},
            {"oscillator_V": 0.0},
            {"oscillator_V": 0.12345678},
            {"oscillator_V": math.nan},
            {"frequency_Hz": 0.0},
            {"frequency_Hz": 5e6},
            {"frequency_Hz": 17.123456789},
            {"time_constant_s": 0.25},
            {"filter_slope_dB": 9},
            {"sensitivity_V": 3e-6},
            {"sensitivity_V": 2.0},
        ],
    )
    def test_what_it_does_not_have_changes_nothing(
        self, simulated: SimulatedStation, station: Station, change: dict[str, float]
    ) -> None:
        driving, _ = both(station)
        instead = LACKS_INSTEAD.get(driver_of(simulated), {})
        change = {name: instead.get(value, value) for name, value in change.items()}
        before = driving.snapshot()
        with pytest.raises(LimitError, match="nothing was sent"):
            driving.configure(settings_for(simulated, **change))
        assert driving.snapshot() == before

    def test_more_current_than_allowed(self, simulated: SimulatedStation, station: Station) -> None:
        driving, _ = both(station)
        driving.limits = replace(driving.limits, max_current_A=90e-9)
        with pytest.raises(LimitError, match="current of 1e-07 A"):
            driving.configure(settings_for(simulated))

    def test_a_follower_drives_nothing(self, simulated: SimulatedStation, station: Station) -> None:
        driving, following = both(station)
        before_V = following.snapshot()["oscillator_V"]
        driving.configure(settings_for(simulated))
        following.configure(settings_for(simulated, oscillator_V=1.5, external_reference=True))
        settle(station)
        assert following.snapshot()["oscillator_V"] == before_V
        drive = simulated.cryostat.drive
        assert drive is not None
        assert drive.current_rms_A == pytest.approx(100e-9, rel=1e-4)

    def test_safe_state_is_the_smallest_amplitude(self, simulated: SimulatedStation, station: Station) -> None:
        driving, _ = both(station)
        driving.configure(settings_for(simulated))
        driving.make_safe()
        driving.make_safe()
        assert driving.snapshot()["oscillator_V"] < 0.01

    def test_a_denied_set_is_an_error(self, simulated: SimulatedStation, station: Station) -> None:
        driving, _ = both(station)
        driving.configure(settings_for(simulated))
        box_of(simulated, "lock_in").deny_next_set()
        with pytest.raises(RefusedError, match="reads back"):
            driving.set_sensitivity(full_scale(simulated, 1.0))

    def test_nothing_waits(self, simulated: SimulatedStation, station: Station) -> None:
        driving, following = both(station)
        before_s = station.clock.now()
        driving.configure(settings_for(simulated))
        following.configure(settings_for(simulated, external_reference=True))
        driving.set_sensitivity(full_scale(simulated, 1e-3))
        driving.read_xy()
        driving.make_safe()
        assert station.clock.now() == before_s


class TestFaults:
    @pytest.mark.parametrize("read", READS)
    def test_silence_and_garbage(self, simulated: SimulatedStation, station: Station, read: str) -> None:
        fails_and_recovers(simulated, station, "lock_in", read)

    def test_another_model_is_refused(self, simulated: SimulatedStation) -> None:
        box_of(simulated, "lock_in").answer_as("SRS,SR844,s/n1,ver1")
        with pytest.raises((IdentityError, CommunicationError), match="lock_in"):
            open_station(simulated.plan, simulated.clock, simulated.manager)
