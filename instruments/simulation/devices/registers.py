"""What registers of Keithley's instruments are written with."""

from instruments.simulation.wire import illegal_value, parse_float


def on_or_off(text: str) -> str:
    """``1`` or ``0`` for ON, OFF or a number."""
    value = {"ON": "1", "OFF": "0", "1": "1", "0": "0"}.get(text.upper())
    if value is None:
        raise illegal_value()
    return value


def number_text(text: str) -> str:
    """A number as it will be read back; INF allowed."""
    return f"{parse_float(text, -9.9e37, 9.9e37, {'INF': 9.9e37, 'MIN': 0.0, 'DEF': 0.0}):.6E}"


def any_word(text: str) -> str:
    """A word in capitals."""
    return text.strip("'\"").upper()
