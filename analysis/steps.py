"""Long work in short steps, for live views: they have milliseconds for a point, an analysis takes a hundred.

A function is written once, as a generator that yields between its steps, under ``@stepwise``: called it runs to its
end, and its ``steps`` can be taken one by one between points instead. How far it has come then depends on how often
it was advanced, never on a clock; its result on neither.
"""

from collections.abc import Callable, Generator
from functools import update_wrapper
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Work that yields between its steps and returns a T.
Steps = Generator[None, None, T]


class Stepwise(Generic[P, T]):
    """A function that can be called, or taken step by step."""

    def __init__(self, steps: Callable[P, Steps[T]]) -> None:
        self.steps = steps
        update_wrapper(self, steps)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """All steps at once."""
        progress = Progress(self.steps(*args, **kwargs))
        while not progress.advance():
            pass
        return progress.result


def stepwise(steps: Callable[P, Steps[T]]) -> Stepwise[P, T]:
    """Let a generator that yields between its steps be called like an ordinary function."""
    return Stepwise(steps)


class Progress(Generic[T]):
    """Work under way, and its ``result`` once ``advance`` has said that it is done."""

    result: T

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps

    def advance(self) -> bool:
        """Take one step; whether the work is done."""
        try:
            next(self._steps)
        except StopIteration as stop:
            self.result = stop.value
            return True
        return False
