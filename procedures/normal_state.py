"""Has the sample become normal? Decided on what is measured while a field is swept outwards."""

import statistics
from collections.abc import Iterable

#: Readings per block: their scatter is the noise that steps are compared with.
_BLOCK = 8
#: A step that belongs to the transition is this many times the steps at the end, and the noise.
_STEEP = 20.0
_SIGNIFICANT = 6.0


class NormalStateWatch:
    """Tells when a sweep has left the transition behind and seen enough of the normal state.

    The steepest part of what was measured is the transition. It has been left when the slope has stayed below a
    twentieth of the steepest for a stretch as long as ``share`` of the field where that began, and at least
    ``least_T``. A sweep that has seen no transition is never told to stop.
    """

    def __init__(self, share: float = 0.2, least_T: float = 0.3) -> None:
        self._share, self._least_T = share, least_T
        self._pending: list[tuple[float, float]] = []
        self._blocks: list[tuple[float, float, float]] = []
        self._steepest = 0.0
        self._left_at_T: float | None = None

    def add(self, field_T: float, resistance_ohm: float) -> bool:
        """Take one good reading, in the order in which they come; True when the sweep may stop."""
        self._pending.append((abs(field_T), resistance_ohm))
        if len(self._pending) == _BLOCK:
            self._blocks.append(_mean(self._pending))
            self._pending.clear()
            self._judge()
        if self._left_at_T is None:
            return False
        return abs(field_T) - self._left_at_T >= max(self._least_T, self._share * self._left_at_T)

    def _judge(self) -> None:
        if len(self._blocks) < 2:
            return
        (before_T, before_ohm, _), (now_T, now_ohm, noise_ohm) = self._blocks[-2:]
        if not now_T > before_T:
            return
        slope = (now_ohm - before_ohm) / (now_T - before_T)
        if now_ohm - before_ohm > _SIGNIFICANT * noise_ohm and slope > self._steepest:
            self._steepest, self._left_at_T = slope, None
        elif self._steepest and abs(slope) < self._steepest / _STEEP + 3 * noise_ohm / (now_T - before_T):
            self._left_at_T = now_T if self._left_at_T is None else self._left_at_T
        else:
            self._left_at_T = None


def _mean(readings: Iterable[tuple[float, float]]) -> tuple[float, float, float]:
    """Mean field, mean resistance, and the mean's noise from differences of neighbours (a slope cancels mostly)."""
    fields, resistances = zip(*readings, strict=True)
    second = [a - 2 * b + c for a, b, c in zip(resistances, resistances[1:], resistances[2:], strict=False)]
    noise = statistics.fmean(x * x for x in second) ** 0.5 / 6**0.5
    return statistics.fmean(fields), statistics.fmean(resistances), noise / len(resistances) ** 0.5
