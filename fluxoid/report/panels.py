"""Every figure there is, and which runs have it."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import FigureBase

from fluxoid.report import (
    arrhenius,
    boundary,
    critical_field,
    energy,
    field_sweep,
    gap,
    gate,
    gate_lines,
    gate_map,
    hall,
    peaks,
    residual,
    spectra,
    transition,
)
from fluxoid.report.data import IN_PLANE, OUT_OF_PLANE, ReportData, temperature_of


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure: file name, title, how it is drawn, which runs have it, and its height in that of a plain one.

    ``rows``: how many axes stand one above the other, where that depends on the run; each needs most of a height.
    """

    stem: str
    title: str
    draw: Callable[[FigureBase, ReportData, str], None]
    orientation: str | None = None
    needs: str = "R(T)"
    height: float = 1.0
    rows: Callable[[ReportData], int] = lambda _: 1

    def height_of(self, data: ReportData) -> float:
        """Height for this run, in that of a plain figure."""
        return self.height * (0.4 + 0.6 * self.rows(data))

    def applies(self, data: ReportData) -> bool:
        """Whether a run of this orientation has what the figure is about."""
        return _HAS[self.needs](data) and self.orientation in (None, data.orientation)


def _temperatures(data: ReportData) -> bool:
    return len({spectrum.temperature_K for spectrum in data.spectra}) > 1


def _fields(data: ReportData) -> bool:
    return len({spectrum.field_T for spectrum in data.spectra}) > 1


def _gates(data: ReportData) -> bool:
    return len(data.transition_gates()) > 1


def _in_fields(data: ReportData) -> bool:
    """R(T) in magnetic fields; those at several gate voltages have figures of their own."""
    return any(data.transition_fields()) and not _gates(data)


def _isotherms(data: ReportData) -> bool:
    return bool(data.isotherms()) and not gate_map.maps_of(data)


def _boundary(data: ReportData) -> bool:
    """Whether R(B) isotherms, at two temperatures or more, were to give the upper critical field."""
    known = {
        finding.conditions.get("temperature_K")
        for finding in data.findings
        if finding.quantity == "Hc2" and finding.curves
    }
    return _isotherms(data) and len(known & {temperature_of(curve) for curve in data.isotherms()}) > 1


def _map_and_lines(data: ReportData) -> bool:
    """R(B) at a gate voltage and several temperatures beside a map."""
    return bool(gate_map.maps_of(data)) and any(
        len(gate_lines.lines_at(data, voltage)) > 1 for voltage in gate_lines.gates_shown(data)
    )


#: What a figure may need, and whether a run has it.
_HAS: dict[str, Callable[[ReportData], bool]] = {
    "hall": lambda data: bool(data.field_sweeps()),
    "R(B)": _isotherms,
    "Bc2(T)": _boundary,
    "Bc2/Bp": lambda data: _boundary(data) and boundary.pauli_of(data) is not None,
    "R(T)": lambda data: bool(data.transitions()) and not _gates(data),
    "one field": lambda data: len(data.transition_fields()) == 1 and not _gates(data),
    "several fields": _in_fields,
    "R(T) at gates": _gates,
    "up and down": lambda data: bool(gate.pairs(data)),
    "leakage": lambda data: any("leakage_A" in curve.columns for curve in data.gate_sweeps()),
    "map": lambda data: bool(gate_map.maps_of(data)),
    "map and lines": _map_and_lines,
    "dI/dV": lambda data: bool(data.spectra) and (_temperatures(data) or not _fields(data)),
    "dI/dV(T)": _temperatures,
    "dI/dV(B)": _fields,
}
#: In reading order; numbers are those of the paper on vortex activation, whose figures these first were.
PANELS = (
    Panel("resistance_at_gates", "R(T) against the gate", gate.transitions, needs="R(T) at gates"),
    Panel("fig1c_hall", "Hall resistance", hall.resistance, needs="hall"),
    Panel("tc_and_density_against_gate", "Tc and carriers", gate.tc_and_density, needs="R(T) at gates"),
    Panel("pauli_field_against_gate", "Pauli field", gate.pauli_field, needs="R(T) at gates"),
    Panel("residual_resistance_ratio", "R(T) and RRR", residual.resistance, needs="one field"),
    Panel(
        "fig2b_resistance_out_of_plane",
        "R(T), field out of plane",
        transition.resistance,
        OUT_OF_PLANE,
        "several fields",
    ),
    Panel("fig2c_resistance_in_plane", "R(T), field in plane", transition.resistance, IN_PLANE, "several fields"),
    Panel("resistance_against_temperature", "R(T)", transition.resistance, "", "several fields"),
    Panel("resistance_against_field", "R(B)", field_sweep.resistance, None, "R(B)", 1.0, field_sweep.rows),
    Panel(
        "fig2d_upper_critical_field",
        "Upper critical field",
        transition.upper_critical_field,
        None,
        "several fields",
    ),
    Panel("upper_critical_field", "Upper critical field", critical_field.against_temperature, needs="Bc2(T)"),
    Panel(
        "upper_critical_field_over_pauli_field",
        "Over the Pauli field",
        critical_field.over_pauli_field,
        None,
        "Bc2/Bp",
    ),
    Panel("zero_temperature_field", "Bc2 at T = 0", critical_field.at_zero_temperature, needs="Bc2(T)"),
    Panel(
        "fig3a_arrhenius_out_of_plane",
        "Arrhenius plot, field out of plane",
        arrhenius.straight,
        OUT_OF_PLANE,
        "several fields",
    ),
    Panel("fig3b_prefactor", "Prefactors of the Arrhenius lines", energy.prefactor, OUT_OF_PLANE, "several fields"),
    Panel(
        "fig3c_arrhenius_in_plane", "Arrhenius plot, field in plane", arrhenius.straight, IN_PLANE, "several fields"
    ),
    Panel("fig3d_modified_taff", "Modified TAFF, field in plane", arrhenius.curved, IN_PLANE, "several fields"),
    Panel(
        "fig4a_activation_energy_out_of_plane",
        "Activation energy, out of plane",
        energy.power_laws,
        OUT_OF_PLANE,
        "several fields",
    ),
    Panel(
        "fig4b_activation_energy_in_plane",
        "Activation energy, in plane",
        energy.parabola,
        IN_PLANE,
        "several fields",
    ),
    Panel("map_of_gate_and_field", "R(Vg, B)", gate_map.draw, None, "map", 1.0, gate_map.rows),
    Panel(
        "resistance_at_one_gate",
        "R(B) at one gate voltage",
        gate_lines.lines,
        None,
        "map and lines",
        1.0,
        gate_lines.rows,
    ),
    Panel("peak_field_against_gate", "Place of the peak", peaks.place, needs="map"),
    Panel("peak_height_against_gate", "Height of the peak", peaks.height, needs="map"),
    Panel("lowest_tc_in_field", "Where resistance appears", gate_lines.lowest_tc, needs="map and lines"),
    Panel("gate_up_and_down", "Gate sweep, up and down", gate.hysteresis, needs="up and down"),
    Panel("gate_leakage", "Leakage of the gate", gate.leakage, needs="leakage"),
    Panel("spectra_against_temperature", "dI/dV spectra", spectra.against_temperature, None, "dI/dV", 1.5),
    Panel("gap_against_temperature", "Energy gap", gap.against_temperature, needs="dI/dV(T)"),
    Panel("spectra_against_field", "dI/dV spectra in a field", spectra.against_field, None, "dI/dV(B)", 1.5),
    Panel("gap_against_field", "Energy gap in a field", gap.against_field, needs="dI/dV(B)"),
)
