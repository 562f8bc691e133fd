"""The clock every wait goes through: the real one, a faster one, and a virtual one: days pass in seconds."""

import time
from typing import Protocol


class Clock(Protocol):
    """What procedures and simulated instruments know of time."""

    def now(self) -> float:
        """Seconds since this clock was made; never runs backwards."""
        ...

    def unix_time(self) -> float:
        """Seconds since 1970-01-01 UTC, for time stamps in files."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Let ``duration_s`` seconds pass; zero or less returns at once."""
        ...


class RealClock:
    """The computer's monotonic clock."""

    def __init__(self) -> None:
        self._start_s = time.monotonic()

    def now(self) -> float:
        """Seconds since this clock was made."""
        return time.monotonic() - self._start_s

    def unix_time(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def sleep(self, duration_s: float) -> None:
        """Wait in real time."""
        if duration_s > 0:
            time.sleep(duration_s)


class FastClock:
    """Time that passes ``speed`` times as fast as the computer's, for simulated racks that others wait for."""

    def __init__(self, speed: float) -> None:
        """Raises ValueError unless ``speed`` is a positive number."""
        if not 0 < speed < float("inf"):
            raise ValueError(f"a clock cannot run {speed} times as fast")
        self._speed = speed
        self._real = RealClock()
        self._start_unix_s = self._real.unix_time()

    def now(self) -> float:
        """Seconds of this clock since it was made."""
        return self._speed * self._real.now()

    def unix_time(self) -> float:
        """Seconds since 1970-01-01 UTC: the present when this clock was made, ahead of it since."""
        return self._start_unix_s + self.now()

    def sleep(self, duration_s: float) -> None:
        """Wait until so many seconds of this clock have passed."""
        self._real.sleep(duration_s / self._speed)


class VirtualClock:
    """Time that passes only when somebody sleeps on it.

    ``epoch_unix_s`` is the moment it pretends to have started, fixed by default so that equal seeds give
    equal bytes (2025-01-01 00:00 UTC).
    """

    def __init__(self, epoch_unix_s: float = 1_735_689_600.0) -> None:
        self._now_s = 0.0
        self._epoch_unix_s = epoch_unix_s

    def now(self) -> float:
        """Virtual seconds since the start."""
        return self._now_s

    def unix_time(self) -> float:
        """Virtual seconds since 1970-01-01 UTC."""
        return self._epoch_unix_s + self._now_s

    def sleep(self, duration_s: float) -> None:
        """Advance virtual time without waiting."""
        if duration_s > 0:
            self._now_s += duration_s
