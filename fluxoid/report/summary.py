"""One page about a run for anybody with a browser: a single HTML file that needs nothing else."""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.findings_table import pull
from fluxoid.recording.record import RecordedCurve, RunRecord
from fluxoid.report.boundary import CRITERIA
from instruments.roles import ReadingFlag

Truth = Callable[[Finding], float | None]
NAME = "summary.html"
#: A quantity that was found more often than this is a series, and folded away behind the figures.
MOST_IN_FRONT = 6
#: Method and reason up to so many letters stand in the open.
LONGEST_REASON = 60

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --maybe: #9a6700;
  --none: #808080; --no: #c93c37; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; vertical-align: top; }
th, td { border-bottom: 1px solid var(--line); }
td.number { white-space: nowrap; } .wide { overflow-x: auto; }
.good { color: var(--good); } .provisional { color: var(--maybe); }
.not { color: var(--none); } .model { color: var(--no); }
.quiet { opacity: .75; } figure { margin: 0; } img { width: 100%; background: #fff; border-radius: 4px; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
summary { cursor: pointer; padding: .3rem 0; } .why summary { padding: 0; }
pre { overflow-x: auto; font-size: 12px; }
"""


def write_summary(record: RunRecord, pictures: Sequence[Path], out: Path, truth: Truth | None = None) -> Path:
    """Write the page into ``out`` and return its path; ``pictures`` are PNG files that it carries inside.

    Findings stand beside the truth where the sample was simulated; what was rejected has its own table, and so
    do the points that were flagged and the events that need attention.
    """
    path = out / NAME
    path.write_text("".join(_page(record, pictures, truth)), encoding="utf-8")
    return path


def _page(record: RunRecord, pictures: Sequence[Path], truth: Truth | None) -> Iterator[str]:
    title = escape(record.header.title)
    yield "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
    yield "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
    yield from _head(record)
    rejected = [f for f in record.findings if f.verdict is Verdict.MODEL_REJECTED]
    numbers = [f for f in record.findings if f.value is not None]
    lacking = [f for f in record.findings if f.value is None and f.verdict is not Verdict.MODEL_REJECTED]
    front, series = _in_front(numbers)
    yield from _section("What was found", _findings(front, truth))
    yield from _pictures(pictures)
    yield "<h2>Point by point</h2>"
    for quantity in sorted({f.quantity for f in series}):
        of_it = [f for f in series if f.quantity == quantity]
        yield from _folded(f"{notation.symbol(quantity)} ({len(of_it)})", _findings(of_it, truth))
    yield from _folded(f"Without a number ({len(lacking)})", _findings(lacking, truth))
    yield from _folded(f"Models that the data reject ({len(rejected)})", _findings(rejected, truth))
    troubled = [curve for curve in record.curves if not curve.complete or curve.flags.any()]
    yield from _section("Curves that are flagged or cut short", _curves(troubled))
    yield from _folded(f"All curves ({len(record.curves)})", _curves(record.curves))
    yield from _section("Events that need attention", _events(record))
    for name, text in record.header.files().items():
        yield from _folded(name, [f"<pre>{escape(text)}</pre>"])
    yield "</body></html>\n"


def _in_front(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What is said of the sample as a whole, then what was found a few times; and the series, point by point.

    Where a criterion makes several of one, that of the figures is in front.
    """
    criteria = {f.conditions.get("criterion") for f in findings if "temperature_K" not in f.conditions}
    drawn = next((criterion for criterion in CRITERIA if criterion in criteria), None)
    shown = [f for f in findings if f.conditions.get("criterion") in (None, drawn)]
    counts = Counter(f.quantity for f in shown if not _of_the_sample(f))
    whole = [f for f in shown if _of_the_sample(f)]
    few = [f for f in shown if not _of_the_sample(f) and counts[f.quantity] <= MOST_IN_FRONT]
    front = {id(f) for f in (*whole, *few)}
    return [*whole, *few], [f for f in findings if id(f) not in front]


def _of_the_sample(finding: Finding) -> bool:
    held = finding.conditions
    return not ("temperature_K" in held or "gate_V" in held or held.get("field_T"))


def _head(record: RunRecord) -> Iterator[str]:
    header = record.header
    started = datetime.fromtimestamp(record.start_unix_s, UTC).astimezone()
    simulated = f"simulated, seed {header.seed}" if header.simulated else "real instruments"
    points = sum(len(curve) for curve in record.curves)
    counts = Counter(finding.verdict for finding in record.findings)
    told = ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v]) or "none"
    reason = f": {record.reason}" if record.reason else ""
    yield f"<p class='quiet'>{escape(header.sample_name)} · {started:%Y-%m-%d %H:%M} · {escape(simulated)}</p>"
    size = f"{len(record.curves)} curves, {points} points; findings: {told}"
    yield f"<p>{escape(record.status + reason)}. {escape(size)}.</p>"
    if header.identities:
        who = [
            f"{escape(role.replace('_', ' '))}: {escape(f'{i.vendor} {i.model}, {i.serial}, {i.firmware}')}"
            for role, i in header.identities.items()
        ]
        yield from _folded("Instruments", ["<br>".join(who)])


