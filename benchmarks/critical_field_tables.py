"""The tables of the upper critical field: pulls, rejections, and what was missed."""

import statistics
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from analysis.critical_field_film import film_findings
from analysis.critical_field_fits import ORBITAL_SLOPE, WHH, WHH_ORBITAL, WHH_SLOPE, points_findings
from analysis.findings import Verdict
from analysis.models import ginzburg_landau as gl
from analysis.models.bcs import pauli_field
from analysis.models.whh import ORBITAL_RATIO
from analysis.upper_field.models import LAWS
from benchmarks.critical_field_samples import FILMS, distance, make
from benchmarks.pulls import DETECTABLE, LOST, MEAN, REJECTED, WIDTH

#: Laws that contain the one that made the data: nobody can reject them.
CONTAINS = {WHH_SLOPE: {WHH}, WHH_ORBITAL: {WHH, WHH_SLOPE}}
#: Laws whose slope at Tc is that of WHH.
WITH_SLOPE = (WHH, WHH_SLOPE, WHH_ORBITAL)
TARGETS = f"""\
Targets: pull mean within {MEAN}, width {WIDTH[0]}-{WIDTH[1]}, right law rejected in at most {LOST:.1%}, wrong law
in {REJECTED:.0%} of the detectable sets."""
HOW = f"""\
Distance: the chi2 of the wrong law fitted to the points of the right one without noise, with the errors and the Tc
of the set, by scipy and not by the fits judged here. Its root is the number of standard errors between the curves.
Even two curves known beforehand are told apart as the targets ask (one lost in 200, 95 % found) by no test below a
distance of (2.576 + 1.645)^2 = {DETECTABLE}; sets beyond that are called detectable. Pairs rejected always are left
out. "Kept, truth named": share of the sets not rejected in which the reason names the law that made them."""


class Row(NamedTuple):
    """One finding of one data set; ``named``: its reason names the law that made the data."""

    truth: str
    seed: int
    method: str
    quantity: str
    verdict: Verdict
    named: bool
    pull: float


def judge(job: tuple[str, int]) -> list[Row]:
    """All findings of one data set against its truth."""
    truth, seed = job
    data = make(truth, seed)
    known, rows = data.known, []
    find = film_findings if truth in FILMS else points_findings
    for finding in find(data.points, {}):
        expected = known.get(finding.quantity)
        if finding.method == ORBITAL_SLOPE and "whh_slope" in known:
            orbital = ORBITAL_RATIO * known["whh_slope"] * known["Tc"]
            expected = {
                "Bc2_0": orbital,
                "pauli_ratio": orbital / float(pauli_field(known["Tc"])),
                "coherence_length": float(gl.coherence_length(orbital)),
            }.get(finding.quantity, expected)
        pull = float("nan")
        if finding.value is not None and finding.error and expected is not None:
            pull = (finding.value - expected) / finding.error
        named = f"{truth} (" in finding.reason
        rows.append(Row(truth, seed, finding.method, finding.quantity, finding.verdict, named, pull))
    return rows


def _right(row: Row) -> bool:
    """Did this law make the data, or is its claim true of them?"""
    return row.method == row.truth or (row.method == ORBITAL_SLOPE and row.truth in WITH_SLOPE)


