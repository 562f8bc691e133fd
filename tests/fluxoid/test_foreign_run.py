"""A run of our own, exported as a table, says the same to ``analyze`` as it said by itself."""

import json

import pytest
from click.testing import CliRunner

from fluxoid.cli import main
from fluxoid.recording import load_run
from tests.acceptance.campaigns import simulated


def export(curve, path):
    """All usable rows of a recorded curve, with the names of its columns as headings and every digit."""
    usable = curve.flags == 0
    columns = [values[usable].tolist() for values in curve.columns.values()]
    rows = [",".join(map(repr, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([",".join(curve.columns), *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    bench = simulated(tmp_path_factory.mktemp("own"), rate="2 K/min")
    assert bench.engine().run().status == "finished"
    return load_run(bench.directory)


def by_place(findings):
    """Findings by quantity, field to 1 mT, criterion, method."""
    placed = {}
    for f in findings:
        field = f["conditions"].get("field_T")
        place = None if field is None else round(field, 3)
        key = (f["quantity"], place, f["conditions"].get("criterion"), f["method"])
        placed.setdefault(key, []).append(f)
    return placed


def test_the_same_findings_from_an_export(tmp_path, recorded):
    paths = [export(curve, tmp_path / f"{curve.info.name}.csv") for curve in recorded.curves]
    words = ["analyze", "--json", "--orientation", "out_of_plane", *map(str, paths)]
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    theirs, ours = by_place(json.loads(result.stdout)), by_place([f.as_dict() for f in recorded.findings])
    assert theirs.keys() == ours.keys()
    for key, findings in ours.items():
        for mine, other in zip(findings, theirs[key], strict=True):
            assert (mine["value"] is None) == (other["value"] is None), key
            if mine["value"] is None:
                continue
            # a table does not hold the limits of error of thermometer and magnet, which weigh points
            assert other["value"] == pytest.approx(mine["value"], rel=1e-6, abs=0.1 * mine["error"]), key
            assert other["error"] <= 1.0001 * mine["error"], key