def _findings(findings: Sequence[Finding], truth: Truth | None) -> Iterator[str]:
    if not findings:
        yield "<p class='quiet'>None.</p>"
        return
    known = [truth(f) if truth is not None and f.value is not None else None for f in findings]
    with_truth = any(value is not None for value in known)
    heads = ["Quantity", "Conditions", "Value", *(["Truth", "(value − truth)/error"] if with_truth else [])]
    yield _row([*heads, "Verdict", "Method and reason"], "th")
    for finding, true in zip(findings, known, strict=True):
        cells = [notation.symbol(finding.quantity), notation.conditions_text(finding)]
        cells.append(notation.value_text(finding, with_unit=True))
        if with_truth:
            cells += _truth_cells(finding, true)
        verdict = str(finding.verdict)
        shown = "".join(f"<td class='number'>{escape(cell)}</td>" for cell in cells)
        word = f"<td class='{verdict.split()[0]}'>{escape(verdict)}</td>"
        yield f"<tr>{shown}{word}<td>{_why(finding)}</td></tr>"


def _why(finding: Finding) -> str:
    """Method and reason; a long reason unfolds."""
    method, reason = escape(finding.method), escape(finding.reason)
    if len(finding.method) + len(finding.reason) <= LONGEST_REASON:
        return "; ".join(filter(None, (method, reason)))
    first, _, rest = reason.partition(";") if not method else (method, "", reason)
    return f"<details class='why'><summary>{first}</summary>{rest.strip()}</details>"


def _truth_cells(finding: Finding, true: float | None) -> list[str]:
    if true is None or finding.error is None:
        return ["", ""]
    scale = notation.scale_of(finding)
    distance = pull(finding, true)
    shown = notation.plain_like(scale * true, scale * finding.error)
    return [shown, "" if distance is None else f"{distance + 0.0:+.1f}".replace("-0.0", "+0.0").replace("-", "−")]


def _curves(curves: Sequence[RecordedCurve]) -> Iterator[str]:
    if not curves:
        yield "<p class='quiet'>None.</p>"
        return
    yield _row(["Curve", "Kind", "Points", "Flagged", "Ended"], "th")
    for curve in curves:
        flagged = [
            f"{count} {str(flag.name).lower().replace('_', ' ')}"
            for flag in ReadingFlag
            if (count := int((curve.flags & flag.value != 0).sum()))
        ]
        cells = [curve.info.name, curve.info.kind, str(len(curve)), ", ".join(flagged) or "none"]
        yield _row([*cells, "complete" if curve.complete else "cut short"])


def _events(record: RunRecord) -> Iterator[str]:
    serious = [event for event in record.events if event.level in ("warning", "error")]
    if not serious:
        yield "<p class='quiet'>None.</p>"
        return
    yield _row(["Time", "Level", "Event"], "th")
    for event in serious:
        yield _row([notation.duration(event.time_s), event.level, event.text])


def _pictures(pictures: Sequence[Path]) -> Iterator[str]:
    if pictures:
        yield "<h2>Figures</h2><div class='figures'>"
    for path in pictures:
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        name = escape(path.stem.replace("_", " "))
        yield f"<figure><img alt='{name}' src='data:image/png;base64,{data}'></figure>"
    if pictures:
        yield "</div>"


def _section(title: str, content: Iterable[str]) -> Iterator[str]:
    yield f"<h2>{escape(title)}</h2>"
    yield from _wide(content)


def _folded(title: str, content: Iterable[str]) -> Iterator[str]:
    yield f"<details><summary>{escape(title)}</summary>"
    yield from _wide(content)
    yield "</details>"


def _wide(content: Iterable[str]) -> Iterator[str]:
    """Rows become a table that scrolls by itself where it is too wide; anything else stays as it is."""
    parts = list(content)
    table = bool(parts) and parts[0].startswith("<tr>")
    yield "<div class='wide'>" + ("<table>" if table else "")
    yield from parts
    yield ("</table>" if table else "") + "</div>"


def _row(cells: Sequence[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
