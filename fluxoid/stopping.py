"""Ctrl-C as a request: the first one asks for an end in order, a second one no longer waits."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signal() -> Iterator["Stop"]:
    """The first Ctrl-C (or termination) asks to stop in order; a second one no longer waits."""
    stop = Stop()
    watched = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, stop.request) for number in watched}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Stop:
    """Whether a person asked for the end; called, it tells."""

    def __init__(self) -> None:
        self._requested = False

    def __call__(self) -> bool:
        """Whether it was asked for."""
        return self._requested

    def request(self, _number: int, _frame: FrameType | None) -> None:
        """A signal arrived; KeyboardInterrupt when it is not the first."""
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
