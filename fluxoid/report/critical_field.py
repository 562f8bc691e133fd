"""The upper critical field from R(B) isotherms: against temperature, over the Pauli field, at zero temperature."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.report import style
from fluxoid.report.boundary import (
    LAWS,
    WHH,
    Boundary,
    at_one_gate,
    boundary_of,
    criterion_of,
    extrapolated,
    findings_named,
    missing_words,
    pauli_of,
    points_of,
    rank_of,
    tc_of,
)
from fluxoid.report.data import ReportData, gate_of, held, temperature_of, verdict_words

SLOPE = "orbital slope"
#: A curve that never rises above this share of the largest normal resistance says a bound of the field.
SUPERCONDUCTING = 0.01
_POINT: dict[str, Any] = {"ls": "none", "ms": 5, "mew": 0.9, "elinewidth": 0.8, "zorder": 4}


def against_temperature(target: FigureBase, data: ReportData, title: str) -> None:
    """Bc2(T) by one criterion: hollow where provisional, diamonds where extrapolated; a law through the points."""
    data = at_one_gate(data)
    axes = style.panel(target, title)
    criterion = criterion_of(data)
    points, boundary = points_of(data, criterion), boundary_of(data, criterion)
    _draw_points(axes, points, 1.0, 1.0)
    _bounds(axes, data, points)
    _draw_boundary(axes, boundary, 1.0, 1.0)
    tc = tc_of(data, boundary)
    if tc is not None:
        axes.plot([tc], [0.0], marker="o", ms=5, color=style.FIT, mfc="white", clip_on=False, zorder=4)
    pauli, words = pauli_of(data), _law_words(data, criterion, boundary)
    if pauli is not None and pauli.value is not None:
        text, top = rf"$B_{{\mathrm{{P}}}}$ = {pauli.value:.3g} T", _highest(points, boundary)
        if pauli.value < 2.0 * top or not top:
            axes.axhline(pauli.value, color="0.5", lw=0.9, ls="-.", label=text)
        else:
            words.append(f"{text}, far above")
    _truth(axes, data, criterion, points, (1.0, 1.0))
    axes.set_xlabel(style.TEMPERATURE)
    axes.set_ylabel(r"$B_{c\mathrm{2}}$ (T)")
    _frame(axes, data, criterion, words, bool(points))


def over_pauli_field(target: FigureBase, data: ReportData, title: str) -> None:
    """Bc2/B_P against T/Tc with the WHH curve; the line at one is the Pauli field."""
    data = at_one_gate(data)
    axes = style.panel(target, title)
    criterion = criterion_of(data)
    boundary, pauli = boundary_of(data, criterion), pauli_of(data)
    tc = tc_of(data, boundary)
    axes.set_xlabel(r"$T/T_{\mathrm{c}}$")
    axes.set_ylabel(r"$B_{c\mathrm{2}}/B_{\mathrm{P}}$")
    if pauli is None or pauli.value is None or tc is None:
        style.note(axes, "No Pauli field: Tc in zero field is not known.", "center center")
        return
    points = points_of(data, criterion)
    _draw_points(axes, points, tc, pauli.value)
    _draw_boundary(axes, boundary, tc, pauli.value)
    axes.axhline(1.0, color="0.5", lw=0.9, ls="-.", label=r"$B_{\mathrm{P}}$")
    _truth(axes, data, criterion, points, (tc, pauli.value))
    words = _parameter_words(data, criterion, boundary)
    words.append(rf"$B_{{\mathrm{{P}}}}$ = {notation.value_text(pauli, True)}")
    ratio = next((f for f in findings_named(data, "RRR") if f.value is not None), None)
    if ratio is not None:
        words.append(f"RRR = {notation.value_text(ratio)}")
    axes.set_xlim(0, 1.02)
    _frame(axes, data, criterion, words, bool(points))


def at_zero_temperature(target: FigureBase, data: ReportData, title: str) -> None:
    """Bc2(0) by WHH and by the slope at Tc alone, for every criterion."""
    data = at_one_gate(data)
    axes = style.panel(target, title)
    present = [c for c in ("zero", "mid", "90 %", "onset") if any(_at_zero(data, c))]
    for index, criterion in enumerate(present):
        laws, slope = _at_zero(data, criterion)
        _one_zero(axes, data, index, laws, "D", "#0072B2", laws.method if laws is not None else "")
        _one_zero(axes, data, index, slope, "s", "#D55E00", r"−0.69 $T_{\mathrm{c}}\;\mathrm{d}B/\mathrm{d}T$")
    axes.set_xticks(range(len(present)), [_SHARES.get(c, c) for c in present])
    axes.set_xlim(-0.5, max(len(present), 1) - 0.5)
    axes.set_xlabel("criterion, share of the normal resistance")
    axes.set_ylabel(r"$B_{c\mathrm{2}}(\mathrm{0})$ (T)")
    if not present:
        style.note(axes, "\n".join(missing_words(data)) or "No law of Bc2(T) has a number.", "center center")
        return
    low, high = axes.get_ylim()
    words = _difference_words(data, present)
    axes.set_ylim(max(0.0, low - 0.1 * (high - low)), high + (0.6 + 0.12 * len(words)) * (high - low))
    style.legend(axes, "upper left", "\n".join(words), width=60)


_SHARES = {"onset": "99 %", "90 %": "90 %", "mid": "50 %", "zero": "1 %"}


def _highest(points: list[Finding], boundary: Boundary | None) -> float:
    """The largest field that is drawn anyway."""
    known = [f.value for f in points if f.value is not None]
    return max([*known, *([float(boundary.at(np.zeros(1))[0])] if boundary is not None else [])], default=0.0)


def _draw_points(axes: Axes, points: list[Finding], tc_K: float, scale_T: float) -> None:
    colour = style.CRITERION_COLOURS["onset"]
    for rank, marker, fill, label in (
        (0, "o", colour, "measured"),
        (1, "o", "white", "measured, provisional"),
        (2, "D", "white", "EXTRAPOLATED beyond the magnet"),
    ):
        rows = [(held(f, "temperature_K"), f.value, f.error) for f in points if rank_of(f) == rank]
        if rows:
            t, b, error = np.array(rows, dtype=float).T
            shown = {**_POINT, "marker": marker, "mfc": fill}
            axes.errorbar(t / tc_K, b / scale_T, yerr=error / scale_T, color=colour, label=label, **shown)


def _draw_boundary(axes: Axes, boundary: Boundary | None, tc_K: float, scale_T: float) -> None:
    if boundary is None:
        return
    measured = np.linspace(boundary.coldest_K, boundary.tc_K, 200)
    axes.plot(
        measured / tc_K, boundary.at(measured) / scale_T, color=style.FIT, lw=1.0, label=f"{boundary.law} fit"
    )
    if boundary.coldest_K > 0:
        colder = np.linspace(0.0, boundary.coldest_K, 100)
        label = f"{boundary.law} fit, extrapolated"
        axes.plot(
            colder / tc_K, boundary.at(colder) / scale_T, color=style.FIT, lw=1.0, ls=(0, (2, 2)), label=label
        )


def _bounds(axes: Axes, data: ReportData, points: list[Finding]) -> None:
    """Isotherms that stay superconducting to the end of the sweep."""
    known = {held(f, "temperature_K") for f in points if not extrapolated(f)}
    highest = max((float(np.max(c.resistance_ohm)) for c in data.isotherms()), default=0.0)
    reached: dict[float, float] = {}
    for curve in data.isotherms():
        at = temperature_of(curve)
        if at not in known and float(np.max(np.abs(curve.resistance_ohm))) < SUPERCONDUCTING * highest:
            reached[at] = max(reached.get(at, 0.0), float(np.max(np.abs(curve.field_T))))
    if reached:
        axes.errorbar(
            np.array(list(reached)),
            np.array(list(reached.values())),
            yerr=0.04 * max(reached.values()),
            lolims=True,
            ls="none",
            marker="_",
            ms=6,
            color="0.45",
            elinewidth=0.8,
            label="zero resistance to the end",
            zorder=3,
        )


def _truth(axes: Axes, data: ReportData, criterion: str, points: list[Finding], scale: tuple[float, float]) -> None:
    named = findings_named(data, "Hc2", criterion)
    if data.truth is None or not named:
        return
    template = next((f for f in points if not extrapolated(f)), named[0])
    temperatures = {held(f, "temperature_K") for f in named}
    highest = max([t for t in temperatures if t is not None], default=0.0)
    tc = tc_of(data, boundary_of(data, criterion)) or highest
    grid = np.linspace(1e-3 * tc, 0.999 * tc, 60)
    values = [data.truth_of(template, temperature_K=float(t)) for t in grid]
    true = np.array([np.nan if value is None else value for value in values], dtype=float)
    if np.isfinite(true).any():
        axes.plot(
            grid / scale[0], true / scale[1], color=style.TRUTH, lw=0.9, ls=style.DASHED, label="truth", zorder=3
        )


def _law_words(data: ReportData, criterion: str, boundary: Boundary | None) -> list[str]:
    zero = [f for f in findings_named(data, "Bc2_0", criterion) if f.method in LAWS]
    if boundary is not None:
        mine = next(f for f in zero if f.method == boundary.law)
        words = [rf"$B_{{c\mathrm{{2}}}}$(0) = {notation.value_text(mine, True)}"]
        return [*words, "Bc2(0) is EXTRAPOLATED"] if "EXTRAPOLATED" in mine.reason else words
    return missing_words(data)


def _parameter_words(data: ReportData, criterion: str, boundary: Boundary | None) -> list[str]:
    if boundary is None:
        return missing_words(data)
    words = [] if not boundary.assumed else ["drawn without spin-orbit scattering"]
    free = {f.quantity: f for f in data.findings if f.method == WHH and f.conditions.get("criterion") == criterion}
    for quantity, name in (("maki_parameter", r"\alpha"), ("spin_orbit_scattering", r"\lambda_{\mathrm{so}}")):
        finding = free.get(quantity)
        if finding is not None and finding.value is not None:
            words.append(f"${name}$ = {notation.value_text(finding)}")
        elif finding is not None:
            words.append(f"{notation.symbol(quantity)}: {verdict_words(finding).split(';')[0]}")
    return words


def _frame(axes: Axes, data: ReportData, criterion: str, words: list[str], any_point: bool) -> None:
    gates = {f"{gate:g} V" for curve in data.isotherms() if (gate := gate_of(curve)) is not None}
    where = ", ".join([f"at {_SHARES[criterion]}", *gates])
    axes.set_title(where.replace("-", "−"), loc="right", fontsize=7.5)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    if not any_point:
        words = [*words, "No isotherm has an upper critical field."]
    low, high = axes.get_ylim()
    axes.set_ylim(low, 1.6 * high)
    style.legend(axes, "upper right", "\n".join(words))


def _at_zero(data: ReportData, criterion: str) -> tuple[Finding | None, Finding | None]:
    """Bc2(0) of the first law of WHH that has one, and of the slope alone."""
    with_number = {f.method: f for f in findings_named(data, "Bc2_0", criterion) if f.value is not None and f.error}
    law = next((with_number[name] for name in LAWS if name in with_number), None)
    return law, with_number.get(SLOPE)


def _one_zero(
    axes: Axes, data: ReportData, place: int, finding: Finding | None, marker: str, colour: str, label: str
) -> None:
    if finding is None or finding.value is None or finding.error is None:
        return
    known = axes.get_legend_handles_labels()[1]
    fill = "white" if finding.verdict is Verdict.PROVISIONAL else colour
    axes.errorbar([place], [finding.value], yerr=[finding.error], color=colour,
                  label="_" if label in known else label, **{**_POINT, "marker": marker, "mfc": fill})  # fmt: skip
    true = data.truth_of(finding)
    if true is not None:
        told = "_" if "truth" in known else "truth"
        axes.plot([place - 0.2, place + 0.2], [true, true], color=style.TRUTH, lw=0.9, ls=style.DASHED, label=told)


def _difference_words(data: ReportData, present: list[str]) -> list[str]:
    shown = [one for criterion in present for one in _at_zero(data, criterion) if one is not None]
    some = any(one.verdict is Verdict.PROVISIONAL for one in shown)
    words = ["hollow: provisional (extrapolated to T = 0)"] if some else []
    for finding in findings_named(data, "Bc2_0_difference"):
        if finding.conditions.get("criterion") in present and finding.method == f"{WHH} less {SLOPE}":
            criterion = _SHARES[str(finding.conditions["criterion"])]
            told = finding.reason.split(";")[0].split(":")[0]
            words.append(f"difference at {criterion}: {notation.value_text(finding, True)}, {told}")
    return words
