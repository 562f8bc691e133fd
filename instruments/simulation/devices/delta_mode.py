"""Delta mode of a 6220/6221: the source alternates, the nanovoltmeter on its serial port converts at each polarity.

Source: 6220/6221 reference manual, section 5: three conversions make a reading, (V1 - 2 V2 + V3)/4 with the sign of
the newest polarity, and each further conversion makes the next (moving average); section 6: averaging filter. A
conversion stands at the middle of its aperture, where the polarity also changes.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2182a import OVERFLOW, Keithley2182A
from instruments.simulation.devices.sample_current import SampleCurrent
from instruments.simulation.wire import EXECUTION_ERROR_BIT, Refusal, settings_conflict

#: No figure of the manual: users wait for seconds.
ARMING_S = 3.0
BUFFER_POINTS = 65536
_POINTS_OF_A_READING = 3


class DeltaState(Enum):
    """Where delta mode is between being off and running."""

    OFF = auto()
    ARMING = auto()
    ARMED = auto()
    RUNNING = auto()


@dataclass(slots=True)
class DeltaKnobs:
    """What is set before arming; ``count`` readings end a run, ``filter_count`` of them make an average."""

    high_A: float = 1e-3
    low_A: float = -1e-3
    delay_s: float = 2e-3
    count: float = inf
    aborts_in_compliance: bool = False
    filter_on: bool = False
    filter_moves: bool = True
    filter_count: int = 10
    buffer_points: int = BUFFER_POINTS


@dataclass(slots=True)
class _Run:
    """What a run has found so far; readings as value in V and time in s since the first.

    ``pending`` is one whose last conversion has not ended, with the moment at which it does.
    """

    next_s: float
    voltages_V: deque[float] = field(default_factory=lambda: deque(maxlen=_POINTS_OF_A_READING))
    conversions: int = 0
    first_s: float | None = None
    stack_V: deque[float] = field(default_factory=deque)
    pending: tuple[float, float, float] | None = None
    latest: tuple[float, float] | None = None
    fresh: bool = False


class DeltaMode:
    """The state machine; a follower of the cryostat, so that every conversion sees the state of its own moment.

    ``compliance_V`` tells the source's voltage limit, ``on_compliance`` is called at each conversion in compliance,
    ``on_abort`` when compliance has ended a run.
    """

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        output: SampleCurrent,
        nanovoltmeter: Keithley2182A | None,
        compliance_V: Callable[[], float],
        on_compliance: Callable[[], None],
        on_abort: Callable[[], None],
    ) -> None:
        self._clock, self._cryostat, self._output = clock, cryostat, output
        self.nanovoltmeter = nanovoltmeter
        self._compliance_V, self._on_compliance, self._on_abort = compliance_V, on_compliance, on_abort
        self.knobs = DeltaKnobs()
        self.limited = False
        self.buffer: list[tuple[float, float]] = []
        self._state = DeltaState.OFF
        self._armed_at_s = 0.0
        self._run = _Run(0.0)
        cryostat.attach(self)

    def state(self) -> DeltaState:
        """The state now."""
        self._cryostat.advance()
        if self._state is DeltaState.ARMING and self._clock.now() >= self._armed_at_s:
            self._state = DeltaState.ARMED
        return self._state

    @property
    def off(self) -> bool:
        """Whether the source is free for other things."""
        return self._state is DeltaState.OFF

    def arm(self) -> None:
        """Begin to arm, or begin anew.

        Raises:
            Refusal: no nanovoltmeter answers on the serial port.
        """
        if self.nanovoltmeter is None:
            raise Refusal(-241, "Hardware missing", EXECUTION_ERROR_BIT)
        self._cryostat.advance()
        self._state, self._armed_at_s = DeltaState.ARMING, self._clock.now() + ARMING_S

    def start(self) -> None:
        """Run, from the first conversion on.

        Raises:
            Refusal: not armed.
        """
        if self.state() is not DeltaState.ARMED:
            raise settings_conflict()
        self._state = DeltaState.RUNNING
        self.buffer.clear()
        self._run = _Run(self._clock.now() + self._cycle_s() - self._voltmeter().integration_s / 2)
        self._let_flow()

    def stop(self) -> None:
        """Disarm; the current stops."""
        self._cryostat.advance()
        if not self.off:
            self._state = DeltaState.OFF
            self._output.drive(0.0, self._compliance_V(), output_on=False)
            self.limited = False

    def latest(self, *, only_fresh: bool) -> tuple[float, float] | None:
        """The newest reading, or None before the first.

        Raises:
            Refusal: not running; with ``only_fresh``, nothing new since it was last asked for.
        """
        if self.state() is not DeltaState.RUNNING:
            raise settings_conflict()
        self._publish(self._clock.now())
        if only_fresh and not self._run.fresh:
            raise Refusal(-230, "Data corrupt or stale", EXECUTION_ERROR_BIT)
        self._run.fresh = False
        return self._run.latest

    def next_look_s(self, now_s: float) -> float:
        """The next conversion."""
        return min(self._run.next_s, now_s) if self._state is DeltaState.RUNNING else now_s

    def look(self, at_s: float) -> None:
        """Convert, if it is time."""
        if self._state is DeltaState.RUNNING and at_s >= self._run.next_s:
            self._convert(at_s)

    def _voltmeter(self) -> Keithley2182A:
        assert self.nanovoltmeter is not None, "arming has asked for it"
        return self.nanovoltmeter

    def _cycle_s(self) -> float:
        return self.knobs.delay_s + self._voltmeter().integration_s

    def _let_flow(self) -> None:
        current_A = self.knobs.low_A if self._run.conversions % 2 else self.knobs.high_A
        self.limited = self._output.drive(current_A, self._compliance_V(), output_on=True)

    def _convert(self, at_s: float) -> None:
        run = self._run
        self._publish(inf)  # the one before has long ended
        self._let_flow()  # the load may have changed since the polarity did
        run.voltages_V.append(self._voltmeter().sample_V())
        if self.limited:
            self._on_compliance()
            if self.knobs.aborts_in_compliance:
                self._state = DeltaState.OFF
                self._output.drive(0.0, self._compliance_V(), output_on=False)
                self._on_abort()
                return
        sign = -1.0 if run.conversions % 2 else 1.0
        run.conversions += 1
        run.next_s = at_s + self._cycle_s()
        if len(run.voltages_V) == _POINTS_OF_A_READING:
            first, second, third = run.voltages_V
            beyond = OVERFLOW in run.voltages_V
            self._take(OVERFLOW if beyond else sign * (first - 2 * second + third) / 4, at_s)
        if run.conversions - _POINTS_OF_A_READING + 1 >= self.knobs.count:
            self._state = DeltaState.ARMED
            self._publish(inf)
            self._output.drive(0.0, self._compliance_V(), output_on=True)
            return
        self._let_flow()

    def _take(self, value_V: float, at_s: float) -> None:
        """A reading, through the averaging filter."""
        run, knobs = self._run, self.knobs
        if knobs.filter_on:
            missing = knobs.filter_count - len(run.stack_V)
            run.stack_V.extend([value_V] * (missing if knobs.filter_moves and not run.stack_V else 1))
            if len(run.stack_V) < knobs.filter_count:
                return
            while len(run.stack_V) > knobs.filter_count:
                run.stack_V.popleft()
            value_V = OVERFLOW if OVERFLOW in run.stack_V else sum(run.stack_V) / len(run.stack_V)
            if not knobs.filter_moves:
                run.stack_V.clear()
        run.first_s = at_s if run.first_s is None else run.first_s
        run.pending = value_V, at_s - run.first_s, at_s + self._voltmeter().integration_s / 2

    def _publish(self, now_s: float) -> None:
        """What is pending becomes the newest reading when its last conversion has ended."""
        run = self._run
        if run.pending is None or now_s < run.pending[2]:
            return
        *latest, _ = run.pending
        run.latest, run.fresh, run.pending = (latest[0], latest[1]), True, None
        if len(self.buffer) < self.knobs.buffer_points:
            self.buffer.append(run.latest)
