"""Synthetic runs of fields, gates and spectra, to test report, tables and view: laws written here, no noise."""

import numpy as np
import numpy.typing as npt

from analysis.curves import Curve, CurveInfo
from analysis.findings import Condition, Finding, Verdict
from tests.fluxoid.report_data import RecordedCurve, Run

FloatArray = npt.NDArray[np.float64]
GOOD, PROVISIONAL, NONE = Verdict.GOOD, Verdict.PROVISIONAL, Verdict.NOT_ENOUGH_DATA
NORMAL_OHM, TC_K, SLOPE = 60.0, 11.0, 4.0
#: Bc2(0) of WHH without spin effects: 0.692673 Tc |dBc2/dT|, from the paper's (pi^2/8) exp(-gamma).
ZERO_T = 0.692673 * TC_K * SLOPE
REACH_T = 16.0


def curve(
    name: str,
    kind: str,
    conditions: dict[str, Condition],
    columns: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    **others: npt.ArrayLike,
) -> RecordedCurve:
    """Temperature, field and resistance broadcast to one length."""
    t, b, r = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in columns))
    more = {key: np.broadcast_to(np.asarray(values, dtype=float), t.shape).copy() for key, values in others.items()}
    return RecordedCurve(Curve(CurveInfo(name, kind, conditions), t.copy(), b.copy(), r.copy(), True, more))


def critical_field(temperature_K: float) -> float:
    """A boundary that is a parabola; nothing below depends on its shape."""
    return 25.0 * (1.0 - (temperature_K / TC_K) ** 2)


def isotherm_run(reach_T: float = REACH_T) -> Run:
    """R(T) in zero field and R(B) up and back; isotherms below 7 K stay superconducting to the end."""
    run, where = Run("out_of_plane"), {"orientation": "out_of_plane"}
    t = np.linspace(300.0, 5.0, 400)
    r = NORMAL_OHM * (1.0 + t / 300.0) * (t > TC_K)
    run.curves.append(curve("rt", "R(T)", {"field_T": 0.0, **where}, (t, 0.0, r)))
    field = np.linspace(0.0, reach_T, 161)
    for kelvin in (2.0, 4.0, 7.0, 8.0, 9.0, 10.0, 12.0):
        bc2 = critical_field(kelvin) if kelvin < TC_K else -1.0
        r = NORMAL_OHM * (1.0 + 1e-3 * field) / (1.0 + np.exp(-(field - bc2) / 0.2))
        for name, step in ((f"rb_{kelvin:g}K", 1), (f"rb_{kelvin:g}K_back", -1)):
            at = {"temperature_K": kelvin, "signal": "longitudinal", **where}
            run.curves.append(curve(name, "R(B)", at, (kelvin, field[::step], r[::step])))
            run.findings += isotherm_findings(name, kelvin, bc2, reach_T)
    run.findings += law_findings("90 %", "WHH, orbital", ZERO_T, SLOPE)
    tc = {"field_T": 0.0, **where}
    run.findings += [
        Finding("Tc_mid", TC_K, 0.01, "K", GOOD, "", "50%", tc, ("rt",)),
        Finding("transition_width", 0.4, 0.01, "K", GOOD, "", "", tc, ("rt",)),
        Finding("RRR", 2.0, 0.01, "1", GOOD, "", "", {"hot_K": 300.0, "cold_K": 20.0, **tc}, ("rt",)),
        Finding("pauli_field", 20.4, 0.02, "T", GOOD, "", "1.857 T/K times Tc_mid", {}, ("rt",)),
    ]
    return run


def isotherm_findings(name: str, kelvin: float, bc2: float, reach_T: float) -> list[Finding]:
    at: dict[str, Condition] = {"temperature_K": kelvin, "orientation": "out_of_plane"}
    window = {"field_T": (14.0, reach_T)}
    if not 0 < bc2 < reach_T - 0.5:
        why = f"no normal state: {kelvin * 1e-6:.2g} ohm in 4.4e-05 ohm noise"
        return [
            Finding("Hc2", None, None, "T", NONE, why, "", {**at, "criterion": c}, (name,))
            for c in ("onset", "90 %", "mid", "zero")
        ]
    why = "R_n is extrapolated from 14 to 16 T over more than the length of this window"
    found = [Finding("normal_resistance", NORMAL_OHM, 0.01, "ohm", PROVISIONAL, why, "line", at, (name,), window)]
    for criterion, shift in (("onset", 0.9), ("90 %", 0.44), ("mid", 0.0), ("zero", -0.9)):
        conditions = {**at, "criterion": criterion}
        found.append(Finding("Hc2", bc2 + shift, 0.01, "T", PROVISIONAL, why, "local fit", conditions, (name,)))
    return found


