"""A map R(Vg, B) at one temperature: gate sweeps at discrete fields, at common gate voltages, with errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.curves import FloatArray
from analysis.findings import Condition
from analysis.gate_line import GateLine, binned
from analysis.statistics import SIGMA_PER_MAD
from analysis.steepness import thermal_load

#: Gate voltages of a map at most, points of a sweep that each needs, and fewest fields of a map.
MOST_GATES, POINTS_PER_GATE, FEWEST_FIELDS = 24, 3, 5
#: A sweep that covers less than this share of the widest one is left out of the map.
LEAST_COVER = 0.8
#: Fields within this are one, as are temperatures within this share.
SAME_FIELD_T, SAME_TEMPERATURE = 1e-4, 0.02
#: Lines on either side, and gates on either side, among which the scatter of lines is told.
LINES_AROUND, GATES_AROUND = 8, 2
#: Digits of a measured temperature.
DIGITS = 4
#: Deviations beyond so many standard deviations of the bulk are structure, not scatter.
OUTSIDE = 3.5
#: Rounds in which the size of the scatter settles, and the least of it that is told from none, in its noise.
ROUNDS, SMALLEST = 8, 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class GateMap:
    """R (gates, fields) in ohm at gates (V) and sizes of field (T), both rising, and its errors of two kinds.

    ``own_ohm`` is the noise within a line, independent from gate to gate; ``line_ohm`` is by how much lines scatter
    beyond it (a temperature or a field that was not quite the same), of which the share ``common`` (0 to 1) is
    shared by all gates of a line.
    """

    conditions: dict[str, Condition]
    temperature_K: float
    gate_V: FloatArray
    field_T: FloatArray
    resistance_ohm: FloatArray
    own_ohm: FloatArray
    line_ohm: FloatArray
    common: float
    names: tuple[str, ...]
    complete: bool
    note: str = ""

    @property
    def sigma_ohm(self) -> FloatArray:
        """Both errors together (gates, fields)."""
        return np.hypot(self.own_ohm, self.line_ohm)


def same_temperature(one: float, other: float) -> bool:
    """Whether lines at these temperatures (K) belong to one map."""
    return abs(one - other) <= SAME_TEMPERATURE * max(abs(one), abs(other))


def gate_map(lines: Sequence[GateLine]) -> GateMap | str:
    """The map of sweeps at one temperature; in words why there is none yet.

    Sweeps up and down at the same fields are averaged, from which a hysteresis of the gate cancels; a direction
    that not all fields have is left out. Sweeps at one field and direction are averaged.
    """
    widest = max((float(line.gate_V[-1] - line.gate_V[0]) for line in lines), default=0.0)
    long = [line for line in lines if line.gate_V[-1] - line.gate_V[0] >= LEAST_COVER * widest]
    note = f"{len(lines) - len(long)} sweep(s) cut short are left out" if len(long) < len(lines) else ""
    by_field = _one_set_of_directions(long)
    if len(by_field) < FEWEST_FIELDS:
        return f"gate sweeps at {len(by_field)} fields, {FEWEST_FIELDS} are needed"
    used = [line for _, group in by_field for line in group]
    low, high = max(line.gate_V[0] for line in used), min(line.gate_V[-1] for line in used)
    inside = min(int(np.count_nonzero((line.gate_V >= low) & (line.gate_V <= high))) for line in used)
    gates = min(MOST_GATES, inside // POINTS_PER_GATE)
    if gates < 1:
        return "the sweeps have no gate voltages in common"
    columns, errors = [], []
    for _, group in by_field:
        values, sigma = zip(*[binned(line, float(low), float(high), gates)[1:] for line in group], strict=True)
        columns.append(np.mean(values, axis=0))
        errors.append(np.sqrt(np.sum(np.square(sigma), axis=0)) / len(group))
    edges = np.linspace(low, high, gates + 1)
    resistance, own = np.array(columns).T, np.array(errors).T
    fields = np.array([field for field, _ in by_field])
    line, common = _line_scatter(fields, resistance, own)
    first = used[0]
    conditions = {k: v for k, v in first.conditions.items() if k not in ("field_T", "direction")}
    # a slewing gate warms its sample a little: what the peaks stand at is what was measured
    measured_K = float(f"{np.mean([line.measured_K for line in used]):.{DIGITS}g}")
    return GateMap(
        {**conditions, "temperature_K": measured_K},
        measured_K,
        0.5 * (edges[1:] + edges[:-1]),
        fields,
        resistance,
        own,
        line,
        common,
        tuple(line.name for line in used),
        all(line.complete for line in lines),
        note,
    )


def _one_set_of_directions(lines: Sequence[GateLine]) -> list[tuple[float, list[GateLine]]]:
    """Sweeps by rising field: of all directions where every field has them, else of the one most fields have."""
    groups: list[tuple[float, list[GateLine]]] = []
    for line in sorted(lines, key=lambda line: (line.field_T, line.name)):
        if groups and line.field_T - groups[-1][0] <= SAME_FIELD_T:
            groups[-1][1].append(line)
        else:
            groups.append((line.field_T, [line]))
    sets = [{line.direction for line in group} for _, group in groups]
    if not sets:
        return []
    shared = set.intersection(*sets)
    every = set.union(*sets)
    if shared == every:
        return groups
    best = max(sorted(every), key=lambda direction: sum(direction in each for each in sets))
    chosen = [(field, [line for line in group if line.direction == best]) for field, group in groups]
    return [(field, group) for field, group in chosen if group]


def _line_scatter(fields: FloatArray, r: FloatArray, own: FloatArray) -> tuple[FloatArray, float]:
    """By how much lines scatter about smooth R(B) beyond their own noise (gates, fields), and the common share.

    Every value is compared with the polynomial through its neighbours (two or three on either side, whichever
    agrees better), which takes out what is smooth in B. A temperature that was not the same moves R in proportion
    to R (c - R) with a ceiling c, as it does wherever R is a smooth step in T: its size is found from all lines
    nearby, and those far off are left out.
    """
    load = thermal_load(r, np.max(np.abs(r), axis=1, keepdims=True))
    load = np.maximum(load, 1e-6 * np.max(np.abs(r)) + 1e-300)
    best: FloatArray | None = None
    deviations: FloatArray | None = None
    for each_side in (2, 3):
        if fields.size < 2 * each_side + 1 + 2:
            continue
        weights = interpolation_weights(fields, each_side)
        part, lever = r @ weights.T, (weights**2).T
        by_own, by_load = own**2 @ lever, load**2 @ lever
        extra = _size(part**2, by_own, by_load)
        scaled = part / np.sqrt(by_load)
        if best is None or deviations is None:
            best, deviations = extra, scaled
        else:
            deviations = np.where(extra < best, scaled, deviations)
            best = np.minimum(best, extra)
    if best is None or deviations is None:  # too few fields to tell: as if all that is not smooth were scatter
        return np.zeros_like(r) + np.std(np.diff(r, axis=1), axis=1, keepdims=True), 1.0
    return best * load, _common_share(deviations, best)


def interpolation_weights(fields: FloatArray, each_side: int) -> FloatArray:
    """Rows that give a value less the polynomial through its neighbours, near the ends the nearest ones."""
    count, width = fields.size, 2 * each_side + 1
    weights = np.eye(count)
    for index in range(count):
        first = min(max(index - each_side, 0), count - width)
        around = [place for place in range(first, first + width) if place != index]
        for place in around:
            rest = fields[[other for other in around if other != place]]
            weights[index, place] = -float(np.prod((fields[index] - rest) / (fields[place] - rest)))
    return weights


def _size(square: FloatArray, own: FloatArray, load: FloatArray) -> FloatArray:
    """t (gates, fields) of ``square`` = ``own`` + t^2 ``load`` in the mean over neighbouring gates and lines.

    Every deviation weighs as much as it says of t; those beyond 3.5 standard deviations are left out.
    """
    gates, fields = square.shape
    rows, columns = _around(gates, GATES_AROUND)[:, None, :, None], _around(fields, LINES_AROUND)[:, None, :]
    square, own, load = (each[rows, columns] for each in (square, own, load))
    axes = (2, 3)
    size = np.median(square / load, axis=axes, keepdims=True) * SIGMA_PER_MAD**2
    for _ in range(ROUNDS):
        expected = own + size * load
        weight = (size * load / expected) ** 2 * (square <= OUTSIDE**2 * expected)
        total = np.sum(weight, axis=axes, keepdims=True)
        size = np.sum(weight * (square - own) / load, axis=axes, keepdims=True) / np.maximum(total, 1e-300)
        size = np.maximum(size, SMALLEST * np.median(own / load, axis=axes, keepdims=True) + 1e-300)
    return np.asarray(np.sqrt(size[:, :, 0, 0]))


def _around(count: int, each_side: int) -> npt.NDArray[np.int_]:
    """Indices (count, m) of the neighbours of each place, itself among them; near the ends the nearest ones."""
    width = min(2 * each_side + 1, count)
    first = np.clip(np.arange(count) - each_side, 0, count - width)
    return np.asarray(first[:, None] + np.arange(width))


def _common_share(deviations: FloatArray, line: FloatArray) -> float:
    """Share of the scatter of lines that all gates have in common: from products of different gates."""
    gates = line.shape[0]
    if gates < 2 or not np.any(line > 0):
        return 1.0
    scaled = np.clip(deviations / np.maximum(line, 1e-300), -5.0, 5.0)
    scaled[line <= 0] = 0.0
    together = np.sum(scaled, axis=0) ** 2 - np.sum(scaled**2, axis=0)
    counted = np.count_nonzero(line > 0, axis=0)
    pairs = float(np.sum(counted * (counted - 1.0)))
    return float(np.clip(np.sum(together) / pairs, 0.0, 1.0)) if pairs > 0 else 1.0
