"""The program of a GS200: levels that the output goes to in turn, each by a slope and for an interval."""

from collections.abc import Callable
from dataclasses import dataclass, field

from instruments.simulation.wire import settings_conflict

TICK_S = 0.1
MOST_STEPS = 10_000
#: A moment counts as reached when it is this near.
_SAME_S = 1e-9


@dataclass(frozen=True, slots=True)
class Step:
    """One level and the range it is made on."""

    range: float
    level: float


@dataclass(slots=True)
class Program:
    """Steps and the run through them. ``put`` brings a level to the output, ``step_ended`` and ``ended`` tell."""

    put: Callable[[Step], None]
    step_ended: Callable[[], None]
    ended: Callable[[], None]
    interval_s: float = 1.0
    slope_s: float = 0.0
    repeats: bool = False
    steps: list[Step] = field(default_factory=list)
    index: int = 0
    editing: bool = False
    running: bool = False
    held: bool = False
    _single: bool = False
    _from: float = 0.0
    _elapsed_s: float = 0.0
    _at_s: float = 0.0

    def edit(self) -> None:
        """Begin a new program; one that runs ends where it is."""
        self.running, self.editing = False, True
        self.steps, self.index = [], 0

    def add(self, step: Step) -> None:
        """The next step.

        Raises:
            Refusal: the program is full.
        """
        if len(self.steps) >= MOST_STEPS:
            raise settings_conflict()
        self.steps.append(step)

    def run(self, now_s: float, level: float, *, single: bool = False) -> None:
        """Start from the first step; ``single``: only the step that comes next.

        Raises:
            Refusal: there is no program, it is being written, or it runs.
        """
        if not self.steps or self.editing or self.running:
            raise settings_conflict()
        if not single or self.index >= len(self.steps):
            self.index = 0
        self.running, self.held, self._single = True, False, single
        self._begin_step(now_s, level)

    def hold(self) -> None:
        """Let the program's time stand still.

        Raises:
            Refusal: it does not run.
        """
        if not self.running:
            raise settings_conflict()
        self.held = True

    def go_on(self, now_s: float) -> None:
        """Let it pass again.

        Raises:
            Refusal: it is not held.
        """
        if not self.running or not self.held:
            raise settings_conflict()
        self.held, self._at_s = False, now_s

    def next_look_s(self, now_s: float) -> float:
        """The next stair of the slope, or the end of the step."""
        if not self.running or self.held:
            return now_s
        to_end_s = self.interval_s - self._elapsed_s
        sloping = self._elapsed_s < self.slope_s - _SAME_S
        return min(now_s, self._at_s + (min(TICK_S, to_end_s) if sloping else to_end_s))

    def look(self, at_s: float) -> None:
        """Bring the output to where it is at this moment; moments come no farther apart than the looks."""
        if not self.running or self.held:
            return
        before_s = self._elapsed_s
        self._elapsed_s, self._at_s = before_s + at_s - self._at_s, at_s
        if before_s < self.slope_s - _SAME_S:
            self.put(self._present())
        if self._elapsed_s >= self.interval_s - _SAME_S:
            self._end_step(at_s)

    def _present(self) -> Step:
        target = self.steps[self.index]
        share = min(self._elapsed_s / self.slope_s, 1.0) if self.slope_s else 1.0
        share = 1.0 if share > 1.0 - _SAME_S else share
        return Step(target.range, self._from + (target.level - self._from) * share)

    def _begin_step(self, at_s: float, level: float) -> None:
        self._at_s, self._elapsed_s, self._from = at_s, 0.0, level
        if not self.slope_s:
            self.put(self._present())

    def _end_step(self, at_s: float) -> None:
        level = self._present().level
        self.index += 1
        self.step_ended()
        at_end = self.index >= len(self.steps)
        if at_end and self.repeats and not self._single:
            self.index, at_end = 0, False
        elif at_end:
            self.ended()
        if at_end or self._single:
            self.running = False
        else:
            self._begin_step(at_s, level)
