"""Runs of several samples beside each other."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.recording import RunRecord, load_run
from fluxoid.report.comparison import Series, series_of, zero_fields
from fluxoid.together import load_together
from instruments.errors import ConfigurationError

#: What the table shows of every sample, where it is known.
_QUANTITIES = ("RRR", "Tc_mid", "pauli_field")
_SPINS = ("maki_parameter", "spin_orbit_scattering")
_GAPS = ("gap_ratio_2Delta_kTc",)


def load_samples(paths: Sequence[Path]) -> list[tuple[str, RunRecord]]:
    """One record for each sample, by the name that the runs have for it, in the order given.

    Raises:
        ConfigurationError: a run cannot be read, or there are fewer than two samples.
    """
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        by_name.setdefault(load_run(path).header.sample_name, []).append(path)
    if len(by_name) < 2:
        names = ", ".join(map(repr, by_name))
        raise ConfigurationError(
            f"all {len(paths)} runs are of the sample {names}; a comparison needs two samples"
            " (`fluxoid report RUN...` draws several runs of one sample)"
        )
    return [(name, load_together(mine)) for name, mine in by_name.items()]


def print_samples(samples: Sequence[tuple[str, RunRecord]]) -> None:
    """The table: one column for each sample and orientation; provisional numbers have a question mark."""
    shown = [(one.label, _column(one)) for one in series_of(samples)]
    table = Table(title="Samples", title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("")
    for label, _ in shown:
        table.add_column(label, justify="right", overflow="fold")
    for quantity in dict.fromkeys(quantity for _, column in shown for quantity in column):
        table.add_row(quantity, *(column.get(quantity, "") for _, column in shown))
    Console().print(table)


def _column(one: Series) -> dict[str, str]:
    found = [one.data.find(quantity) for quantity in (*_QUANTITIES, *_SPINS, *_GAPS)]
    column = {notation.symbol(f.quantity): _text(f) for f in found if f is not None and f.value is not None}
    for name, finding in zip(("Bc2(0)", "-0.69 Tc dB/dT"), zero_fields(one.data), strict=True):
        if finding is not None:
            column[name] = _text(finding)
    return column


def _text(finding: Finding) -> str:
    return notation.value_text(finding, True) + (" ?" if finding.verdict is Verdict.PROVISIONAL else "")
