"""The latest readings in one line, each in the unit that suits it."""

from collections.abc import Callable, Mapping

#: Four decimals of these; a reading above the largest is still in the first.
_OHM = ((1e-6, "MΩ"), (1e-3, "kΩ"), (1.0, "Ω"), (1e3, "mΩ"), (1e6, "µΩ"))
_AMPERE = ((1e3, "mA"), (1e6, "µA"), (1e9, "nA"), (1e12, "pA"))
_VOLT = ((1.0, "V"), (1e3, "mV"), (1e6, "µV"))
#: Up to here ohms are written as such: what is watched is how the last digits change.
_PLAIN_OHM = 1e5
#: A temperature below this many kelvin is in millikelvin.
_COLD_K = 1.0


def readings_text(readings: Mapping[str, float]) -> str:
    """``T 5.1234 K   B 0.1000 T   R 50.1000 mΩ``: known columns in a fixed order, without those that are NaN."""
    shown = [(name, how, readings[column]) for column, name, how in _SHOWN if column in readings]
    # NaN: the read-out has no such component; of the resistance that is worth a dash
    return "   ".join(f"{name} {how(value) if value == value else '–'}" for name, how, value in shown
                      if value == value or name == "R")  # fmt: skip


def resistance(value_ohm: float) -> str:
    """Four decimals below the unit that suits it."""
    scales = _OHM[2:] if abs(value_ohm) < _PLAIN_OHM else _OHM
    for factor, unit in scales:
        if abs(value_ohm) * factor >= 1.0:
            return f"{value_ohm * factor:.4f} {unit}"
    return f"{value_ohm * 1e6:.3f} µΩ"


def _temperature(value_K: float) -> str:
    return f"{1e3 * value_K:.2f} mK" if 0 < value_K < _COLD_K else f"{value_K:.4f} K"


def _field(value_T: float) -> str:
    return f"{value_T:.4f} T"


def _percent(value: float) -> str:
    return f"{value:.1f} %"


def _gate(value_V: float) -> str:
    return f"{value_V:.2f} V"


def _current(value_A: float) -> str:
    return _prefixed(value_A, _AMPERE)


def _voltage(value_V: float) -> str:
    return _prefixed(value_V, _VOLT)


def _prefixed(value: float, scales: tuple[tuple[float, str], ...]) -> str:
    """Three decimals at most, in the first unit in which it is at least one."""
    for factor, unit in scales:
        if abs(value) * factor >= 1.0:
            return f"{value * factor:.4g} {unit}"
    factor, unit = scales[-1]
    return f"{value * factor:.2g} {unit}"


_SHOWN: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("temperature_K", "T", _temperature),
    ("field_T", "B", _field),
    ("gate_V", "Vg", _gate),
    ("leakage_A", "leak", _current),
    ("bias_V", "V", _voltage),
    ("resistance_ohm", "R", resistance),
    ("modulation_V", "mod.", _voltage),
    ("heater_percent", "heater", _percent),
)
