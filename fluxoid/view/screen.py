"""The live screen as text: a status in, lines out."""

from collections.abc import Mapping, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from analysis.findings import Finding
from fluxoid import notation
from fluxoid.verdicts import COLOURS
from fluxoid.view.ranking import important
from fluxoid.view.readings import readings_text
from fluxoid.view.status import RunStatus

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
    return _line(readings_text(readings) or "no readings yet", "bold")


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


def _name(finding: Finding) -> str:
    places = [
        f"{value:.4g} {unit}"
        for name, unit in (("field_T", "T"), ("temperature_K", "K"), ("gate_V", "V"))
        if isinstance(value := finding.conditions.get(name), (int, float))
    ]
    if "criterion" in finding.conditions:
        places.append(str(finding.conditions["criterion"]))
    return notation.symbol(finding.quantity) + (f" at {', '.join(places)}" if places else "")


def _verdict(finding: Finding) -> Text:
    text = str(finding.verdict) + (f": {finding.reason}" if finding.reason else "")
    return Text(text, style=COLOURS[finding.verdict], no_wrap=True, overflow="ellipsis")
