"""What a column is, from its heading: the quantity by name, and the factor to SI by unit."""

import re
from pathlib import Path
from typing import Literal

Quantity = Literal["temperature", "field", "resistance", "hall", "bias", "conductance"]
QUANTITIES: tuple[Quantity, ...] = ("temperature", "field", "resistance", "hall", "bias", "conductance")

#: The SI unit of each quantity; a conductance may come in any, for only its shape is used.
SI = {"temperature": "K", "field": "T", "resistance": "ohm", "hall": "ohm", "bias": "V", "conductance": "S"}
_PREFIXES = {"": 1.0, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}
_BASES = {
    "temperature": {"K": 1.0, "kelvin": 1.0},
    "field": {"T": 1.0, "tesla": 1.0, "Oe": 1e-4, "G": 1e-4, "gauss": 1e-4, "oersted": 1e-4},
    "resistance": {"ohm": 1.0, "ohms": 1.0, "\u03a9": 1.0, "\u2126": 1.0},
    "bias": {"V": 1.0, "volt": 1.0, "volts": 1.0},
    "conductance": {"S": 1.0, "a.u.": 1.0, "arb.u.": 1.0, "1": 1.0, "e2/h": 3.874045865e-5},
}
_BASES["hall"] = _BASES["resistance"]

#: Words of headings, most telling first; matched in lower case with everything but letters and digits as spaces.
_WORDS: tuple[tuple[str, Quantity], ...] = (
    (r"\b(r ?xy|rho ?xy|hall)\b", "hall"),
    (r"\b(di ?dv|conductance|lockin.*cond\w*|cond\w?|sigma)\b", "conductance"),
    (r"\b(bias|v ?bias|vbias|bias voltage)\b", "bias"),
    (r"\b(temperature|temp|t sample|sample t|tsample)\b", "temperature"),
    (r"\b(field|magnetic field|magnet|b ?par\w*|b ?perp\w*|bx|by|bz|mu0h|μ0h|µ0h)\b", "field"),
    (r"\b(resistance|res|r ?xx|rho|resistivity|resx|bridge \d resistance|bridge \d resistivity)\b", "resistance"),
)
_LETTERS: dict[str, Quantity] = {
    "t": "temperature", "b": "field", "h": "field", "r": "resistance", "v": "bias", "g": "conductance",
}  # fmt: skip
_NUMBER = r"([-+]?\d+(?:[.,p]\d+)?)"
_NOT_DATA = re.compile(
    r"\b(std|stdev|dev|error|err|setpoint|target|time|stamp|phase|excitation|status|code|min|max|number|position)\b"
)


def split_heading(heading: str) -> tuple[str, str]:
    """Name and unit of ``Temperature (K)``, ``T/K``, ``R [mOhm]`` or ``temperature_K``; the unit may be empty."""
    text = heading.strip().strip('"').strip()
    bracketed = re.fullmatch(r"(.*?)\s*[(\[{]\s*([^()\[\]{}]*?)\s*[)\]}]\s*", text)
    if bracketed:
        return bracketed[1].strip(), bracketed[2]
    slashed = re.fullmatch(r"([^/]+?)\s*/\s*([^/\s]+)", text)
    if slashed and not re.fullmatch(r"(?i)di\s*/\s*dv", text):
        return slashed[1], slashed[2]
    tail = re.fullmatch(r"(.+?)[_ ,]+(m?K|m?T|k?Oe|k?G|[mkuµμM]?[Oo]hms?|[mkuµμM]?Ω|[mu]?V|[mun]?S)", text)
    return (tail[1], tail[2]) if tail else (text, "")


def factor_to_si(quantity: Quantity, unit: str) -> float | None:
    """Factor to the SI unit of a quantity; None for a unit that is not one of it."""
    wanted = unit.strip().replace(" ", "")
    for base, size in _BASES[quantity].items():
        for prefix, power in _PREFIXES.items():
            spelled_out = len(base) > 2 and wanted[: len(prefix)] + wanted[len(prefix) :].lower() == prefix + base
            if wanted == prefix + base or spelled_out:
                return size * power
    return None


def is_resistivity(unit: str) -> bool:
    """Whether a unit is an ohm times a length."""
    return bool(re.fullmatch(r"(?i)[mkuµμn]?(ohm|Ω|Ω)s?[ -·*.]*(m|cm)", unit.strip()))


def name_of(heading: str) -> Quantity | None:
    """The quantity that a heading names; None for other columns and for errors, setpoints and the like."""
    name, unit = split_heading(heading)
    words = re.sub(r"[^0-9a-zµμ]+", " ", name.lower()).strip()
    if not words or _NOT_DATA.search(words):
        return None
    for pattern, quantity in _WORDS:
        if re.search(pattern, words):
            return quantity
    letter = words.split()[0]
    if letter in _LETTERS and len(words.split()) <= 2:
        return _LETTERS[letter] if unit or len(words) == 1 else None
    return None


def allowed_units(quantity: Quantity) -> str:
    """The units of a quantity, for messages."""
    shown = {
        "temperature": "K, mK", "field": "T, mT, Oe, kOe, G, kG", "resistance": "ohm, mohm, kohm, uohm",
        "hall": "ohm, mohm, kohm, uohm", "bias": "V, mV, uV", "conductance": "S, mS, uS, a.u.",
    }  # fmt: skip
    return shown[quantity]


def value_in_name(path: Path, quantity: Quantity) -> float | None:
    """``R_T_0.5T.dat`` holds 0.5 T, ``RB_2p5K.csv`` 2.5 K, ``hall_300mK.txt`` 0.3 K; None without just one."""
    units = {"field": ("mT", "T", "kOe", "Oe", "kG", "G"), "temperature": ("mK", "K")}[quantity]
    found = set()
    for unit in units:
        for match in re.finditer(rf"(?<![A-Za-z0-9.]){_NUMBER}[ _]?{unit}(?![A-Za-z0-9])", path.stem):
            number = float(re.sub("[,p]", ".", match[1]))
            found.add(number * (factor_to_si(quantity, unit) or 1.0))
    return found.pop() if len(found) == 1 else None
