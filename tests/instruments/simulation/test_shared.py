"""Turns: a box does one thing at a time, and while one waits the others go on."""

import threading

import pytest

from instruments.clock import FastClock, RealClock, VirtualClock
from instruments.simulation.shared import SharedPort, TurnClock


class Gate:
    """A clock whose sleepers wait until they are let go."""

    def __init__(self):
        self.asleep, self.go = threading.Event(), threading.Event()

    def now(self):
        return 0.0

    def unix_time(self):
        return 0.0

    def sleep(self, duration_s):
        self.asleep.set()
        assert self.go.wait(10.0)


class Box:
    terminator, line_end, takes_bytes, greeting = b"\n", b"\n", False, b""

    def __init__(self, turns, log):
        self.turns, self.log = turns, log

    def respond(self, line):
        self.log.append(b"begin " + line)
        if line == b"slow":
            self.turns.sleep(1.0)
        self.log.append(b"end " + line)
        return line

    def clear(self):
        self.log.append(b"clear")

    def status_byte(self, reply_waiting):
        return 16 if reply_waiting else 0


def test_while_one_converts_another_box_answers_and_the_same_box_does_not():
    clock, log = Gate(), []
    turns = TurnClock(clock)
    voltmeter, lock_in = SharedPort(Box(turns, log), turns), SharedPort(Box(turns, log), turns)
    slow = threading.Thread(target=voltmeter.respond, args=(b"slow",), daemon=True)
    slow.start()
    assert clock.asleep.wait(10.0)
    assert lock_in.respond(b"quick") == b"quick"
    again = threading.Thread(target=voltmeter.respond, args=(b"after",), daemon=True)
    again.start()
    assert voltmeter.status_byte(reply_waiting=True) == 16
    clock.go.set()
    slow.join(10.0)
    again.join(10.0)
    assert log == [b"begin slow", b"begin quick", b"end quick", b"end slow", b"begin after", b"end after"]


def test_outside_a_turn_sleeping_is_plain_sleeping():
    turns = TurnClock(VirtualClock())
    turns.sleep(3.0)
    assert turns.now() == 3.0
    with turns:
        turns.sleep(2.0)
    assert turns.now() == 5.0
    assert turns.unix_time() == VirtualClock().unix_time() + 5.0


def test_a_turn_is_one_moment_and_moments_are_ticks(monkeypatch):
    now = [10.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    turns = TurnClock(RealClock(), tick_s=0.25)
    now[0] += 0.7
    assert turns.now() == 0.5
    with turns:
        now[0] += 5.0
        assert turns.now() == 0.5
        monkeypatch.setattr("time.sleep", lambda duration_s: now.__setitem__(0, now[0] + duration_s))
        turns.sleep(1.0)
        assert turns.now() == 6.5
    assert turns.now() == 6.5


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_no_clock_runs_like_that(speed):
    with pytest.raises(ValueError, match="cannot run"):
        FastClock(speed)


def test_a_fast_clock_counts_and_waits_in_its_own_seconds(monkeypatch):
    now, slept = [100.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", slept.append)
    clock = FastClock(60.0)
    now[0] += 2.0
    assert clock.now() == 120.0
    clock.sleep(90.0)
    assert slept == [1.5]
