"""The tables of thermally activated flux flow: pulls, laws chosen, and what was missed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.pulls import DETECTABLE, LOST, MEAN, REJECTED, WIDTH

#: Without so many curves neither law can be told, nor that of U0(H).
FEWEST = 3
#: In place of a law: the true one is refused for want of data, or it is rejected.
UNDETERMINED, NONE = "not determined", "rejected"


@dataclass(frozen=True, slots=True)
class Pull:
    """One finding against its truth: label, (value - truth)/error, and whether its verdict is good."""

    label: str
    pull: float
    good: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    """What one campaign gave: the law chosen and the true one, the same for U0(H), and all pulls.

    ``distance`` is that of the nearest wrong law of U0(H), where there are energies by the right law of R(T).
    """

    seed: int
    usable: int
    true_method: str
    method: str
    true_law: str
    law: str
    pulls: tuple[Pull, ...]
    failure: str = ""
    distance: float = float("nan")


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one quantity; ``chance`` is the standard error of the mean, campaigns being independent."""

    name: str
    pulls: np.ndarray
    campaigns: int
    chance: float

    @property
    def mean(self) -> float:
        """Mean pull."""
        return float(np.mean(self.pulls))

    @property
    def width(self) -> float:
        """Width of the pulls about their mean."""
        return float(np.std(self.pulls))

    def line(self) -> str:
        """The row of the table."""
        p = self.pulls
        return (
            f"| {self.name} | {p.size} | {self.campaigns} | {np.mean(np.abs(p) <= 2):.1%} "
            f"| {self.mean:+.2f} ± {self.chance:.2f} | {self.width:.2f} | {np.max(np.abs(p)):.1f} |"
        )


def rows(campaigns: Iterable[Campaign], good: bool) -> list[Row]:
    """Rows by quantity, of findings that are good or of those that are not."""
    groups: dict[str, list[list[float]]] = defaultdict(list)
    for campaign in campaigns:
        own: dict[str, list[float]] = defaultdict(list)
        for pull in campaign.pulls:
            if pull.good is good:
                own[pull.label].append(pull.pull)
        for label, values in own.items():
            groups[label].append(values)
    found = []
    for label, by_campaign in sorted(groups.items()):
        everything = np.concatenate([np.array(values) for values in by_campaign])
        # values of one campaign share thermometer and saturation: campaigns are what chance acts on
        sums = np.array([np.sum(np.array(values) - everything.mean()) for values in by_campaign])
        chance = float(np.sqrt(np.sum(sums**2)) / everything.size)
        found.append(Row(label, everything, len(by_campaign), chance))
    return found


def table(found: Sequence[Row]) -> list[str]:
    """Markdown table."""
    return [
        "| quantity | cases | campaigns | within 2 sigma | pull mean | pull width | largest |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(row.line() for row in found),
    ]


def choices(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Markdown table of true and chosen laws."""
    counts = Counter(pairs)
    true = sorted({one for one, _ in counts})
    chosen = sorted({other for _, other in counts})
    lines = [f"| truth | {' | '.join(chosen)} |", f"|---|{'---:|' * len(chosen)}"]
    for one in true:
        total = sum(count for (t, _), count in counts.items() if t == one)
        cells = [f"{counts[one, other] / total:.1%}" for other in chosen]
        lines.append(f"| {one} ({total}) | {' | '.join(cells)} |")
    return lines


def misses(good: Sequence[Row], campaigns: Sequence[Campaign]) -> list[str]:
    """What is beyond the targets, in one line each."""
    lines = []
    for row in good:
        if abs(row.mean) > MEAN or not WIDTH[0] <= row.width <= WIDTH[1]:
            lines.append(f"* {row.name}: mean {row.mean:+.2f} ± {row.chance:.2f}, width {row.width:.2f}")
    judged = [c for c in campaigns if c.usable >= FEWEST]
    pairs = [(c.true_method, c.method) for c in judged]
    laws = [(c.true_law, c.law) for c in judged if c.method == c.true_method]
    for what, of in (("R(T)", pairs), ("U0(H)", laws)):
        for true in sorted({t for t, _ in of}):
            group = [chosen for t, chosen in of if t == true]
            wrong = sum(chosen not in (true, NONE, UNDETERMINED) for chosen in group) / len(group)
            failed = sum(chosen == NONE for chosen in group) / len(group)
            refused = sum(chosen == UNDETERMINED for chosen in group) / len(group)
            name = f"* {what}, {true}: "
            lines += [f"{name}another law has the numbers in {wrong:.1%}"] if wrong > 1 - REJECTED else []
            lines += [f"{name}the true law is rejected in {failed:.1%}"] if failed > LOST else []
            lines += [f"{name}refused as not determined in {refused:.1%}"] if refused > LOST else []
            if what == "U0(H)":
                lines += _missed_detectable(name, true, judged)
    return lines or ["None."]


def _missed_detectable(name: str, true: str, judged: Iterable[Campaign]) -> list[str]:
    found = [c.law for c in _told(judged) if c.true_law == true and c.distance > DETECTABLE]
    if not found:
        return []
    wrong = sum(law not in (true, NONE, UNDETERMINED) for law in found) / len(found)
    refused = sum(law == UNDETERMINED for law in found) / len(found)
    lines = [f"{name}another law has the numbers in {wrong:.1%} of the detectable sets"] if wrong > LOST else []
    return lines + (
        [f"{name}refused as not determined in {refused:.1%} of the detectable sets"] if refused > LOST else []
    )


def _told(campaigns: Iterable[Campaign]) -> list[Campaign]:
    return [c for c in campaigns if c.method == c.true_method]


def detectable(campaigns: Sequence[Campaign]) -> list[str]:
    """Markdown table: what became of U0(H) in sets in which the wrong laws can be told from the right one."""
    lines = [
        "| truth | distance | sets | right law | another law | rejected | not determined |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for true in sorted({c.true_law for c in _told(campaigns) if np.isfinite(c.distance)}):
        group = [c for c in _told(campaigns) if c.true_law == true]
        for words, chosen in (
            (f"above {DETECTABLE}", [c.law for c in group if c.distance > DETECTABLE]),
            (f"below {DETECTABLE}", [c.law for c in group if c.distance <= DETECTABLE]),
        ):
            if chosen:
                known = {true: 0, NONE: 1, UNDETERMINED: 2}
                counts = Counter(known.get(law, 3) for law in chosen)
                cells = [f"{counts[index] / len(chosen):.1%}" for index in (0, 3, 1, 2)]
                lines.append(f"| {true} | {words} | {len(chosen)} | {' | '.join(cells)} |")
    return lines
