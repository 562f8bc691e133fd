"""Analyses across curves, each done once for what it rests on.

A campaign of a hundred lines would otherwise be worked out anew, all of it, at the end of every line.
"""

from collections.abc import Callable, Hashable, Sequence

from analysis.findings import Finding


class Pieces:
    """Findings by name of the analysis; kept as long as it rests on the very same objects.

    What an analysis rests on must not change in place: results of curves are frozen, and a new one takes the place
    of one that was worked out again.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[tuple[object, ...], list[Finding]]] = {}

    def of(self, name: Hashable, rests_on: Sequence[object], work: Callable[[], list[Finding]]) -> list[Finding]:
        """Findings of ``work``, done only if it rests on anything else than the last time under this name."""
        known = self._known.get(name)
        if known is not None and len(known[0]) == len(rests_on):
            same = all(old is new for old, new in zip(known[0], rests_on, strict=True))
            if same:
                return known[1]
        findings = work()
        self._known[name] = tuple(rests_on), findings
        return findings
