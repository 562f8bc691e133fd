"""How numbers with errors, quantities and conditions are written for people."""

from decimal import Decimal

from analysis.findings import Finding

#: Plain decimals are kept while the value is at least this and the last digit is at most tens.
SMALLEST_PLAIN = 1e-3
LARGEST_PLAIN = 1e6

_SYMBOLS = {
    "Tc_onset": "Tc onset",
    "Tc_mid": "Tc mid",
    "Tc_zero": "Tc zero",
    "transition_width": "Width",
    "normal_resistance": "R_n",
    "resistance_fraction_at_base": "R/R_n at base",
    "zero_resistance_field": "Field ending R = 0",
    "activation_energy": "U0",
    "ln_prefactor": "ln(R0/ohm)",
    "T_cross": "T_cross",
    "inverse_slope_lnR0_U0": "1/slope ln R0(U0)",
    "exponent_q": "q",
    "Tc_taff": "Tc (TAFF)",
    "U0_exponent": "U0 exponent",
    "U0_exponent_low": "U0 exponent, low H",
    "U0_exponent_high": "U0 exponent, high H",
    "U0_crossover_field": "U0 crossover field",
    "U0_beta": "U0 beta (1 T)",
    "U0_gamma": "U0 gamma",
    "U0_kramer_field": "U0 Kramer field",
    "hall_coefficient": "Hall slope",
    "hall_slope_low_field": "Hall slope, low B",
    "hall_slope_high_field": "Hall slope, high B",
    "carrier_density": "Carrier density",
    "sheet_density": "Sheet density",
    "mobility": "Mobility",
    "Hc2": "Hc2",
    "Bc2_0": "Hc2(0)",
    "pauli_ratio": "Hc2(0)/Pauli field",
    "coherence_length": "xi(0)",
    "whh_slope": "|dHc2/dT| at Tc",
    "maki_parameter": "Maki alpha",
    "maki_parameter_from_slope": "Maki alpha (slope)",
    "spin_orbit_scattering": "lambda_so",
    "zero_resistance_window": "R = 0 window",
    "remanent_shift": "R = 0 centre",
    "hysteresis": "Hysteresis",
    "resistance_peak_field": "R peak field",
    "resistance_peak_height": "R peak height",
    "resistance_peak_gate_dependence": "dB(R peak)/dVg",
    "resistance_peak_temperature_dependence": "dB(R peak)/dT",
    "resistance_peak_height_growth": "dR(R peak)/dT",
    "peak_height_minimum_gate": "Vg of least R peak",
    "tc_minimum_field": "Field of min Tc",
    "gate_leakage": "Gate leakage",
    "gate_hysteresis": "Gate hysteresis",
    "Tc_gate_slope": "dTc/dVg",
    "carrier_density_gate_slope": "dn/dVg",
    "pauli_field": "Pauli field",
    "channel_width": "phi0/(B xi)",
    "film_thickness": "Film thickness",
    "spin_orbit_time": "tau_so",
    "Hc2_extrapolated": "Hc2, EXTRAPOLATED",
    "Bc2_0_difference": "Hc2(0), difference",
    "RRR": "RRR",
    "gap": "Gap",
    "broadening": "Broadening",
    "barrier": "Barrier Z",
    "common_barrier": "Barrier Z (all)",
    "series_resistance_ratio": "Rs/R contact",
    "bias_offset": "Bias offset",
    "gap_zero": "Gap(T = 0)",
    "Tc_gap": "Tc (gap)",
    "gap_ratio_2Delta_kTc": "2 Gap/kTc",
    "gap_critical_field": "Bc (gap)",
}
#: The same in formulas of figures, without dollars.
_FORMULAS = {
    "gap": r"\mathrm{\Delta}",
    "broadening": r"\mathrm{\Gamma}",
    "barrier": "Z",
    "common_barrier": "Z",
    "series_resistance_ratio": r"R_{\mathrm{s}}/R",
    "bias_offset": r"V_{\mathrm{0}}",
    "gap_zero": r"\mathrm{\Delta(0)}",
    "Tc_gap": r"T_{\mathrm{c}}",
    "gap_ratio_2Delta_kTc": r"\mathrm{2\Delta(0)}/k_{\mathrm{B}}T_{\mathrm{c}}",
    "gap_critical_field": r"B_{\mathrm{c}}",
}
#: Quantities that nobody writes in the unit they are stored in: the unit for people, and how many of it make one.
_SCALED = {
    ("coherence_length", "m"): ("nm", 1e9),
    ("channel_width", "m"): ("nm", 1e9),
    ("film_thickness", "m"): ("nm", 1e9),
    ("spin_orbit_time", "s"): ("ps", 1e12),
    ("gate_leakage", "A"): ("nA", 1e9),
    ("Tc_gate_slope", "K/V"): ("mK/V", 1e3),
    ("resistance_peak_gate_dependence", "T/V"): ("mT/V", 1e3),
}
_UNITS = {"1": "", "m^2/Vs": "m^2/(V s)", "1/m^2/V": "1/(m^2 V)", "1/m^3/V": "1/(m^3 V)"}
#: A current below this many of its unit is printed in the next smaller one.
_SMALLEST_CURRENT_NA = 1.0


