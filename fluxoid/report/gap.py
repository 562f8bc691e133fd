"""The gap against temperature and against field, with the laws that describe it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import FloatArray
from analysis.findings import Finding, Verdict
from analysis.models import bcs
from analysis.spectroscopy.across import FIELD_SHAPES
from fluxoid import notation
from fluxoid.report import style
from fluxoid.report.data import ReportData, number, verdict_words

_POINTS = {"ls": "none", "marker": "o", "ms": 4, "mew": 0.9, "elinewidth": 0.8, "zorder": 3, "clip_on": False}
_LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
PARABOLA = "parabolic"
_COLOURS = ("#000000", "#0072B2", "#009E73", "#CC79A7", "#E69F00")


def against_temperature(target: FigureBase, data: ReportData, title: str) -> None:
    """Gaps in the lowest field, with the BCS curve of the findings and its band."""
    axes = style.panel(target, title)
    gaps = [f for f in data.findings if f.quantity == "gap"]
    known = [f for f in gaps if f.value is not None] or gaps
    lowest = min((abs(_at(f, "field_T")) for f in known), default=0.0)
    _points(axes, [f for f in gaps if abs(_at(f, "field_T")) <= lowest + 1e-9], "temperature_K")
    zero, closes, ratio = (data.find(name) for name in ("gap_zero", "Tc_gap", "gap_ratio_2Delta_kTc"))
    words = _bcs(axes, zero, closes)
    if words and ratio is not None and ratio.value is not None:
        words.append(f"{_equation(ratio)} (BCS: 3.53)")
    if zero is not None and zero.verdict is not Verdict.GOOD:
        words.append(verdict_words(zero))
    _frame(axes, style.TEMPERATURE, _held(lowest, "T"), words)


def _bcs(axes: Axes, zero: Finding | None, closes: Finding | None) -> list[str]:
    if zero is None or closes is None or not zero.value or not closes.value:
        return []
    grid = np.linspace(0.0, 1.0, 400) ** 0.5 * closes.value  # dense where the curve is steep
    y = bcs.gap(grid, zero.value, closes.value)
    wider = np.linspace(0.0, closes.value + (closes.error or 0.0), 400)
    centre = bcs.gap(wider, zero.value, closes.value)
    moved = bcs.gap(wider, zero.value, closes.value + (closes.error or 0.0)) - centre
    error = np.hypot((zero.error or 0.0) * centre / zero.value, moved)
    axes.fill_between(wider, centre - error, centre + error, color="0.4", alpha=0.3, lw=0)
    axes.plot(grid, y, color=style.FIT, lw=1.0, label="BCS fit, band: ±1 standard error")
    return [_equation(zero), _equation(closes)]


def _equation(finding: Finding) -> str:
    number_text = style.formula(notation.value_text(finding))
    return f"${notation.formula(finding.quantity)} = {number_text}$ {notation.unit_of(finding)}".rstrip()


def against_field(target: FigureBase, data: ReportData, title: str) -> None:
    """Gaps at the lowest temperature, with every law that the findings accept; the others are named."""
    axes = style.panel(target, title)
    coldest, cold = _coldest([f for f in data.findings if f.quantity == "gap"])
    _points(axes, cold, "field_T")
    laws = [f for f in data.findings if f.quantity == "gap_critical_field"]
    accepted = [f for f in laws if f.value is not None and f.method in FIELD_SHAPES]
    rejected = [f.method for f in laws if f.verdict is Verdict.MODEL_REJECTED]
    for index, law in enumerate(accepted):
        _law(axes, law, cold, index)
    if accepted and all(law.method != PARABOLA for law in accepted):
        _compared(axes, accepted[0], cold)
    words = [f"Rejected: {'; '.join(rejected)}"] if rejected else []
    if laws and not accepted:
        words = [verdict_words(laws[0])] if len({f.reason for f in laws}) == 1 else [*words, "No law describes it."]
    words += [verdict_words(f) for f in accepted if f.verdict is Verdict.PROVISIONAL][:1]
    _frame(axes, r"$|B|$ (T)", _held(coldest, "K"), words)


def _law(axes: Axes, law: Finding, gaps: list[Finding], index: int) -> None:
    field, values, errors = _columns(gaps, "field_T")
    if law.value is None or not field.size:
        return
    grid = np.linspace(0.0, law.value, 400)
    height = field_height(law, field, values, errors)
    label = f"{law.method} fit, {_equation(law)}"
    axes.plot(
        grid,
        height * FIELD_SHAPES[law.method](grid / law.value),
        color=_COLOURS[index % len(_COLOURS)],
        ls=_LINES[index % len(_LINES)],
        lw=1.0,
        label=label,
    )


def _compared(axes: Axes, law: Finding, gaps: list[Finding]) -> None:
    """The parabola of the same height and critical field, which the findings do not accept."""
    field, values, errors = _columns(gaps, "field_T")
    if not law.value or not field.size:
        return
    grid = np.linspace(0.0, law.value, 200)
    height = field_height(law, field, values, errors)
    label = r"$\mathrm{1-(}B/B_{\mathrm{c}}\mathrm{)^2}$ for comparison"
    axes.plot(grid, height * FIELD_SHAPES[PARABOLA](grid / law.value), color="0.6", lw=1.0, ls=":", label=label)


def field_height(law: Finding, field: FloatArray, values: FloatArray, errors: FloatArray) -> float:
    """Gap in zero field that fits best with the critical field of the finding: linear least squares."""
    shape = FIELD_SHAPES[law.method](field / law.value) if law.value else np.zeros_like(field)
    weights = 1.0 / errors**2
    power = float(np.sum(weights * shape**2))
    return float(np.sum(weights * shape * values)) / power if power > 0 else 0.0


def _points(axes: Axes, gaps: list[Finding], condition: str) -> None:
    """Gaps with their errors, open where provisional; crosses at zero where there is none."""
    for verdict, label, fill in (
        (Verdict.GOOD, "gap", style.CRITERION_COLOURS["onset"]),
        (Verdict.PROVISIONAL, "gap, provisional", "white"),
    ):
        x, y, error = _columns([f for f in gaps if f.verdict is verdict], condition)
        if x.size:
            colour = style.CRITERION_COLOURS["onset"]
            axes.errorbar(x, y, yerr=error, color=colour, mfc=fill, label=label, **_POINTS)  # type: ignore[arg-type]  # stubs want literals
    without = [
        (Verdict.MODEL_REJECTED, "x", style.TRUTH, "model rejected"),
        (Verdict.NOT_ENOUGH_DATA, "|", "0.4", "no gap to tell"),
    ]
    for verdict, marker, colour, label in without:
        at = [abs(_at(f, condition)) for f in gaps if f.value is None and f.verdict is verdict]
        if at:
            axes.plot(
                at,
                [0.0] * len(at),
                ls="none",
                marker=marker,
                ms=6,
                color=colour,
                label=label,
                clip_on=False,
                zorder=4,
            )


def gaps_in_field(data: ReportData) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sizes of the field (T), gaps and their errors (meV) at the lowest temperature that has gaps."""
    return _columns(_coldest([f for f in data.findings if f.quantity == "gap"])[1], "field_T")


