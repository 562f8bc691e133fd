"""The command line. Heavy imports are inside the commands, so that ``--help`` answers at once."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.errors import FluxoidError
from fluxoid.cli_magnet import magnet
from fluxoid.cli_station import simulate, station

if TYPE_CHECKING:
    from analysis.findings import Finding
    from fluxoid.experiment import Experiment
    from fluxoid.foreign.curves import Kind
    from fluxoid.foreign.run import ForeignRun
    from fluxoid.recording.record import RunRecord

#: Exit codes: a mistake in what was asked; a run that went wrong; a run stopped by a person.
BAD_INPUT, FAILED, STOPPED = 2, 1, 130

_FILE = click.Path(path_type=Path)


class _Commands(click.Group):
    """Turns the project's errors into one message on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (click's own signature)
        try:
            return super().invoke(ctx)
        except FluxoidError as error:
            click.echo(str(error), err=True)
            ctx.exit(_exit_code(error))


def _exit_code(error: FluxoidError) -> int:
    from instruments.errors import RecordingError, RunStopped, StoppedByOperator

    if isinstance(error, StoppedByOperator):
        return STOPPED
    return FAILED if isinstance(error, RunStopped | RecordingError) else BAD_INPUT


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="fluxoid", prog_name="fluxoid")
def main() -> None:
    """Transport measurements on superconductors: drive the cryostat, record, and know Hc2, U0 and their
    errors while the data arrive.

    \b
    Try it without a cryostat:
      fluxoid check   configs/experiments/nbs2_out_of_plane.yaml
      fluxoid dry-run configs/experiments/nbs2_out_of_plane.yaml
      fluxoid report  runs/<the run>
    """


main.add_command(magnet)
main.add_command(simulate)
main.add_command(station)


def _experiment_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--station", type=_FILE, metavar="FILE", help="Use this station instead of the experiment's."),
        click.option("--sample", type=_FILE, metavar="FILE", help="Use this sample instead of the experiment's."),
        click.argument("experiment", type=_FILE),
    ):
        command = option(command)
    return command


def _run_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--resume",
            type=_FILE,
            metavar="RUN",
            help="Go on with a run that was stopped: its complete curves are taken over into a new run.",
        ),
        click.option("--quiet", is_flag=True, help="Say nothing but the findings at the end."),
        click.option(
            "--out", type=_FILE, metavar="DIR", help="Where the run is recorded; default: runs/<time>-<experiment>."
        ),
    ):
        command = option(command)
    return command


@main.command()
@_experiment_options
def check(experiment: Path, sample: Path | None, station: Path | None) -> None:
    """Validate everything without touching an instrument: files, limits, rates, reach, expected duration."""
    from fluxoid.check import describe, prepare
    from fluxoid.experiment import load_experiment

    prepared = prepare(load_experiment(experiment, station=station, sample=sample))
    click.echo(describe(prepared))


@main.command("dry-run")
@_experiment_options
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same run."
)
@_run_options
def dry_run(
    experiment: Path,
    sample: Path | None,
    station: Path | None,
    seed: int,
    out: Path | None,
    quiet: bool,
    resume: Path | None,
) -> None:
    """Run an experiment on a simulated rack in virtual time: the same drivers, days in seconds."""
    from fluxoid.experiment import load_experiment

    loaded = load_experiment(experiment, station=station, sample=sample)
    _perform(loaded, out, quiet, seed, virtual=True, resume=resume)


@main.command()
@_experiment_options
@click.option("--seed", type=click.IntRange(0), default=1, help="Seed, when the station's backend is simulated.")
@_run_options
def run(
    experiment: Path,
    sample: Path | None,
    station: Path | None,
    seed: int,
    out: Path | None,
    quiet: bool,
    resume: Path | None,
) -> None:
    """Run an experiment in real time on the station's own backend.

    Ctrl-C finishes the call in flight, brings the rack to its safe state (excitation off, magnet holding, heater
    off) and closes the file.
    """
    from fluxoid.experiment import load_experiment

    loaded = load_experiment(experiment, station=station, sample=sample)
    _perform(loaded, out, quiet, seed, virtual=False, resume=resume)


@main.command()
@click.argument("runs", type=_FILE, nargs=-1, required=True, metavar="RUN...")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for other programs.")
def findings(runs: tuple[Path, ...], as_json: bool) -> None:
    """Print what a run found, beside the truth when its sample was simulated. Works while it is running.

    Several runs of one sample are worked out anew as one: the coherence length of a field across a film, say,
    together with the peak field along it.
    """
    from fluxoid.findings_table import findings_json, print_findings
    from fluxoid.together import load_together

    record = load_together(runs)
    if as_json:
        click.echo(findings_json(record.findings))
    else:
        print_findings(record.findings, _truth(runs[0], record))


@main.command()
@click.argument("runs", type=_FILE, nargs=-1, required=True, metavar="RUN...")
@click.option("--out", type=_FILE, metavar="DIR", help="Where the figures go; default: figures/ in the run.")
def report(runs: tuple[Path, ...], out: Path | None) -> None:
    """Draw the figures of a run as PNG and PDF, with fitted lines and, where simulated, the truth.

    Beside them goes summary.html, one page with all findings and figures that opens in any browser. Several runs of
    one sample are drawn as one, in the folder that --out names.
    """
    from fluxoid.report import write_report
    from fluxoid.report.summary import write_summary
    from fluxoid.together import load_together
    from fluxoid.truth import simulated_sample

    if len(runs) > 1 and out is None:
        raise click.UsageError(f"{len(runs)} runs were given: say with --out where their figures go")
    run, record = runs[0], load_together(runs)
    folder = out or _directory(run) / "figures"
    sample = simulated_sample(_directory(run), record)
    written = write_report(
        record,
        folder,
        truth=sample.truth if sample else None,
        sample_law=sample.resistance if sample else None,
        leakage_limit_A=_leakage_limit(_directory(run)),
    )
    pictures = [path for path in written if path.suffix == ".png" and not path.stem.startswith("overview")]
    page = write_summary(record, pictures, folder, sample.truth if sample else None)
    click.echo(f"{len(written)} files in {folder}, all of them in {page}")
    for path in written:
        if path.suffix == ".png":
            click.echo(f"  {path.name}")


@main.command()
@click.argument("runs", type=_FILE, nargs=-1, required=True, metavar="RUN RUN...")
@click.option("--out", type=_FILE, metavar="DIR", default=Path("comparison"), help="Where the figures go.")
def compare(runs: tuple[Path, ...], out: Path) -> None:
    """Samples beside each other: a table, and figures that show all of them.

    \b
      fluxoid compare runs/oxy runs/vac runs/rrr52 --out figures

    Upper critical fields against temperature and in units of the Pauli field, Bc2(0) against the resistance ratio,
    gaps in a field. Runs of one sample (several mountings, other temperatures) count as one.
    """
    from fluxoid.compare import load_samples, print_samples
    from fluxoid.report.comparison import write_comparison

    samples = load_samples(runs)
    print_samples(samples)
    written = [path.name for path in write_comparison(samples, out) if path.suffix == ".png"]
    click.echo(f"figures in {out}: {', '.join(written)}" if written else "no figure has two samples in it")


@main.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option(
    "--kind",
    type=click.Choice(["R(T)", "R(B)", "hall", "dI/dV"]),
    help="What the files hold; by default told from the columns and from what varies.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="QUANTITY=NUMBER[:UNIT]",
    help="Where a heading does not say it: temperature, field, resistance, hall, bias or conductance, by number"
    " (from 1) or heading, e.g. temperature=3 or field=2:Oe. Repeatable.",
)
@click.option("--field", type=float, metavar="T", help="Field held, in tesla, where the files do not say.")
@click.option(
    "--temperature",
    type=click.FloatRange(0, min_open=True),
    metavar="K",
    help="Temperature held, in kelvin, where the files do not say.",
)
@click.option(
    "--orientation", type=click.Choice(["in_plane", "out_of_plane"]), help="Of the field to the sample's plane."
)
@click.option(
    "--thickness",
    type=click.FloatRange(0, min_open=True),
    metavar="M",
    help="Of the sample, in metres: Hall resistance to carrier density.",
)
@click.option(
    "--length-over-area",
    type=click.FloatRange(0, min_open=True),
    metavar="1/M",
    help="Of the sample, in 1/m: resistivities in the files to resistances.",
)
@click.option(
    "--modulation",
    type=click.FloatRange(0),
    default=0.0,
    metavar="V",
    help="Of the lock-in in dI/dV, in volts rms at the contact (20 uV: 2e-5).",
)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects for other programs.")
@click.option("--out", type=_FILE, metavar="DIR", help="Draw the figures there, and write findings.json.")
def analyze(
    files: tuple[Path, ...],
    kind: "Kind | None",
    columns: tuple[str, ...],
    field: float | None,
    temperature: float | None,
    orientation: str | None,
    thickness: float | None,
    length_over_area: float | None,
    modulation: float,
    as_json: bool,
    out: Path | None,
) -> None:
    """Analyse measurements of others: CSV, tab-separated text, Quantum Design MultiVu .dat, as one set.

    Columns are found by name and unit: "Temperature (K)", "T/K", "Magnetic Field (Oe)", "R [mOhm]". What is held
    comes from a column (several plateaus are several curves), from the name of the file (R_T_0.5T.dat) or from an
    option. What was assumed is told on stderr.

    \b
    R(T) in several fields: Tc, Hc2(T), activation energy
      fluxoid analyze RT_*.dat --orientation out_of_plane --out figures
    R(B) or Hall at one temperature: Hc2, hysteresis, density, mobility
      fluxoid analyze hall_2K.csv --thickness 20e-9
    dI/dV: gap, broadening, barrier; the gap against T and B
      fluxoid analyze dIdV_*.dat --temperature 0.3 --modulation 2e-5
    Columns without headings
      fluxoid analyze old.txt --column temperature=2:K --column resistance=5:mOhm
    """
    from fluxoid.findings_table import findings_json, print_findings
    from fluxoid.foreign.columns import parse_column_options
    from fluxoid.foreign.curves import Asked
    from fluxoid.foreign.run import analyze_files

    asked = Asked(kind, field, temperature, orientation, thickness, modulation)
    result = analyze_files(files, asked, parse_column_options(columns), length_over_area)
    for note in result.notes:
        click.echo(note, err=True)
    text = findings_json(result.findings)
    if as_json:
        click.echo(text)
    else:
        print_findings(result.findings)
    if out is not None:
        _draw(result, out, text)


def _draw(result: "ForeignRun", out: Path, findings_text: str) -> None:
    from fluxoid.report import write_report
    from instruments.errors import ConfigurationError

    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "findings.json").write_text(findings_text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--out {out}: cannot be written: {error.strerror}") from error
    written = write_report(result, out)
    click.echo(f"findings.json and {len(written)} figure files in {out}", err=True)


@main.command()
@click.argument("run", type=_FILE)
@click.option(
    "--skip-corrupt", is_flag=True, help="Leave damaged lines of the journal out, and say which in the log."
)
def recover(run: Path, skip_corrupt: bool) -> None:
    """Rebuild run.h5 of a run that was killed, from its journal. Nothing is lost: the old file is kept."""
    from fluxoid.recording.recover import recover as rebuild

    click.echo(str(rebuild(run, skip_corrupt=skip_corrupt)))


def _perform(
    experiment: "Experiment", out: Path | None, quiet: bool, seed: int, virtual: bool, resume: Path | None
) -> None:
    from fluxoid.check import prepare
    from fluxoid.findings_table import print_findings
    from fluxoid.perform import perform
    from fluxoid.recording import load_run

    directory, outcome = perform(prepare(experiment), out, seed=seed, virtual=virtual, quiet=quiet, resume=resume)
    print_findings(outcome.findings, _truth(directory, load_run(directory)))
    click.echo(
        f"\n{outcome.points} points in {outcome.duration_s / 3600:.1f} h on the cryostat; recorded in {directory}"
        f"\nfigures: fluxoid report {directory}"
    )
    if outcome.status != "finished":
        click.echo(f"{outcome.status}: {outcome.reason}", err=True)
        sys.exit(STOPPED if outcome.by_operator else FAILED)


def _directory(run: Path) -> Path:
    return run if run.is_dir() else run.parent


def _leakage_limit(directory: Path) -> float | None:
    """At which leakage (A) the gate of a run's station trips; None without a gate, and where it cannot be told."""
    from instruments.errors import ConfigurationError
    from instruments.station_file import load_station

    path = directory / "station.yaml"
    if not path.exists():
        return None
    try:
        gate = load_station(path).limits.gate
    except ConfigurationError as error:  # of another version, say: the figures need nothing else of it
        click.echo(f"the limit of the gate's leakage is not drawn: {error}", err=True)
        return None
    return None if gate is None else gate.leakage_A


def _truth(run: Path, record: "RunRecord") -> "Callable[[Finding], float | None] | None":
    from fluxoid.truth import simulated_sample

    sample = simulated_sample(_directory(run), record)
    return sample.truth if sample else None