def law_findings(criterion: str, law: str, zero_T: float, slope: float | None = None) -> list[Finding]:
    """Bc2(0) by a law, and its slope where it has one."""
    at: dict[str, Condition] = {"orientation": "out_of_plane", "criterion": criterion}
    window = {"temperature_K": (7.0, 10.0)}
    why = "EXTRAPOLATED from T/Tc = 0.64 to zero temperature"
    found = [Finding("Bc2_0", zero_T, 0.1, "T", PROVISIONAL, why, law, at, ("a", "b"), window)]
    if slope is not None:
        found.append(Finding("whh_slope", slope, 0.02, "T/K", GOOD, "", law, at, ("a", "b"), window))
    return found


def gate_resistance(gate_V: npt.ArrayLike, field_T: npt.ArrayLike, temperature_K: float) -> FloatArray:
    """Falls with the gate, with a peak at 0.9 T that is gone when cold."""
    gate, field = np.asarray(gate_V, dtype=float), np.asarray(field_T, dtype=float)
    warm = max(temperature_K - 0.1, 0.0) / 0.2
    peak = 20.0 * np.exp(-(((field - 0.9) / 0.2) ** 2)) * (1.0 + ((gate + 50.0) / 200.0) ** 2)
    return np.asarray(warm * (peak + 5.0 * field + 0.02 * (gate + 200.0)))


def map_run(gates: int = 39) -> Run:
    """Gate sweeps at discrete fields and two temperatures, and R(B) at 50 V for one more."""
    run, where = Run("in_plane"), {"orientation": "in_plane"}
    fields = np.array([0.0, 0.3, 0.6, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 4.0, 9.0])
    commanded = np.linspace(-200.0, 180.0, gates)
    for kelvin in (0.09, 0.33):
        for index, field in enumerate(fields):
            direction = ("up", "down")[index % 2]
            gate = commanded + 1e-3 * np.cos(np.arange(gates) + index)  # readings are not quite what was asked for
            gate = gate if direction == "up" else gate[::-1]
            name = f"rg_{kelvin:g}K_{field:g}T_{direction}"
            at = {"temperature_K": kelvin, "field_T": float(field), "direction": direction, **where}
            columns = (kelvin, field, gate_resistance(gate, field, kelvin) + 1e-3 * np.cos(37.0 * np.arange(gates)))
            leakage = 5e-11 * np.sin(gate)
            run.curves.append(curve(name, "R(Vg)", at, columns, gate_V=gate, leakage_A=leakage))
            told = "bound: nowhere more"
            run.findings.append(Finding("gate_leakage", 5e-11, 2e-11, "A", GOOD, told, "", at, (name,)))
    at = {"temperature_K": 0.25, "signal": "longitudinal", "gate_V": 50.0, **where}
    columns = (0.25, fields, gate_resistance(50.0, fields, 0.25))
    run.curves.append(curve("rb_0.25K_50V", "R(B)", at, columns, gate_V=50.0, leakage_A=0.0))
    run.findings += peak_findings(where)
    return run


