"""(value - truth)/error of many synthetic data sets: the table, and where it misses its targets."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.findings import Finding, Verdict

#: Targets: mean and width of the pulls, and the share of sets without a number or with a wrong verdict.
MEAN, WIDTH, LOST = 0.1, (0.9, 1.15), 0.005
#: Share of the data made by another law in which a law has to be rejected.
REJECTED = 0.95
#: Two curves known beforehand, so far apart in chi2, are told apart by the best of all tests as the targets ask
#: (one lost in 200, 95 % found), nearer ones by no test at all: (2.576 + 1.645)^2.
DETECTABLE = 17.8


@dataclass(slots=True)
class Score:
    """Pulls by quantity; failures by what went wrong; and sets that no local method could have evaluated."""

    sets: int
    pulls: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lost: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    given_anyway: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, finding: Finding, truth: float, kinds: Sequence[str] = ("all",)) -> None:
        """A finding beside its truth, under each kind; without a number it is lost."""
        if finding.value is None or not finding.error:
            self.lost[f"{name}: no number"] += 1
            return
        for kind in kinds:
            self.pulls[f"{name}, {kind}" if kind else name].append((finding.value - truth) / finding.error)

    def criterion(self, name: str, finding: Finding, truth: float, shape: str, hidden: bool) -> None:
        """A crossing, by verdict and by shape of the transition; lost only where it is not hidden by the noise."""
        self.hidden[name] += hidden
        if finding.value is None and hidden:
            return
        self.given_anyway[name] += hidden
        good = finding.verdict is Verdict.GOOD
        self.count(name, finding, truth, ("all", "good", f"good, {shape}") if good else ("all", "provisional"))

    def table(self) -> list[str]:
        """The pulls of every quantity."""
        lines = [
            "| quantity | cases | within 2 sigma | pull mean | pull width | largest |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for name, values in sorted(self.pulls.items()):
            p = np.array(values)
            within, largest = float(np.mean(np.abs(p) <= 2)), float(np.max(np.abs(p)))
            lines.append(
                f"| {name} | {p.size} | {within:.1%} | {np.mean(p):+.2f} | {np.std(p):.2f} | {largest:.1f} |"
            )
        return lines

    def failures(self) -> list[str]:
        """What was lost, and what could not be found."""
        lines = [f"* {name}: {count} of {self.sets}" for name, count in sorted(self.lost.items()) if count]
        for name, count in sorted(self.hidden.items()):
            without = count - self.given_anyway[name]
            lines.append(f"* {name}, hidden by the noise: {count} of {self.sets}; {without} of them have no number")
        return lines or ["None."]

    def misses(self) -> list[str]:
        """Which targets are missed, and by how much."""
        lines = []
        for name, values in sorted(self.pulls.items()):
            p = np.array(values)
            mean, width = float(np.mean(p)), float(np.std(p))
            if abs(mean) > MEAN or not WIDTH[0] <= width <= WIDTH[1]:
                chance = (
                    f"+-{width / p.size**0.5:.2f} and +-{width / (2 * p.size) ** 0.5:.2f} by the number of sets"
                )
                lines.append(f"* {name}: mean {mean:+.2f}, width {width:.2f} ({chance})")
        lost = sorted(self.lost.items())
        lines += [f"* {name}: {count / self.sets:.1%}" for name, count in lost if count > LOST * self.sets]
        return lines or ["None."]

    def page(self, title: str, made: str, first: int, why: str) -> str:
        """The page of documentation."""
        targets = f"Targets: pull mean within {MEAN}, width {WIDTH[0]}-{WIDTH[1]}, failures under {LOST:.1%}."
        seeds = f"{self.sets} data sets of each kind (seeds from {first} on)."
        head = [f"# {title}", "", made, "", seeds, "", *self.table(), "", "## Failures", "", *self.failures()]
        return "\n".join(
            [*head, "", "## Targets missed", "", targets, "", *self.misses(), "", "## Why", "", why, ""]
        )
