"""Gate sweeps of a campaign: leakage and hysteresis of each, and the peaks of R(B) in their maps."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.completeness import cut_short, unfinished, with_losses
from analysis.curves import Curve
from analysis.findings import Condition, Finding, Verdict
from analysis.gate_line import GateLine, gate_line, hysteresis_finding, leakage_finding, pooled_hysteresis
from analysis.gate_map import GateMap, gate_map, same_temperature
from analysis.map_findings import PEAK, MapResult, height_growth, own_findings, pooled_findings
from analysis.map_heights import height_minimum
from analysis.map_peaks import candidates, map_peaks
from analysis.steepness import Steepness, steepness

#: Conditions in which lines of one map agree, beside their temperature.
_SHARED = ("orientation", "channel")


@dataclass(slots=True)
class _Plateau:
    """The lines of one temperature and sample position, and what their map says."""

    key: tuple[Condition | None, ...]
    temperature_K: float
    lines: list[GateLine] = field(default_factory=list)
    result: MapResult | str = ""
    least: list[Finding] = field(default_factory=list)

    def findings(self, field_accuracy: float, accuracy_K: float, steep: Steepness | None) -> list[Finding]:
        """Of this map alone."""
        if isinstance(self.result, str):
            return [_no_map(self, self.result)]
        return [*own_findings(self.result, field_accuracy, accuracy_K, steep), *self.least]


class MapStudy:
    """Lines come one by one with :meth:`add`; :meth:`findings` holds for all so far.

    A new line changes the map of its own temperature, and what all maps say together.
    """

    def __init__(self) -> None:
        self._own: list[Finding] = []
        self._plateaus: list[_Plateau] = []
        self._pairs: dict[tuple[Condition | None, ...], list[Finding]] = {}
        self._accuracy = self._accuracy_K = 0.0

    def add(self, curve: Curve, lost: int = 0) -> None:
        """One finished gate sweep; ``lost`` of its points were no numbers and are not in it."""
        before = len(self._own)
        if self._take(curve):
            self._refresh(self._plateaus[-1:])
        self._own[before:] = with_losses(self._own[before:], lost)

    def add_all(self, curves: Sequence[Curve]) -> None:
        """Many at once: maps are worked out once, over all of them."""
        for curve in curves:
            self._take(curve)
        self._refresh(self._plateaus)

    def findings(self, complete: bool, isotherms: Sequence[Curve] = ()) -> list[Finding]:
        """Of lines in their order, of maps, and across maps; ``complete``: no more curves are to come.

        ``isotherms`` are R(B) at several temperatures, which tell what the thermometer's error does to a height.
        """
        steep = steepness(isotherms) if any(plateau.least for plateau in self._plateaus) else None
        accuracies = self._accuracy, self._accuracy_K
        maps = [finding for plateau in self._sorted() for finding in plateau.findings(*accuracies, steep)]
        across = [*maps, *self._across()]
        return [*self._own, *(across if complete else unfinished(across))]

    def _take(self, curve: Curve) -> bool:
        self._accuracy = max(self._accuracy, curve.info.field_accuracy)
        self._accuracy_K = max(self._accuracy_K, curve.info.temperature_accuracy_K)
        self._own.append(leakage_finding(curve))
        line = gate_line(curve)
        if isinstance(line, str):
            self._own.append(_no_line(curve, line))
            return False
        key = tuple(line.conditions.get(name) for name in _SHARED)
        plateau = next(
            (p for p in self._plateaus if p.key == key and same_temperature(p.temperature_K, line.temperature_K)),
            None,
        )
        plateau = plateau or _Plateau(key, line.temperature_K)
        # the one with the newest line comes last
        self._plateaus = [p for p in self._plateaus if p is not plateau] + [plateau]
        partner = next(
            (
                old
                for old in reversed(plateau.lines)
                if old.field_T == line.field_T and {old.direction, line.direction} == {"up", "down"}
            ),
            None,
        )
        plateau.lines.append(line)
        if partner is not None:
            up, down = (line, partner) if line.direction == "up" else (partner, line)
            self._pairs.setdefault(key, []).append(hysteresis_finding(up, down))
        return True

    def _refresh(self, plateaus: Sequence[_Plateau]) -> None:
        for plateau in plateaus:
            data = gate_map(plateau.lines)
            plateau.result, plateau.least = data if isinstance(data, str) else _result(data), []
            if isinstance(plateau.result, MapResult) and plateau.result.peaks:
                plateau.least.append(height_minimum(plateau.result))

    def _sorted(self) -> list[_Plateau]:
        return sorted(self._plateaus, key=lambda plateau: (repr(plateau.key), plateau.temperature_K))

    def _across(self) -> list[Finding]:
        findings: list[Finding] = []
        for key in dict.fromkeys(plateau.key for plateau in self._sorted()):
            shared = {name: value for name, value in zip(_SHARED, key, strict=True) if value is not None}
            findings += pooled_hysteresis(self._pairs.get(key, []), shared)
            mine = [p.result for p in self._sorted() if p.key == key and isinstance(p.result, MapResult)]
            if any(result.peaks for result in mine):
                findings += [*pooled_findings(mine, self._accuracy), *height_growth(mine)]
        return findings


def _result(data: GateMap) -> MapResult:
    found = candidates(data)
    return MapResult(data, found, map_peaks(data, found))


def _no_line(curve: Curve, reason: str) -> Finding:
    made = Finding(
        PEAK, None, None, "T", Verdict.NOT_ENOUGH_DATA, reason, "", curve.info.conditions, (curve.info.name,)
    )
    return made if curve.complete else cut_short([made])[0]


def _no_map(plateau: _Plateau, reason: str) -> Finding:
    first = plateau.lines[0]
    conditions = {k: v for k, v in first.conditions.items() if k not in ("field_T", "direction")}
    names = tuple(line.name for line in plateau.lines)
    return Finding(PEAK, None, None, "T", Verdict.NOT_ENOUGH_DATA, reason, "", conditions, names)
