"""What stands before ``@fluxoid``: a station file and options.

===============  ====================================================================================
``sample``       a sample file; without it a resistor of 10 Ohm is in the cryostat
``orientation``  direction of the field, a word of the sample file; without it the first that it has
``seed``         of noise and calibration errors, a whole number; 1 unless given
``clock``        ``real`` unless given, or ``virtual``: time passes only in timeouts and conversions
``speed``        how many times as fast the real clock runs; 1 unless given
===============  ====================================================================================

Paths are relative to the working directory.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from instruments.clock import Clock, FastClock, RealClock, VirtualClock
from instruments.errors import ConfigurationError
from instruments.yaml_lines import suggest

_OPTIONS = ("sample", "orientation", "seed", "clock", "speed")


@dataclass(frozen=True, slots=True)
class Specification:
    """A rack to simulate; equal specifications are the same rack."""

    station: Path
    sample: Path | None = None
    orientation: str | None = None
    seed: int = 1
    virtual: bool = False
    speed: float = 1.0

    def clock(self) -> Clock:
        """A new clock of the kind asked for."""
        if self.virtual:
            return VirtualClock()
        return RealClock() if self.speed == 1.0 else FastClock(self.speed)


def parse(text: str) -> Specification:
    """``path?option=value&option=value``; a file whose name has a ``?`` is taken as it is.

    Raises:
        ConfigurationError: with every option that is unknown or cannot be read.
    """
    path, _, rest = (text, "", "") if os.path.isfile(text) else text.partition("?")
    if not path:
        raise ConfigurationError(
            "found no station file before @fluxoid; expected one, such as"
            " 'configs/stations/teslatron_pt12.yaml@fluxoid'"
        )
    problems: list[str] = []
    given = _options(rest, problems)
    seed, speed = _seed(given.get("seed", "1"), problems), _speed(given.get("speed", "1"), problems)
    clock = given.get("clock", "real")
    if clock not in ("real", "virtual"):
        problems.append(f"clock: found {clock!r}; expected 'real' or 'virtual'")
    elif clock == "virtual" and "speed" in given:
        problems.append("speed: a virtual clock has none; leave out one of the two")
    if problems:
        raise ConfigurationError(*(f"{text}@fluxoid: {problem}" for problem in problems))
    sample = Path(os.path.abspath(given["sample"])) if "sample" in given else None
    station = Path(os.path.abspath(path))
    return Specification(station, sample, given.get("orientation"), seed, clock == "virtual", speed)


def _options(rest: str, problems: list[str]) -> Mapping[str, str]:
    given: dict[str, str] = {}
    for part in filter(None, rest.split("&")):
        name, equals, value = part.partition("=")
        if name not in _OPTIONS:
            problems.append(f"found the option {name!r}; expected {', '.join(_OPTIONS)}" + suggest(name, _OPTIONS))
        elif not equals or not value:
            problems.append(f"{name}: found no value; expected {name}=...")
        elif given.setdefault(name, value) != value:
            problems.append(f"{name}: found both {given[name]!r} and {value!r}; expected one")
    return given


def _seed(text: str, problems: list[str]) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    problems.append(f"seed: found {text!r}; expected a whole number from 0")
    return 0


def _speed(text: str, problems: list[str]) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        problems.append(f"speed: found {text!r}; expected a number above 0")
        return 1.0
    return speed
