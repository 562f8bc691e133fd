"""When, within a step of time, something happens."""

from collections.abc import Callable

#: Shortest piece when a loop chatters at the edge of what its heater can do.
_SHORTEST_S = 0.02


def first_time(happens: Callable[[float], bool], step_s: float) -> float:
    """Time, to a microsecond, until something happens; ``step_s`` if it does not happen at its end.

    Not shorter than a minimum (or than ``step_s``), so that time always moves.
    """
    if not happens(step_s):
        return step_s
    low, high = 0.0, step_s
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if happens(middle) else (middle, high)
    return max(high, min(step_s, _SHORTEST_S))