def peak_findings(where: dict[str, Condition]) -> list[Finding]:
    names = tuple(f"rg_0.33K_{n}" for n in range(11))
    found = []
    for gate in (-150.0, -100.0, -50.0, 0.0, 50.0, 100.0):
        at = {"temperature_K": 0.33, "gate_V": gate, **where}
        height = 23.0 * (1.0 + ((gate + 50.0) / 200.0) ** 2)
        found.append(Finding("resistance_peak_field", 0.9, 0.01, "T", GOOD, "9 sigma", "map", at, names))
        found.append(Finding("resistance_peak_height", height, 1.0, "ohm", GOOD, "9 sigma", "map", at, names))
    cold = {"temperature_K": 0.09, **where}
    why = "no peak of R(B) at any of 12 gate voltages"
    found.append(Finding("resistance_peak_field", None, None, "T", NONE, why, "map", cold, names))
    across = {"across": "curves", **where}
    told = "independent of gate voltage"
    found.append(Finding("resistance_peak_field", 0.9, 0.004, "T", GOOD, told, "mean", across, names))
    found.append(Finding("tc_minimum_field", 0.9, 0.004, "T", GOOD, told, "mean", across, names))
    least = {"temperature_K": 0.33, **where}
    found.append(Finding("peak_height_minimum_gate", -50.0, 9.0, "V", GOOD, "rises", "", least, names))
    return found


def transport_run(gates: int = 9) -> Run:
    """R(T) and Hall curves at gate voltages, and a gate sweep up and down."""
    run, where = Run("out_of_plane"), {"orientation": "out_of_plane"}
    t, b = np.linspace(0.9, 0.09, 200), np.linspace(-2.0, 2.0, 81)
    for gate in np.linspace(-200.0, 180.0, gates).tolist():
        tc, density = 0.4 - 4e-4 * gate, 6e17 + 4.5e14 * gate
        slope = -1.0 / (1.602176634e-19 * density)
        at_gate = {"gate_V": gate, **where}
        r = 900.0 / (1.0 + np.exp(-(t - tc) / 0.02))
        name, hall = f"rt_{gate:g}V", f"hall_{gate:g}V"
        run.curves.append(curve(name, "R(T)", {"field_T": 0.0, **at_gate}, (t, 0.0, r), gate_V=gate))
        at = {"temperature_K": 0.9, "signal": "hall", **at_gate}
        run.curves.append(curve(hall, "R(B)", at, (0.9, b, slope * b + 20.0), gate_V=gate))
        zero = {"field_T": 0.0, **at_gate}
        run.findings += [
            Finding("Tc_mid", tc, 6e-4, "K", GOOD, "", "50%", zero, (name,)),
            Finding("normal_resistance", 900.0, 0.1, "ohm", GOOD, "", "", zero, (name,)),
            Finding("pauli_field", 1.857 * tc, 1e-3, "T", GOOD, "", "", {"gate_V": gate}, (name,)),
            Finding("hall_coefficient", slope, 1e-3, "ohm/T", GOOD, "", "slope; electrons",
                    {"temperature_K": 0.9, **at_gate}, (hall,)),
            Finding("sheet_density", density, 1e14, "1/m^2", GOOD, "", "slope; electrons",
                    {"temperature_K": 0.9, **at_gate}, (hall,)),
        ]  # fmt: skip
    voltage = np.linspace(-200.0, 180.0, 39)
    for direction, step in (("up", 1), ("down", -1)):
        at = {"temperature_K": 0.33, "field_T": 0.0, "direction": direction, **where}
        columns = (0.33, 0.0, 900.0 - 2.0 * voltage[::step])
        run.curves.append(curve(f"rg_{direction}", "R(Vg)", at, columns, gate_V=voltage[::step], leakage_A=3e-11))
    pair = {"temperature_K": 0.33, "field_T": 0.0, **where}
    run.findings.append(
        Finding("gate_hysteresis", 0.4, 0.6, "V", GOOD, "none within its error", "", pair, ("u", "d"))
    )
    return run


def spectra_run() -> Run:
    """dI/dV curves at three temperatures, as a contact of 20 ohm without a gap would give."""
    run = Run("out_of_plane")
    bias = np.linspace(-8e-3, 8e-3, 81)
    for kelvin in (2.5, 5.0, 10.0):
        at: dict[str, Condition] = {"temperature_K": kelvin, "field_T": 0.0, "orientation": "out_of_plane"}
        columns = (kelvin, 0.0, 20.0 + 0.0 * bias)
        run.curves.append(curve(f"iv_{kelvin:g}K", "dI/dV", at, columns, bias_V=bias, modulation_V=4e-5))
    return run
