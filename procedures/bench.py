"""What a procedure works with: the station, guarded waiting, and words for the log.

All waiting of the project is here. A wait names what it waits for, has a deadline, and polls the guards and the
stop request while it lasts.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from instruments.errors import DeadlineExceeded, FluxoidError, GuardTripped, InstrumentError, StoppedByOperator
from instruments.station import Station
from procedures.guards import GateGuard, Guard, LoopGuard

Level = Literal["info", "warning", "error"]

#: Longest stretch (s) that passes without a look at guards and stop request.
GUARD_INTERVAL_S = 5.0
#: A wait for something that comes nearer is extended whenever its distance has shrunk by this share.
PROGRESS = 0.05


def _never() -> bool:
    return False


def _silent(_level: Level, _text: str) -> None:
    return None


class Bench:
    """The station in the hands of one run.

    ``should_stop`` is asked during every wait; ``log`` takes a level (info, warning) and a text; ``phase`` is
    what is being done now, for views, which ``on_look`` may refresh every time the guards have been polled.
    ``persistent_T`` is the field at which this run closed the magnet's switch, None while it is open.
    """

    def __init__(
        self,
        station: Station,
        guards: Sequence[Guard] = (),
        should_stop: Callable[[], bool] = _never,
        log: Callable[[Level, str], None] = _silent,
        on_look: Callable[["Bench"], None] | None = None,
    ) -> None:
        self.station = station
        self.clock = station.clock
        self.phase = ""
        self.persistent_T: float | None = None
        self.guards = tuple(guards)
        self._should_stop = should_stop
        self._log = log
        self._on_look = on_look
        self._guarded_at_s = -float("inf")

    def say(self, text: str) -> None:
        """Log what is being done."""
        self._log("info", text)

    def warn(self, text: str) -> None:
        """Log something a person should see."""
        self._log("warning", text)

    def check(self) -> None:
        """Ask for a stop request now, and poll the guards when they are due.

        Raises:
            StoppedByOperator: a stop was requested.
            GuardTripped: a guard tripped or could not be read (guards fail closed).
        """
        if self._should_stop():
            raise StoppedByOperator(f"stopped by the operator while: {self.phase or 'starting'}")
        now = self.clock.now()
        if now - self._guarded_at_s < GUARD_INTERVAL_S:
            return
        self._guarded_at_s = now
        for guard in self.guards:
            try:
                guard.check()
            except InstrumentError as error:
                raise GuardTripped(
                    f"{guard.name} cannot be watched any more ({error}); the run was stopped"
                ) from error
        if self._on_look is not None:
            self._on_look(self)

    def pause(self, duration_s: float) -> None:
        """Let time pass, guarded."""
        end_s = self.clock.now() + duration_s
        while True:
            self.check()
            left_s = end_s - self.clock.now()
            if left_s <= 0:
                return
            self.clock.sleep(min(left_s, GUARD_INTERVAL_S))

    def wait_until(
        self,
        what: str,
        condition: Callable[[], bool],
        deadline_s: float,
        poll_s: float,
        hold_s: float = 0.0,
        distance: Callable[[], float] | None = None,
    ) -> None:
        """Poll until the condition has been true, without a break, for ``hold_s``.

        With ``distance``, what is still on its way is waited for: the deadline begins anew whenever the distance
        has become smaller by ``PROGRESS``.

        Raises:
            DeadlineExceeded: it was not within ``deadline_s``.
        """
        self.phase = what
        start_s = self.clock.now()
        nearest = distance() if distance is not None else 0.0
        true_since_s: float | None = None
        while True:
            self.check()
            now = self.clock.now()
            if condition():
                true_since_s = now if true_since_s is None else true_since_s
                if now - true_since_s >= hold_s:
                    return
            else:
                true_since_s = None
            if distance is not None and (left := distance()) < (1 - PROGRESS) * nearest:
                nearest, start_s = left, now
            if now - start_s > deadline_s:
                raise DeadlineExceeded(f"{what}: not reached within {deadline_s / 60:.0f} min; the run was stopped")
            self.clock.sleep(poll_s)

    def expire(self, deadline_s: float, what: str) -> None:
        """Raise DeadlineExceeded when the clock has passed ``deadline_s``."""
        if self.clock.now() > deadline_s:
            raise DeadlineExceeded(f"{what}: not reached in time; the run was stopped")

    def arm_loop_guard(self, on: bool = True) -> None:
        """From now on a temperature loop that went off by itself stops the run (or no longer does)."""
        for guard in self.guards:
            if isinstance(guard, LoopGuard):
                guard.armed = on

    def arm_gate_guard(self, on: bool = True) -> None:
        """From now on a gate that leaks or goes off by itself stops the run (or no longer does)."""
        for guard in self.guards:
            if isinstance(guard, GateGuard):
                guard.armed = on

    def attempt(self, action: Callable[[], None]) -> str | None:
        """Run an action that must not stop a clean-up; returns what went wrong, if anything."""
        try:
            action()
        except FluxoidError as error:
            self.warn(str(error))
            return str(error)
        return None
