"""By driver, what refuses settings that an instrument does not have, before any is opened."""

from collections.abc import Callable, Mapping, Sequence

from instruments.delta_role import DeltaSettings
from instruments.drivers.gs200_current import Gs200Current
from instruments.drivers.keithley_6221 import Keithley6221
from instruments.drivers.keithley_6221_delta import Keithley6221Delta
from instruments.drivers.mfli import Mfli
from instruments.drivers.signal_recovery_7265 import SignalRecovery7265
from instruments.drivers.sr830 import Sr830
from instruments.drivers.sr860 import Sr860, Sr865A
from instruments.limits import ExcitationLimits
from instruments.roles import LockInSettings
from instruments.station import StationLimits, Wiring

#: By driver of a lock-in: what refuses settings that it does not have.
LOCK_IN_CHECKS: Mapping[str, Callable[[LockInSettings, ExcitationLimits, float], object]] = {
    "mfli": Mfli.check,
    "signal_recovery_7265": SignalRecovery7265.check,
    "sr830": Sr830.check,
    "sr860": Sr860.check,
    "sr865a": Sr865A.check,
}

#: By driver of a current source: what refuses a compliance, and currents on the range of the largest of them.
SOURCE_CHECKS: Mapping[str, Callable[[float, Sequence[float]], object]] = {
    "gs200": Gs200Current.check,
    "keithley_6221": Keithley6221.check,
}

#: By driver of a delta meter: what refuses settings that the source and its voltmeter do not have.
DELTA_CHECKS: Mapping[str, Callable[[DeltaSettings], object]] = {"keithley_6221": Keithley6221Delta.check}


def check_lock_in(driver: str, settings: LockInSettings, limits: StationLimits, wiring: Wiring) -> None:
    """Refuse settings that a lock-in of this driver does not have, before any is opened.

    Raises:
        LimitError: with what is allowed, or the nearest value that exists.
    """
    LOCK_IN_CHECKS[driver](settings, limits.excitation, wiring.lock_in_ballast_ohm)


def check_source(driver: str, compliance_V: float, currents_A: Sequence[float]) -> None:
    """Refuse a compliance and currents that a source of this driver does not have, before any is opened.

    Raises:
        LimitError: with what is allowed, or the nearest value that exists.
    """
    SOURCE_CHECKS[driver](compliance_V, currents_A)


def check_delta(driver: str, settings: DeltaSettings) -> None:
    """Refuse settings that a delta meter of this driver does not have, before any is opened.

    Raises:
        LimitError: with what is allowed.
    """
    DELTA_CHECKS[driver](settings)