def coverage(rows: list[Row]) -> list[str]:
    """Pulls where the right law is fitted."""
    groups: dict[tuple[str, str, str], list[tuple[Verdict, float]]] = defaultdict(list)
    for row in filter(_right, rows):
        groups[row.truth, row.method, row.quantity].append((row.verdict, row.pull))
    lines = [
        "| data made by | method | quantity | numbers | pull mean | pull width | in 2 errors | open | rejected |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (truth, method, quantity), group in groups.items():
        pulls = [pull for _, pull in group if pull == pull]
        count = len(group)
        none = sum(verdict == Verdict.NOT_ENOUGH_DATA for verdict, _ in group) / count
        rejected = sum(verdict == Verdict.MODEL_REJECTED for verdict, _ in group) / count
        figures = "- | - | -"
        if len(pulls) > 1:
            within = sum(abs(pull) <= 2 for pull in pulls) / len(pulls)
            figures = f"{statistics.fmean(pulls):+.2f} | {statistics.pstdev(pulls):.2f} | {within:.1%}"
        lines.append(
            f"| {truth} | {method} | `{quantity}` | {len(pulls)} | {figures} | {none:.1%} | {rejected:.1%} |"
        )
    return lines


def _missed(name: str, mean: float, width: float, count: int) -> str | None:
    if abs(mean) <= MEAN and WIDTH[0] <= width <= WIDTH[1]:
        return None
    chance = f"+-{width / count**0.5:.2f} and +-{width / (2 * count) ** 0.5:.2f} by the number of sets"
    return f"* {name}: mean {mean:+.2f}, width {width:.2f} ({chance})"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A law against the data of another one, set by set: is it rejected, is the truth named, and how far is it.

    ``distances`` is empty where every set was rejected: there is nothing to explain then.
    """

    truth: str
    method: str
    rejected: list[bool]
    named: list[bool]
    distances: list[float]

    def share(self, low: float, high: float) -> tuple[float, int] | None:
        """Share rejected of the sets at these distances, and their number; None if there are none."""
        if not self.distances:
            return 1.0, len(self.rejected)
        inside = [yes for yes, far in zip(self.rejected, self.distances, strict=True) if low <= far < high]
        return (statistics.fmean(inside), len(inside)) if inside else None


def measure(rows: list[Row]) -> list[Wrong]:
    """Every wrong law against every truth, with the distances where it was not always rejected."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        contains = row.method in CONTAINS.get(row.truth, ())
        if row.quantity == "Bc2_0" and not _right(row) and not contains:
            groups[row.truth, row.method].append(row)
    result = []
    for (truth, method), group in groups.items():
        rejected = [row.verdict == Verdict.MODEL_REJECTED for row in group]
        far = [] if all(rejected) else [distance(make(truth, row.seed), method) for row in group]
        result.append(Wrong(truth, method, rejected, [row.named for row in group], far))
    return result


def misses(rows: list[Row], wrong: list[Wrong]) -> list[str]:
    """Which targets are missed, and by how much."""
    pulls, lost = defaultdict(list), defaultdict(list)
    for row in filter(_right, rows):
        if row.pull == row.pull:
            pulls[f"{row.quantity} by {row.method} of {row.truth}"].append(row.pull)
        lost[row.truth, row.method].append(row.verdict == Verdict.MODEL_REJECTED)
    lines = [
        _missed(name, statistics.fmean(group), statistics.pstdev(group), len(group))
        for name, group in pulls.items()
    ]
    for (truth, method), group in lost.items():
        if statistics.fmean(group) > LOST:
            lines.append(f"* {method} rejected in {statistics.fmean(group):.1%} of the data sets of {truth}")
    for one in wrong:
        found = one.share(DETECTABLE, float("inf"))
        if found is None:
            lines.append(f"* {one.method} cannot be told from {one.truth}: no set is detectable")
        elif found[0] < REJECTED:
            lines.append(f"* {one.method} rejected in only {found[0]:.1%} of the detectable sets of {one.truth}")
    return [line for line in lines if line is not None] or ["None."]


def power(wrong: list[Wrong]) -> list[str]:
    """How often a wrong law is rejected, by how far it is from the data."""
    edges = (0.0, 9.0, DETECTABLE, 36.0, float("inf"))
    heads = ["below 9", f"9-{DETECTABLE}", f"{DETECTABLE}-36", "above 36"]
    lines = [
        f"| data made by | law | all sets | {' | '.join(heads)} "
        "| detectable | of these rejected | kept, truth named |",
        "|---" * 10 + "|",
    ]
    for one in wrong:
        if not one.distances:
            continue
        parts = [one.share(low, high) for low, high in pairwise(edges)]
        cells = ["-" if part is None else f"{part[0]:.1%} of {part[1]}" for part in parts]
        found = one.share(DETECTABLE, float("inf"))
        kept = [named for named, gone in zip(one.named, one.rejected, strict=True) if not gone]
        seen = "0.0% | -" if found is None else f"{found[1] / len(one.rejected):.1%} | {found[0]:.1%}"
        lines.append(
            f"| {one.truth} | {one.method} | {statistics.fmean(one.rejected):.1%} | {' | '.join(cells)} | {seen} "
            f"| {statistics.fmean(kept):.1%} |"
        )
    return lines


def rejection(rows: list[Row]) -> list[str]:
    """Share of data sets in which a law is rejected."""
    groups: dict[tuple[str, str], list[bool]] = defaultdict(list)
    notes: dict[tuple[str, str], str] = {}
    for row in rows:
        if row.quantity == "Bc2_0":
            key = row.truth, row.method
            groups[key].append(row.verdict == Verdict.MODEL_REJECTED)
            contains = row.method in CONTAINS.get(row.truth, ())
            notes[key] = " (right)" if _right(row) else " (contains it)" if contains else ""
    lines: list[str] = []
    for films in (False, True):
        methods = FILMS if films else (*(law.name for law in LAWS), ORBITAL_SLOPE)
        truths = [one for one in dict.fromkeys(row.truth for row in rows) if (one in FILMS) is films]
        if truths:
            lines += ["", f"| data made by | {' | '.join(methods)} |", "|---" * (len(methods) + 1) + "|"]
        for truth in truths:
            cells = [f"{statistics.fmean(groups[truth, method]):.1%}{notes[truth, method]}" for method in methods]
            lines.append(f"| {truth} | {' | '.join(cells)} |")
    return lines[1:]
