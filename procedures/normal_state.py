"""Has the sample become normal? Decided on what is measured while a field is swept outwards."""

import numpy as np

#: Readings per block: their scatter is the noise.
_BLOCK = 8
#: Fewest blocks in the stretch that is taken for the normal state.
_FEWEST = 6
#: Along the stretch the resistance may change, and its line may bend, by these shares of the rise below it.
_MOST_CHANGE, _MOST_BEND = 0.1, 2e-4
#: A rise is a transition when it is this share of the resistance and this many times the noise of a block.
_LEAST_RISE, _SIGNIFICANT = 0.05, 20.0


class NormalStateWatch:
    """Tells when a sweep has left the transition behind and seen enough of the normal state.

    Enough is a stretch along which the resistance is a line, nearly level beside the rise that went before. It is
    as long as the way from the middle of the transition to its begin (so that the line need not be carried further
    than it was seen), as ``share`` of the field at its begin, and as ``least_T``. A sweep that has seen no rise is
    never told to stop.
    """

    def __init__(self, share: float = 0.15, least_T: float = 0.3) -> None:
        self._share, self._least_T = share, least_T
        self._pending: list[tuple[float, float]] = []
        self._blocks: list[tuple[float, float, float]] = []

    def add(self, field_T: float, resistance_ohm: float) -> bool:
        """Take one good reading, in the order in which they come; True when the sweep may stop."""
        self._pending.append((abs(field_T), resistance_ohm))
        if len(self._pending) < _BLOCK:
            return False
        fields, resistances = np.array(self._pending).T
        self._pending.clear()
        noise = float(np.sqrt(np.mean(np.diff(resistances, 2) ** 2) / 6 / _BLOCK))
        self._blocks.append((float(fields.mean()), float(resistances.mean()), noise))
        return self._is_normal()

    def _is_normal(self) -> bool:
        fields, resistances, noises = np.array(self._blocks).T
        low, high = float(np.min(resistances)), float(resistances[-1])
        middle_T = fields[np.flatnonzero(resistances <= (low + high) / 2)[-1]]
        now_T = fields[-1]
        begin_T = min((now_T + middle_T) / 2, now_T / (1 + self._share), now_T - self._least_T)
        stretch = fields >= begin_T
        if np.count_nonzero(stretch) < _FEWEST or np.all(stretch):
            return False
        noise = float(np.median(noises))
        rise = float(np.median(resistances[stretch])) - low
        if rise < max(_SIGNIFICANT * noise, _LEAST_RISE * float(np.median(resistances[stretch]))):
            return False
        along = 2 * (fields[stretch] - begin_T) / (now_T - begin_T) - 1
        bend, slope, _ = np.polyfit(along, resistances[stretch], 2)
        # the parabola's coefficient over n points between -1 and 1 has a variance of about 11 noise^2 / n
        allowed = _MOST_BEND * rise + 2 * noise * np.sqrt(11 / along.size)
        return bool(abs(2 * slope) <= _MOST_CHANGE * rise and abs(bend) <= allowed)
