"""Findings of synthetic spectra of known truth, of bad data, and of a measured junction."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.findings import Verdict
from analysis.models.bcs import BOLTZMANN_meV_per_K
from analysis.models.btk import conductance
from analysis.spectroscopy import Spectrum, series_ratio, spectrum_findings
from analysis.spectroscopy.choice import choose
from analysis.spectroscopy.junction import Gaussian, Lorentzian
from analysis.spectroscopy.spectrum import prepare, starting_values

MEASURED = Path(__file__).parents[1] / "data" / "percolative_supercurrent"
GAP = 1.3
BIAS = np.linspace(-4 * GAP, 4 * GAP, 401)


def spectrum(
    seed=1,
    noise=0.01,
    thermal=0.1,
    bias=BIAS,
    broadening=0.1,
    barrier=0.7,
    scale=0.02,
    tilt=0.0,
    name="s",
    **options,
):
    values = conductance(bias, GAP, broadening * GAP, barrier, thermal * GAP / BOLTZMANN_meV_per_K, **options)
    values = values * (1 + tilt * bias / GAP) + np.random.default_rng(seed).normal(0, noise, bias.size)
    return Spectrum(
        name, bias, scale * values, thermal * GAP / BOLTZMANN_meV_per_K, 0.5, options.get("modulation_rms_mV", 0.0)
    )


def split(share, seed=2, noise=0.01):
    """Two spins, each with its own shifted density of states."""
    both = [spectrum(noise=0.0, barrier=np.inf, broadening=0.05, offset_mV=s * share * GAP) for s in (-1, 1)]
    values = 0.5 * (both[0].conductance + both[1].conductance)
    values = values + 0.02 * np.random.default_rng(seed).normal(0, noise, BIAS.size)
    return Spectrum("split", BIAS, values, both[0].temperature_K)


def named(findings):
    return {f.quantity: f for f in findings}


@pytest.mark.parametrize(
    ("barrier", "broadening", "thermal"), [(0.1, 0.3, 0.1), (0.7, 0.1, 0.05), (2.0, 0.05, 0.2), (0.5, 0.02, 0.3)]
)
def test_a_contact_is_recovered(barrier, broadening, thermal):
    found = named(spectrum_findings(spectrum(3, barrier=barrier, broadening=broadening, thermal=thermal)))
    for name, truth in (("gap", GAP), ("broadening", broadening * GAP), ("bias_offset", 0.0), ("barrier", barrier)):
        finding = found[name]
        assert finding.verdict in (Verdict.GOOD, Verdict.PROVISIONAL), finding.reason
        assert abs(finding.value - truth) < 4 * finding.error
    assert found["gap"].error < 0.03 * GAP
    assert found["gap"].conditions["field_T"] == 0.5
    assert found["gap"].method == "BTK, Lorentzian broadening"


def test_a_tunnel_junction_is_told_by_its_barrier():
    found = named(spectrum_findings(spectrum(barrier=np.inf, offset_mV=0.1, tilt=0.02)))
    assert found["gap"].method.startswith("Dynes")
    assert abs(found["gap"].value - GAP) < 4 * found["gap"].error
    assert abs(found["bias_offset"].value - 0.1) < 4 * found["bias_offset"].error
    assert found["barrier"].value is None
    assert "infinite" in found["barrier"].reason


def test_a_gaussian_spread_is_told_by_evidence():
    data = spectrum(noise=0.003, thermal=0.05, broadening=0.0, gaussian_broadening_meV=0.2 * GAP)
    found = named(spectrum_findings(data))
    assert found["gap"].method == "BTK, Gaussian broadening"
    assert abs(found["gap"].value - GAP) < 4 * found["gap"].error
    assert abs(found["broadening"].value - 0.2 * GAP) < 4 * found["broadening"].error
    without = named(spectrum_findings(data, compare_broadening=False))
    assert without["gap"].verdict is not Verdict.GOOD


def test_the_modulation_is_part_of_the_law():
    data = spectrum(noise=0.003, thermal=0.05, modulation_rms_mV=0.3 * GAP)
    with_it = named(spectrum_findings(data))["gap"]
    assert abs(with_it.value - GAP) < 4 * with_it.error
    blind = Spectrum("b", data.bias_mV, data.conductance, data.temperature_K)
    ignored = named(spectrum_findings(blind))
    assert ignored["broadening"].value is None or ignored["broadening"].value > 0.12 * GAP


def test_a_symmetrised_file_has_half_the_values():
    whole = spectrum(7)
    folded = Spectrum("f", BIAS, 0.5 * (whole.conductance + whole.conductance[::-1]), whole.temperature_K)
    assert prepare(folded).symmetrised
    assert not prepare(whole).symmetrised
    one, other = named(spectrum_findings(whole))["gap"], named(spectrum_findings(folded))["gap"]
    assert other.error == pytest.approx(one.error, rel=0.25)
    assert "symmetrised" in other.reason
    # mirrored without averaging: the same noise, half the values
    copied = Spectrum(
        "c", BIAS, np.where(BIAS < 0, whole.conductance[::-1], whole.conductance), whole.temperature_K
    )
    assert named(spectrum_findings(copied))["gap"].error == pytest.approx(2**0.5 * one.error, rel=0.25)
    assert named(spectrum_findings(folded))["bias_offset"].verdict is Verdict.NOT_ENOUGH_DATA


def test_an_odd_part_is_reported():
    data = spectrum(noise=0.005)
    odd = 0.02 * 0.1 * np.tanh(BIAS / 0.3) * np.exp(-((BIAS / (2 * GAP)) ** 2))
    found = spectrum_findings(Spectrum("o", BIAS, data.conductance + odd, data.temperature_K))[0]
    assert "not symmetric" in found.reason


def test_nan_rows_and_order_do_not_matter():
    data = spectrum()
    values = data.conductance.copy()
    values[[3, 100, 200]] = np.nan
    order = np.random.default_rng(0).permutation(BIAS.size)
    found = named(spectrum_findings(Spectrum("n", BIAS[order], values[order], data.temperature_K)))["gap"]
    assert "3 rows without a number" in found.reason
    assert abs(found.value - GAP) < 4 * found.error


def test_a_spike_is_left_out_and_told():
    data = spectrum()
    values = data.conductance.copy()
    values[120] *= 4
    found = named(spectrum_findings(Spectrum("n", BIAS, values, data.temperature_K)))["gap"]
    assert "1 lone value" in found.reason
    assert abs(found.value - GAP) < 4 * found.error


@pytest.mark.parametrize("share", [0.25, 0.4, 0.7])
def test_a_spin_split_spectrum_is_rejected(share):
    for finding in spectrum_findings(split(share)):
        assert finding.verdict is Verdict.MODEL_REJECTED, (finding.reason, finding.value)
        assert finding.value is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda v, g: (v[:20], g[:20]), "are needed"),
        (lambda v, g: (v, np.full_like(g, 0.3)), "same at every bias"),
        (lambda v, g: (v, np.full_like(g, np.nan)), "are needed"),
        (lambda v, g: (v, -g), "must be positive"),
        (lambda v, g: (v[np.abs(v) < 1.2 * GAP], g[np.abs(v) < 1.2 * GAP]), "normal state is not"),
        (lambda v, g: (np.zeros_like(v), g), "are needed"),
        (lambda v, g: (v, np.random.default_rng(1).normal(1, 0.01, v.size)), "without a gap"),
        (lambda v, g: (v, 1 + 0.01 * v + np.random.default_rng(1).normal(0, 0.01, v.size)), "without a gap"),
    ],
)
def test_bad_data_gives_a_reason_and_no_number(change, reason):
    data = spectrum()
    bias, values = change(data.bias_mV, data.conductance)
    for finding in spectrum_findings(Spectrum("bad", bias, values, data.temperature_K)):
        assert finding.verdict is Verdict.NOT_ENOUGH_DATA
        assert finding.value is None
        assert reason in finding.reason


def test_bad_settings_are_refused():
    with pytest.raises(AnalysisError, match="temperature"):
        Spectrum("x", BIAS, BIAS, 0.0)
    with pytest.raises(AnalysisError, match="one length"):
        Spectrum("x", BIAS, BIAS[1:], 1.0)
    with pytest.raises(AnalysisError, match="field"):
        Spectrum("x", BIAS, BIAS, 1.0, np.nan)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-10, 10) | st.just(float("nan")), min_size=0, max_size=80))
def test_any_numbers_give_a_verdict(values):
    data = Spectrum("any", np.linspace(-3, 3, len(values)), np.array(values, dtype=float), 2.0)
    assert len(spectrum_findings(data, compare_broadening=False)) == 4


def test_units_of_conductance_do_not_matter():
    one = named(spectrum_findings(spectrum(scale=1.0), compare_broadening=False))["gap"]
    other = named(spectrum_findings(spectrum(scale=1e-9), compare_broadening=False))["gap"]
    assert one.value == pytest.approx(other.value, rel=1e-6)
    assert one.error == pytest.approx(other.error, rel=1e-4)


def test_starting_values_are_near():
    for barrier in (0.0, 0.5, 2.0, np.inf):
        data = spectrum(barrier=barrier, noise=0.003)
        start = starting_values(prepare(data), data.thermal_meV)
        assert start.gap_meV == pytest.approx(GAP, rel=0.35)


def measured():
    table = np.genfromtxt(MEASURED / "nis_sample1_15_eight_fields.dat", skip_header=1)
    authors = np.genfromtxt(
        MEASURED / "nis_sample1_15_authors_usadel_fit_eight_fields.csv", delimiter=",", names=True
    )
    for field in np.unique(table[:, 0]):
        rows = table[table[:, 0] == field]
        theirs = authors[np.argmin(np.abs(authors["B"] - 1e3 * field))]
        yield Spectrum(f"{field:g} T", 1e3 * rows[:, 1], rows[:, 2], 0.04, field), theirs


def test_measured_spin_split_spectra_are_rejected():
    for data, theirs in measured():
        gap = named(spectrum_findings(data, compare_broadening=False))["gap"]
        assert gap.value is None, data.name
        if theirs["Delta"] > 0:
            # every superconducting one carries an exchange field of 0.025 meV or more, 10 % of the gap
            assert gap.verdict is Verdict.MODEL_REJECTED, data.name


def test_the_least_split_measured_spectrum_has_the_gap_its_authors_found():
    """Their order parameter is 0.265 meV; pair breaking and exchange make the edge of the spectrum lower."""
    data, theirs = next((d, t) for d, t in measured() if abs(d.field_T + 0.014) < 1e-4)
    choice = choose(data)
    gaps = [c.gap_meV for c in (choice.best, *choice.others)]
    assert choice.best.tunnelling
    assert np.ptp(gaps) < 0.005
    assert all(theirs["Delta"] - 1.5 * theirs["h"] < gap < theirs["Delta"] for gap in gaps)


@pytest.mark.slow
def test_errors_hold_over_a_wide_box():
    rng = np.random.default_rng(12)
    pulls = {"gap": [], "broadening": [], "bias_offset": []}
    for seed in range(400):
        barrier = np.inf if rng.random() < 0.25 else rng.uniform(0, 2.5)
        broadening, offset = rng.uniform(0.02, 0.56), rng.normal(0, 0.05)
        data = spectrum(
            seed,
            10 ** rng.uniform(-2.52, -1.7),
            rng.uniform(0.05, 0.3),
            BIAS,
            broadening,
            barrier,
            offset_mV=offset,
        )
        found = named(spectrum_findings(data, compare_broadening=False))
        for name, truth in (("gap", GAP), ("broadening", broadening * GAP), ("bias_offset", offset)):
            pulls[name].append((found[name].value - truth) / found[name].error)
    for name, values in pulls.items():
        # the mean of 400 is known to 0.05, the width to 0.04
        assert abs(np.mean(values)) < 0.2, name
        assert 0.85 < np.std(values) < 1.15, name


@pytest.mark.parametrize(("tilt", "bend"), [(0.0, 0.0), (0.03, 0.0), (-0.02, 0.1), (0.05, -0.05)])
@pytest.mark.parametrize("noise", [5e-4, 0.01])
def test_a_normal_state_has_no_gap(tilt, bend, noise):
    unit = BIAS / BIAS[-1]
    values = 1 + tilt * unit + bend * unit**2 + np.random.default_rng(8).normal(0, noise, BIAS.size)
    for finding in spectrum_findings(Spectrum("n", BIAS, values, 2.0)):
        assert finding.verdict is Verdict.NOT_ENOUGH_DATA
        assert finding.reason.startswith("no gap")


def test_a_normal_state_with_filtered_noise_has_no_gap():
    """Noise that a time constant has made smooth is described by no law: that is no other kind of gap."""
    for seed in range(5):
        white = np.random.default_rng(seed).normal(0, 0.01, BIAS.size + 20)
        smooth = np.convolve(white, np.hanning(21) / np.hanning(21).sum(), mode="valid")
        for finding in spectrum_findings(Spectrum("n", BIAS, 1 + smooth, 2.0)):
            assert finding.verdict is Verdict.NOT_ENOUGH_DATA, finding.reason


def test_a_faint_gap_is_still_seen():
    """A structure of a few per cent in little noise is a gap, and no background."""
    data = spectrum(barrier=0.35, broadening=0.3, thermal=0.25, noise=5e-4)
    found = named(spectrum_findings(data))["gap"]
    assert found.value is not None, found.reason
    assert abs(found.value - GAP) < 4 * found.error


@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.4])
def test_a_series_resistance_is_fitted_where_it_is_determined(ratio):
    wide = BIAS * (1 + ratio)
    data = spectrum(5, 0.002, 0.08, wide, 0.05, 0.6, series_resistance_ratio=ratio)
    found = named(spectrum_findings(data, series_resistance_ratio=None))
    for name, truth in (("series_resistance_ratio", ratio), ("gap", GAP), ("barrier", 0.6)):
        assert found[name].value is not None, found[name].reason
        assert abs(found[name].value - truth) < 4 * found[name].error
    assert found["series_resistance_ratio"].error < 0.05
    # known, the gap is as well determined as without any
    known = named(spectrum_findings(data, series_resistance_ratio=ratio))["gap"]
    assert abs(known.value - GAP) < 4 * known.error
    assert known.error < found["gap"].error
    if ratio:
        # neglected: 1.1 times its share too large
        neglected = named(spectrum_findings(data))["gap"]
        assert neglected.value == pytest.approx(GAP * (1 + 1.1 * ratio), rel=0.3 * ratio)


def test_a_series_resistance_that_is_not_determined_is_refused():
    data = spectrum(5, 0.02, 0.3, BIAS * 1.2, 0.3, 1.2, series_resistance_ratio=0.2)
    for finding in spectrum_findings(data, series_resistance_ratio=None):
        assert finding.value is None
        assert "does not determine" in finding.reason


def test_series_ratio_from_ohms():
    # 0.02 S at large bias are 50 ohm; 10 ohm of them in series leave 40 to the contact
    data = spectrum(noise=1e-4, bias=3 * BIAS, barrier=1.0, broadening=0.05, thermal=0.05)
    assert series_ratio(data, 10.0) == pytest.approx(0.25, rel=0.01)
    for wrong in (-1.0, 60.0):
        with pytest.raises(AnalysisError, match="ohm"):
            series_ratio(data, wrong)
    with pytest.raises(AnalysisError, match="series resistance ratio"):
        spectrum_findings(data, series_resistance_ratio=-0.1)


@pytest.mark.parametrize("kind", [Lorentzian, Gaussian])
@pytest.mark.parametrize(("series", "modulation"), [(0.0, 0.0), (0.2, 0.0), (0.3, 0.15), (-0.05, 0.1)])
def test_the_fitted_law_is_the_conductance_with_its_derivatives(kind, series, modulation):
    bias, thermal = np.linspace(-4, 4.2, 163), 0.08
    law = kind(bias, thermal, modulation, resistive=series != 0)
    point = np.array([1.05, 0.06, 0.4, 0.07, series])
    value, slopes = law(point)
    if series >= 0:
        broadening = {"gaussian_broadening_meV": 0.06} if kind is Gaussian else {}
        options = {"modulation_rms_mV": modulation, "offset_mV": 0.07, "series_resistance_ratio": series}
        lifetime = 0.0 if kind is Gaussian else 0.06
        kelvin, barrier = thermal / BOLTZMANN_meV_per_K, (1 / 0.4 - 1) ** 0.5
        expected = conductance(bias, 1.05, lifetime, barrier, kelvin, **options, **broadening)
        assert value == pytest.approx(expected, abs=2e-6)
    for index in range(5 if series else 4):
        step = np.zeros(5)
        step[index] = 1e-5
        numerical = (law(point + step)[0] - law(point - step)[0]) / 2e-5
        assert slopes[index] == pytest.approx(numerical, abs=1e-3 if kind is Gaussian else 1e-5)