def symbol(quantity: str) -> str:
    """The quantity as people write it; an unknown one keeps its stable name."""
    return _SYMBOLS.get(quantity, quantity)


def formula(quantity: str) -> str:
    """The quantity in mathtext, without the dollars; words where it has no letter of its own."""
    return _FORMULAS.get(quantity) or rf"\mathrm{{{symbol(quantity)}}}".replace(" ", r"\ ")


def unit(name: str) -> str:
    """The unit for printing: nothing for a pure number."""
    return _UNITS.get(name, name)


def unit_of(finding: Finding) -> str:
    """The unit in which the finding is printed."""
    return unit(_scaled(finding)[0])


def scale_of(finding: Finding) -> float:
    """What a stored value is multiplied by to be printed in :func:`unit_of`."""
    return _scaled(finding)[1]


def _scaled(finding: Finding) -> tuple[str, float]:
    shown, scale = _SCALED.get((finding.quantity, finding.unit), (finding.unit, 1.0))
    if shown == "nA" and finding.value is not None and abs(finding.value) * scale < _SMALLEST_CURRENT_NA:
        return "pA", 1e12
    return shown, scale


def with_error(value: float, error: float) -> str:
    """``1.2345(67)``: two digits of the error in units of the value's last digits (GUM, 7.2.2).

    An error of zero gives the value alone, with six digits.
    """
    # float(): a NumPy scalar has a repr of its own
    exact_value, exact_error = Decimal(repr(float(value))), Decimal(repr(float(error)))
    if not exact_error:
        return f"{value:.6g}"
    # rounding first may carry: 0.0996 has its two digits in 0.10, not in 0.100
    last = exact_error.quantize(Decimal(1).scaleb(exact_error.adjusted() - 1)).adjusted() - 1
    exponent = _exponent(exact_value, exact_error, last)
    mantissa = _digits(exact_value, last, exponent)
    spread = _digits(exact_error, last, exponent)
    if exact_error < Decimal(1).scaleb(exponent):  # below the decimal point: in units of the last digit
        spread = spread.replace(".", "").lstrip("0")
    return f"{mantissa}({spread})" + (f"e{exponent}" if exponent else "")


def _exponent(value: Decimal, error: Decimal, last: int) -> int:
    """Power of ten in front: 0 for numbers that read well as they are."""
    largest = max(abs(value), error)
    if Decimal(repr(SMALLEST_PLAIN)) <= largest < Decimal(repr(LARGEST_PLAIN)) and last <= 1:
        return 0
    return largest.adjusted()


def _digits(number: Decimal, last: int, exponent: int) -> str:
    """The number in units of 10^exponent, rounded at 10^last."""
    rounded = number.quantize(Decimal(1).scaleb(last)).scaleb(-exponent)
    text = f"{rounded.quantize(Decimal(1).scaleb(min(last - exponent, 0))):f}"
    return text if rounded else text.lstrip("-")


def value_text(finding: Finding, with_unit: bool = False) -> str:
    """Value and error of a finding, or a dash where there is no number."""
    if finding.value is None or finding.error is None:
        return "–"
    scale = scale_of(finding)
    text = with_error(scale * finding.value, scale * finding.error)
    return f"{text} {unit_of(finding)}".rstrip() if with_unit else text


def plain_like(number: float, error: float) -> str:
    """A number (a truth, say) with the decimals that a measurement of this error would be given with."""
    mantissa, _, rest = with_error(number, error).partition("(")
    return mantissa + rest.partition(")")[2]


def conditions_text(finding: Finding) -> str:
    """``0.1 T, out of plane``: the conditions in words, in the order in which they were given."""
    return ", ".join(_condition(name, value) for name, value in finding.conditions.items())


def _condition(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value.replace("_", " ")
    units = {"field_T": "T", "temperature_K": "K"}
    if name in units:
        return f"{value:.6g} {units[name]}"
    stem, _, last = name.rpartition("_")
    known = stem and last in ("T", "K", "V")
    return f"{stem.replace('_', ' ')} = {value:.6g} {last}" if known else f"{name} = {value:.6g}"


def duration(seconds: float) -> str:
    """``1 d 02:03:04`` or ``02:03:04``."""
    whole = max(0, round(seconds))
    days, rest = divmod(whole, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock
