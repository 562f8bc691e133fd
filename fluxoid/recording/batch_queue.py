"""A bounded queue that hands over whole batches, so that an item costs its sender about a microsecond."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class BatchQueue(Generic[T]):
    """Many items in one by one, out all at once, in order; a full queue makes the sender wait, nothing is dropped.

    The receiver is woken when the queue is half full, when an urgent item comes or at its own time-out, not at
    every item: waking a thread costs far more than appending to a list.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: list[T] = []
        self._urgent = False
        self._closed = False
        lock = threading.Lock()
        self._wake = threading.Condition(lock)
        self._room = threading.Condition(lock)

    def put(self, item: T, *, urgent: bool = False) -> bool:
        """Append an item, waiting while the queue is full; False when the queue is closed and did not take it."""
        with self._wake:
            while len(self._items) >= self._capacity and not self._closed:
                self._wake.notify()
                self._room.wait()
            if self._closed:
                return False
            self._items.append(item)
            if urgent or 2 * len(self._items) == self._capacity:
                self._urgent = True
                self._wake.notify()
            return True

    def take(self, timeout_s: float) -> tuple[list[T], bool]:
        """All items, after a wait of at most ``timeout_s``, and whether more may come."""
        with self._wake:
            self._wake.wait_for(self._due, timeout_s)
            items, self._items, self._urgent = self._items, [], False
            self._room.notify_all()
            return items, not self._closed

    def close(self) -> None:
        """Take no more items; those inside can still be taken, and waiting senders are let go."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
            self._room.notify_all()

    def _due(self) -> bool:
        return self._urgent or self._closed or len(self._items) >= self._capacity
