"""Tables of an SR860 and SR865A, and how their parameters and numbers are written.

Source: mnemonics and tables as in SRS's own package; words in place of numbers (``RSRC EXT``) and units after
numbers (``FREQINT 12.34 KHZ``) from the SR865's manual. How the instrument writes its numbers is in no source: nine
decimals here.
"""

import re
from collections.abc import Mapping

from instruments.simulation.wire import illegal_value, parse_float, parse_int

SENSITIVITIES_V = (1.0, *(m * 10.0**-e for e in range(1, 10) for m in (5, 2, 1)))
TIME_CONSTANTS_S = tuple(m * 10.0**e for e in range(-6, 5) for m in (1, 3))
INPUT_RANGES_V = (1.0, 0.3, 0.1, 0.03, 0.01)
OVERLOAD = 1.09
MODELS: Mapping[str, float] = {"SR860": 500e3, "SR865A": 4e6}
"""Highest frequency by model."""
CH1_SCALE, CH2_SCALE, UNLOCKED, INPUT_RANGE, CAPTURE = 0x1, 0x2, 0x8, 0x10, 0x1000
LIA_BITS = 14
WORDS: Mapping[str, tuple[str, ...]] = {
    "RSRC": ("INT", "EXT", "DUAL", "CHOP"),
    "IVMD": ("VOLTage", "CURRent"),
    "IRNG": ("1Volt", "300Mvolt", "100Mvolt", "30Mvolt", "10Mvolt"),
    "REFM": ("COMmon", "DIFference"),
    "RTRG": ("SIN", "POSttl", "NEGttl"),
    "REFZ": ("50ohms", "1Meg"),
    "ISRC": ("A", "A-B"),
    "ICPL": ("AC", "DC"),
    "IGND": ("FLOat", "GROund"),
    "ICUR": ("1MEG", "100MEG"),
    "TBMODE": ("AUTO", "INternal"),
    "SYNC": ("OFF", "ON"),
    "ADVFILT": ("OFF", "ON"),
}
CAPTURED = ("X", "XY", "RT", "XYRT")
DEFAULTS = {"REFZ": 1, "SYNC": 0, "ADVFILT": 1}
_MEASURED = ("X", "Y", "R", "THeta", "IN1", "IN2", "IN3", "IN4", "XNOise", "YNOise")
QUANTITIES = (*_MEASURED, "OUT1", "OUT2", "PHAse", "SAMp", "LEVel", "FInt", "FExt")
OFFSETS = ("X", "Y", "R")
_CHANNELS, _SWITCH = ("DAT1", "DAT2", "DAT3", "DAT4"), ("OFF", "ON")
CHOICES_BY_CHANNEL: Mapping[str, tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]] = {
    "CDSP": (_CHANNELS, (0, 1, 2, 3), QUANTITIES),
    "COUT": (("OCH1", "OCH2"), (0, 0), ("XY", "RTHeta")),
    "CEXP": (OFFSETS, (0, 0, 0), ("OFF", "X10", "X100")),
    "COFA": (OFFSETS, (0, 0, 0), _SWITCH),
    "CRAT": (OFFSETS, (0, 0, 0), _SWITCH),
}
"""Channels, what they are after a reset, and the choices, by mnemonic."""
_UNITS = {"HZ": 1.0, "KHZ": 1e3, "MHZ": 1e6, "V": 1.0, "MV": 1e-3, "UV": 1e-6, "NV": 1e-9}
_WITH_UNIT = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)")


def written(value: float) -> str:
    """A number in an answer."""
    return f"{value:.9e}"


def index_of(text: str, words: tuple[str, ...]) -> int:
    """The number of a choice, given as a number or as a word in its long or short form."""
    for index, word in enumerate(words):
        if text.upper() in (word.upper(), "".join(c for c in word if not c.islower()).upper()):
            return index
    return parse_int(text, 0, len(words) - 1)


def quantity(text: str, low: float, high: float) -> float:
    """A number, with or without a unit."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None:
        return parse_float(text, low, high)
    unit = _UNITS.get(match[2].upper()) if match[2] else 1.0
    if unit is None:
        raise illegal_value()
    return parse_float(repr(float(match[1]) * unit), low, high)
