"""Samples beside each other: one table, and only the figures that two of them have something for."""

import shutil

import numpy as np
import pytest

from analysis.findings import Finding, Verdict
from fluxoid.compare import load_samples, print_samples
from fluxoid.report.comparison import series_of, write_comparison, zero_fields
from instruments.errors import ConfigurationError
from tests.fluxoid.report_data import Run
from tests.fluxoid.report_runs import TC_K, ZERO_T, curve, isotherm_run, spectra_run
from tests.fluxoid.test_cli import run


def contact_run():
    """A contact whose gap is a parabola in the field that closes it, 20 T."""
    made, where = spectra_run(), {"orientation": "out_of_plane"}
    for field in np.arange(0.0, 17.0, 2.0):
        at = {"temperature_K": 2.5, "field_T": float(field), **where}
        made.findings.append(
            Finding("gap", 2.0 * (1 - (field / 20) ** 2), 0.02, "meV", Verdict.GOOD, conditions=at)
        )
    closes = {"temperature_K": 2.5, **where}
    made.findings.append(
        Finding("gap_critical_field", 20.0, 0.1, "T", Verdict.GOOD, "", "parabolic", closes, ("spectra",))
    )
    return made


def test_two_films_share_three_figures(tmp_path, capsys):
    runs = [("first film", isotherm_run()), ("second film", isotherm_run())]
    stems = {path.stem for path in write_comparison(runs, tmp_path)}
    assert stems == {"samples_upper_critical_field", "samples_over_pauli_field", "samples_at_zero_temperature"}
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".pdf"}
    print_samples(runs)
    shown = capsys.readouterr().out
    for words in ("first film", "second film", "RRR", f"{TC_K:.2f}"):
        assert words in shown
    for one in series_of(runs):
        assert zero_fields(one.data)[0].value == ZERO_T
    assert len({one.colour for one in series_of(runs)}) == 2


def test_a_figure_of_one_sample_is_not_drawn(tmp_path):
    runs = [("film", isotherm_run()), ("contact", contact_run())]
    assert write_comparison(runs, tmp_path) == []


def test_contacts_share_the_gap(tmp_path):
    runs = [("one", contact_run()), ("other", contact_run())]
    stems = {path.stem for path in write_comparison(runs, tmp_path)}
    assert "samples_gap_against_field" in stems
    # equal data give equal files
    before = (tmp_path / "samples_gap_against_field.png").read_bytes()
    write_comparison(runs, tmp_path)
    assert (tmp_path / "samples_gap_against_field.png").read_bytes() == before


def test_orientations_are_told_apart():
    along = Run("in_plane")
    t = np.linspace(300.0, 5.0, 50)
    along.curves.append(curve("rt", "R(T)", {"field_T": 0.0, "orientation": "in_plane"}, (t, 0.0, t)))
    labels = [one.label for one in series_of([("film", isotherm_run()), ("other", along)])]
    assert labels == ["film, out of plane", "other, in plane"]


def test_one_sample_is_no_comparison(tmp_path, recorded):
    for name in "ab":
        shutil.copytree(recorded, tmp_path / name)
    with pytest.raises(ConfigurationError, match="needs two samples"):
        load_samples([tmp_path / "a", tmp_path / "b"])
    refused = run("compare", tmp_path / "a", tmp_path / "b")
    assert refused.exit_code == 2
    assert "fluxoid report" in refused.output
