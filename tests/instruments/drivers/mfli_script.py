"""A session with a data server that must be called just so, for drivers of devices behind one."""

from collections.abc import Mapping
from typing import Any

import pytest

from instruments.clock import VirtualClock
from instruments.drivers.mfli import Mfli
from instruments.limits import ExcitationLimits

ADDRESS = "mfli://192.168.1.51/dev1234"
LIMITS = ExcitationLimits(max_current_A=10e-3, max_compliance_V=10.0)
FLAGS, LOCKED = "status/flags/binary", "extrefs/0/locked"
Step = tuple[Any, ...]


class Script:
    """A session that must be called just so: ``(method, node, value)``; a get answers the value, or raises it."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = list(steps)

    def __getattr__(self, method: str) -> Any:
        def call(*arguments: Any, **_: Any) -> Any:
            asked = arguments[0].removeprefix("/dev1234/") if arguments and method != "poll" else ""
            assert self.steps, f"{method} {arguments} is not expected"
            expected, node, *value = self.steps.pop(0)
            assert (method, asked) == (expected, node)
            if value and isinstance(value[0], Exception):
                raise value[0]
            if method.startswith("set"):
                assert arguments[1] == pytest.approx(value[0], rel=1e-7, abs=1e-12), node
                assert type(arguments[1]) is (int if method == "setInt" else float)
                return None
            return value[0] if value else None

        return call


def driver(steps: list[Step], options: str | None = "", **more: Any) -> tuple[Mfli, Script]:
    known = [] if options is None else [("getString", "features/options", options)]
    script = Script([*known, *steps])
    arguments = {"clock": VirtualClock(), "limits": LIMITS, "ballast_ohm": 1000.0, **more}
    return Mfli(script, ADDRESS, **arguments), script


def sets(values: Mapping[str, float]) -> list[Step]:
    return [("setInt" if isinstance(value, int) else "setDouble", node, value) for node, value in values.items()]


def gets(values: Mapping[str, float]) -> list[Step]:
    return [("getInt" if isinstance(value, int) else "getDouble", node, value) for node, value in values.items()]


WATCHED: list[Step] = [("subscribe", FLAGS), ("subscribe", LOCKED)]
