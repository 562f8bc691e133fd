"""What the gate does: transitions, Tc and carriers, the Pauli field, a sweep up and down, and leakage."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from analysis.curves import Curve, FloatArray
from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.report import style
from fluxoid.report.data import ReportData, evenly, field_of, gate_of, held, temperature_of, verdict_words

_POINT: dict[str, Any] = {"ls": "none", "ms": 4.5, "mew": 0.9, "elinewidth": 0.8, "zorder": 3}
_LEFT, _RIGHT = "#0072B2", "#B4503C"
DENSITIES = ("sheet_density", "carrier_density")
#: Pairs of sweeps up and down that one figure holds.
MOST_PAIRS = 4


def transitions(target: FigureBase, data: ReportData, title: str) -> None:
    """R(T) in zero field over the resistance at the warm end, a colour per gate voltage."""
    axes = style.panel(target, title)
    pairs = [(field, curve) for field, curve in data.transitions() if gate_of(curve) is not None]
    lowest = min(abs(field) for field, _ in pairs)
    curves = sorted((c for field, c in pairs if abs(field) == lowest), key=lambda c: gate_of(c) or 0.0)
    colours = style.field_colours(list(dict.fromkeys(gate_of(c) or 0.0 for c in curves)))
    label, warm = "truth (simulated sample)", 0.0
    for curve in curves:
        gate = gate_of(curve) or 0.0
        warm, scale = _at_warm_end(curve)
        axes.plot(curve.temperature_K, curve.resistance_ohm / scale, color=colours[gate], lw=1.2)
        true = _law(data, curve, lowest, gate)
        if true is not None:
            axes.plot(*true, color=style.TRUTH, lw=0.6, ls=style.DASHED, label=label)
            label = "_"
    axes.axhline(0.5, color="0.7", lw=0.6, ls=":", zorder=0)
    axes.set_xlabel(style.TEMPERATURE)
    axes.set_ylabel(f"$R$/$R$({warm:.2g} K)")
    axes.set_title(f"{lowest:.4g} T", loc="right", fontsize=7.5)
    style.field_bar(target, axes, colours, style.GATE)
    style.legend(axes, "lower right")


def _at_warm_end(curve: Curve) -> tuple[float, float]:
    """Warmest temperature, and the mean resistance of the warmest twentieth of the points."""
    order = np.argsort(curve.temperature_K, kind="stable")[-max(1, len(curve) // 20) :]
    return float(curve.temperature_K[order[-1]]), float(np.mean(curve.resistance_ohm[order])) or 1.0


def _law(data: ReportData, curve: Curve, field: float, gate: float) -> tuple[FloatArray, FloatArray] | None:
    if data.law is None:
        return None
    grid = np.linspace(curve.temperature_K.min(), curve.temperature_K.max(), 300)
    true = data.law("R(T)", grid, field, gate_V=gate)
    return None if true is None else (grid, true / true[-1])


def tc_and_density(target: FigureBase, data: ReportData, title: str) -> None:
    """Tc at 50 % on the left axis, carriers on the right, against the gate voltage."""
    axes = style.panel(target, title)
    critical, density = at_gates(data, "Tc_mid"), _densities(data)
    words = []
    for found, where, colour, marker, label in (
        (critical, axes, _LEFT, "o", r"$T_{\mathrm{c}}$ (K), 50 %"),
        (density, axes.twinx() if density else axes, _RIGHT, "s", _density_label(density)),
    ):
        if not found:
            words.append(f"{label}: {_why(data, 'Tc_mid' if found is critical else DENSITIES[0])}")
            continue
        scale, power = _scaled(found) if marker == "s" else (1.0, "")
        _against_gate(where, data, found, scale, (colour, marker))
        where.set_ylabel(label + power, color=colour)
        where.tick_params(axis="y", colors=colour)
        low, high = where.get_ylim()
        where.set_ylim(low, high + 0.3 * (high - low))
    words += _slopes(data)
    axes.set_xlabel(style.GATE)
    style.note(axes, "\n".join(words), "upper center", 52)


def _densities(data: ReportData) -> dict[float, Finding]:
    return next((found for name in DENSITIES if (found := at_gates(data, name))), {})


def _density_label(found: dict[float, Finding]) -> str:
    unit = next((f.unit for f in found.values()), "1/m^2")
    return rf"$n$ (m$^{{\mathrm{{-{unit[-1]}}}}}$)"


def _scaled(found: dict[float, Finding]) -> tuple[float, str]:
    """A power of ten that leaves numbers between 1 and 10, and how the label says so."""
    largest = max(abs(f.value) for f in found.values() if f.value is not None)
    exponent = int(np.floor(np.log10(largest))) if largest > 0 else 0
    return 10.0**-exponent, rf" / $\mathrm{{10}}^{{\mathrm{{{exponent}}}}}$"


def _against_gate(
    axes: Axes, data: ReportData, found: dict[float, Finding], scale: float, look: tuple[str, str]
) -> None:
    colour, marker = look
    for hollow in (False, True):
        rows = [
            (gate, f.value, f.error) for gate, f in found.items() if (f.verdict is Verdict.PROVISIONAL) is hollow
        ]
        if rows:
            g, v, e = np.array(rows, dtype=float).T
            fill = {"mfc": "white" if hollow else colour, "marker": marker}
            axes.errorbar(g, scale * v, yerr=scale * e, color=colour, **{**_POINT, **fill})
    gates = np.linspace(min(found), max(found), 77)
    template = next(iter(found.values()))
    values = [data.truth_of(template, gate_V=float(gate)) for gate in gates]
    true = np.array([np.nan if value is None else value for value in values], dtype=float)
    if np.isfinite(true).any():
        axes.plot(gates, scale * true, color=style.TRUTH, lw=0.8, ls=style.DASHED, zorder=2)


def at_gates(data: ReportData, quantity: str) -> dict[float, Finding]:
    """Findings with a number in the lowest field, by gate voltage."""
    named = [f for f in data.findings if f.quantity == quantity and f.value is not None and f.error is not None]
    lowest = min((abs(held(f, "field_T") or 0.0) for f in named), default=0.0)
    by_gate = {}
    for finding in named:
        gate = held(finding, "gate_V")
        if gate is not None and abs(held(finding, "field_T") or 0.0) == lowest:
            by_gate[gate] = finding
    return dict(sorted(by_gate.items()))


def _why(data: ReportData, quantity: str) -> str:
    named = [f for f in data.findings if f.quantity == quantity and "gate_V" in f.conditions]
    return verdict_words(named[0]) if named else "not measured"


def _slopes(data: ReportData) -> list[str]:
    words = []
    for quantity, name in (("Tc_gate_slope", r"$T_{\mathrm{c}}$"), ("carrier_density_gate_slope", "$n$")):
        finding = data.find(quantity)
        if finding is None:
            continue
        told = finding.reason.split(";")[-1].split(",")[0].strip()
        text = f"{notation.value_text(finding, True)}" if finding.value is not None else verdict_words(finding)
        words.append(f"{name} {told}: {text}" if finding.value is not None else f"{name}: {text}")
    return words or ["dashed: truth (simulated sample)"][: int(data.truth is not None)]


def pauli_field(target: FigureBase, data: ReportData, title: str) -> None:
    """The Pauli field of every gate voltage, with the field of the resistance peak where one was found."""
    axes = style.panel(target, title)
    found = at_gates(data, "pauli_field")
    axes.set_xlabel(style.GATE)
    axes.set_ylabel(r"$B_{\mathrm{P}}$ (T)")
    if not found:
        style.note(axes, f"No Pauli field: {_why(data, 'Tc_mid')}", "center center")
        return
    _against_gate(axes, data, found, 1.0, (_LEFT, "o"))
    peak = next(
        (f for f in data.findings if f.quantity == "resistance_peak_field" and "across" in f.conditions), None
    )
    if peak is not None and peak.value is not None and peak.error is not None:
        axes.axhspan(peak.value - peak.error, peak.value + peak.error, color=style.MARK, alpha=0.4, lw=0)
        axes.axhline(peak.value, color=style.MARK, lw=1.0, label="resistance peak")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))
    fields = [f.value for f in found.values() if f.value is not None]
    words = f"{min(fields):.3g} to {max(fields):.3g} T"
    style.legend(axes, "upper right", rf"$B_{{\mathrm{{P}}}}$ = 1.86 T/K $T_{{\mathrm{{c}}}}$: {words}")


def pairs(data: ReportData) -> list[tuple[Curve, Curve]]:
    """Sweeps up and down at one temperature and field."""
    found: dict[tuple[float, float], dict[str, Curve]] = {}
    for curve in data.gate_sweeps():
        gate = curve.columns["gate_V"]
        direction = str(curve.info.conditions.get("direction", "up" if gate[-1] >= gate[0] else "down"))
        found.setdefault((temperature_of(curve), field_of(curve)), {}).setdefault(direction, curve)
    return [(both["up"], both["down"]) for both in found.values() if {"up", "down"} <= set(both)]


def hysteresis(target: FigureBase, data: ReportData, title: str) -> None:
    """R(Vg) up and down."""
    axes = style.panel(target, title)
    chosen = evenly(pairs(data), MOST_PAIRS)
    factor, unit = style.ohm_scale(np.concatenate([curve.resistance_ohm for pair in chosen for curve in pair]))
    shades = style.field_colours([float(index) for index in range(len(chosen))])
    for index, (up, down) in enumerate(chosen):
        held_at = f"{temperature_of(up):.3g} K, {field_of(up):.3g} T"
        for curve, marker, word in ((up, "^", "up"), (down, "v", "down")):
            axes.plot(curve.columns["gate_V"], factor * curve.resistance_ohm, color=shades[float(index)], lw=0.9,
                      ls="-" if word == "up" else "--", marker=marker, ms=3, mew=0.7, label=f"{word}, {held_at}",
                      mfc=shades[float(index)] if word == "up" else "white")  # fmt: skip
    named = [f for f in data.findings if f.quantity == "gate_hysteresis"]
    named.sort(key=lambda f: (f.value is None, "across" not in f.conditions))
    words = "No hysteresis was worked out."
    if named and named[0].value is not None:
        words = f"shift {notation.value_text(named[0], True)}: {named[0].reason.split(';')[0]}"
    elif named:
        words = verdict_words(named[0])
    axes.set_xlabel(style.GATE)
    axes.set_ylabel(f"$R$ ({unit})")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.3 * (high - low))
    style.legend(axes, "upper left", words)


def leakage(target: FigureBase, data: ReportData, title: str) -> None:
    """The size of the leakage current at every point of every sweep, and the limit at which the gate trips."""
    axes = style.panel(target, title)
    curves = [curve for curve in data.gate_sweeps() if "leakage_A" in curve.columns]
    gate = np.concatenate([curve.columns["gate_V"] for curve in curves])
    current = np.abs(np.concatenate([curve.columns["leakage_A"] for curve in curves]))
    limit = data.leakage_limit_A
    shown = current[current > 0]
    least = float(np.min(shown)) if shown.size else 1e-12
    scale, unit = style.scale_of(limit or float(np.max(current, initial=0.0)), "A")
    axes.plot(gate, scale * np.maximum(current, least), ls="none", marker=".", ms=3, mew=0, color=_LEFT, alpha=0.5,
              rasterized=True, label=f"{gate.size} readings of {len(curves)} sweeps")  # fmt: skip
    axes.set_yscale("log")
    if limit is not None:
        axes.axhline(
            scale * limit, color=style.TRUTH, lw=1.0, label=f"limit of the station, {scale * limit:.3g} {unit}"
        )
    largest = float(np.max(current, initial=0.0))
    small, small_unit = style.scale_of(largest, "A")
    words = f"largest {small * largest:.2g} {small_unit}"
    over = [f for f in data.findings if f.quantity == "gate_leakage" and f.verdict is not Verdict.GOOD]
    words += f"\n{verdict_words(over[0])}" if over else ""
    axes.set_xlabel(style.GATE)
    axes.set_ylabel(f"|leakage| ({unit})")
    low, high = axes.get_ylim()
    low = max(low, scale * float(np.percentile(np.maximum(current, least), 2)))
    axes.set_ylim(low, high * (high / low) ** 0.25)
    style.legend(axes, "upper left", words)
