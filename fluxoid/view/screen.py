"""The live screen as text: a status in, lines out."""

from collections.abc import Mapping, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.verdicts import COLOURS
from fluxoid.view.status import RunStatus

#: Most wanted first; a quantity that is not listed comes after them.
IMPORTANCE = (
    "exponent_q",
    "Tc_taff",
    "T_cross",
    "inverse_slope_lnR0_U0",
    "U0_exponent_low",
    "U0_exponent_high",
    "U0_exponent",
    "U0_crossover_field",
    "U0_beta",
    "U0_gamma",
    "U0_kramer_field",
    "carrier_density",
    "hall_coefficient",
    "zero_resistance_field",
)
CURVE_IMPORTANCE = ("activation_energy", "Tc_mid", "Tc_onset", "Tc_zero", "transition_width", "normal_resistance")
READINGS = ("temperature_K", "field_T", "resistance_ohm", "heater_percent")
_NAMES = {"temperature_K": "T", "field_T": "B", "resistance_ohm": "R", "heater_percent": "heater"}
EVENTS_SHOWN = 3
EVENT_COLOURS = {"WARNING": "yellow", "ERROR": "bold red"}
#: Lines of the screen that are neither events nor findings.
FIXED_LINES = 10


def screen(status: RunStatus, readings: Mapping[str, float], speed: float | None, size: tuple[int, int]) -> Group:
    """Everything on one screen of (columns, rows); what does not fit is left out from the end of the findings.

    ``speed`` is cryostat time over real time in a dry run.
    """
    columns, rows = size
    events = latest_events(status.events)
    room = max(1, rows - FIXED_LINES - max(len(events), 1))
    return Group(
        _line(status.title, "bold"),
        _line(_place(status), ""),
        _line(f"now: {status.phase}" if status.phase else "", ""),
        _progress(status, columns),
        _line(_times(status, speed), "dim"),
        _line(""),
        _readings(readings),
        _line(""),
        *[_event(text) for text in events or ["no events yet"]],
        _line(""),
        *_findings(status.findings, status.curve_name, room, columns),
    )


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _place(status: RunStatus) -> str:
    return f"curve {status.curve_index + 1} of {status.curves_total}: {status.curve_name}"


def _progress(status: RunStatus, columns: int) -> Text:
    share = min(1.0, status.elapsed_s / status.expected_s) if status.expected_s > 0 else 0.0
    width = max(10, columns - 6)
    done = round(share * width)
    return Text.assemble(("━" * done, "green"), ("─" * (width - done), "dim"), f" {share:4.0%}")


def _times(status: RunStatus, speed: float | None) -> str:
    text = f"{notation.duration(status.elapsed_s)} on the cryostat"
    if status.expected_s > status.elapsed_s:
        text += f", {notation.duration(status.expected_s - status.elapsed_s)} left"
    elif status.elapsed_s - status.expected_s >= 60 and status.expected_s > 0:
        text += f", {notation.duration(status.elapsed_s - status.expected_s)} more than expected"
    if status.virtual:
        text += "; dry run" + (f" at {speed:,.0f} times real time" if speed else "")
    return text


def _readings(readings: Mapping[str, float]) -> Text:
    parts = [f"{_NAMES[name]} {_reading(name, readings[name])}" for name in READINGS if name in readings]
    return _line("    ".join(parts) or "no readings yet", "bold")


def _reading(name: str, value: float) -> str:
    if value != value:  # NaN: the read-out has no such component
        return "–"
    if name == "temperature_K":
        return f"{value:.4f} K"
    if name == "field_T":
        return f"{value:.4f} T"
    if name == "heater_percent":
        return f"{value:.1f} %"
    return resistance(value)


def resistance(value_ohm: float) -> str:
    """Four decimals below the unit that suits it."""
    for factor, unit in ((1.0, "Ω"), (1e3, "mΩ"), (1e6, "µΩ")):
        if abs(value_ohm) * factor >= 1.0:
            return f"{value_ohm * factor:.4f} {unit}"
    return f"{value_ohm * 1e6:.3f} µΩ"


def latest_events(events: Sequence[str]) -> list[str]:
    """The last few events, oldest first; the last one that needs attention stays among them."""
    latest = list(events)[-EVENTS_SHOWN:]
    urgent = [text for text in events if _level(text)]
    return latest if not urgent or urgent[-1] in latest else [urgent[-1], *latest[1:]]


def _level(text: str) -> str:
    first = text.split(":")[0]
    return first if first in EVENT_COLOURS else ""


def _event(text: str) -> Text:
    return _line(f"· {text}", EVENT_COLOURS.get(_level(text), "dim"))


def _findings(findings: Sequence[Finding], curve: str, room: int, columns: int) -> list[Text | Table]:
    chosen = important(findings, curve)
    if not chosen:
        return [_line("no findings yet", "dim")]
    rows = chosen[: max(1, room - 1)]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), width=columns)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for finding in rows:
        table.add_row(_name(finding), notation.value_text(finding, with_unit=True), _verdict(finding))
    left = len(findings) - len(rows)
    return [table, _line(f"and {left} more findings" if left else "", "dim")]


def important(findings: Sequence[Finding], curve: str) -> list[Finding]:
    """What a person wants to see first: across curves, then of the present curve, then of earlier ones."""
    ranked = [(rank, -index, f) for index, f in enumerate(findings) if (rank := _rank(f, curve)) is not None]
    return [finding for *_, finding in sorted(ranked, key=lambda entry: entry[:2])]


def _rank(finding: Finding, curve: str) -> tuple[int, int] | None:
    if finding.quantity in IMPORTANCE:
        # a model that has too few curves yet is no news
        waiting = finding.verdict is Verdict.NOT_ENOUGH_DATA
        return (4 if waiting else 0), IMPORTANCE.index(finding.quantity)
    if finding.quantity not in CURVE_IMPORTANCE or finding.value is None:
        return None
    place = CURVE_IMPORTANCE.index(finding.quantity)
    if curve in finding.curves:
        return 1, place
    return (2 if place == 0 else 3), 0


def _name(finding: Finding) -> str:
    field = finding.conditions.get("field_T")
    return notation.symbol(finding.quantity) + (
        "" if field is None or isinstance(field, str) else f" at {field:g} T"
    )


def _verdict(finding: Finding) -> Text:
    text = str(finding.verdict) + (f": {finding.reason}" if finding.reason else "")
    return Text(text, style=COLOURS[finding.verdict], no_wrap=True, overflow="ellipsis")