def _coldest(gaps: list[Finding]) -> tuple[float, list[Finding]]:
    """The lowest temperature with a gap that is known, and the gaps at it."""
    known = [f for f in gaps if f.value is not None] or gaps
    coldest = min((_at(f, "temperature_K") for f in known), default=0.0)
    return coldest, [f for f in gaps if _at(f, "temperature_K") <= 1.02 * coldest + 1e-3]


def _columns(gaps: list[Finding], condition: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = [(abs(_at(f, condition)), f.value, f.error) for f in gaps if f.value is not None and f.error]
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _at(finding: Finding, condition: str) -> float:
    return number(finding.conditions.get(condition)) or 0.0


def _held(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".replace("-", "−")


def _frame(axes: Axes, abscissa: str, held: str, words: list[str]) -> None:
    axes.set_xlabel(abscissa)
    axes.set_ylabel(f"${notation.formula('gap')}$ (meV)")
    axes.set_title(held, loc="right", fontsize=7.5)
    axes.set_xlim(0, 1.02 * axes.dataLim.x1 if axes.dataLim.x1 > 0 else 1)
    if axes.dataLim.y1 > 0:
        axes.set_ylim(bottom=0)
        style.legend(axes, "lower left", "\n".join(words))
    else:  # crosses alone: an axis of energies would say something that is not there
        axes.set_ylim(0, 1)
        axes.set_yticks([])
        style.note(axes, "No spectrum has a gap to tell.", "center center")
        style.legend(axes, "upper right", "\n".join(words))
