"""Zero resistance in a field sweep: its window, the window's shift, and the hysteresis of sweeps up and down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.curves import Curve, FloatArray
from analysis.field_branches import Sweep
from analysis.field_sweep import Maker, Place
from analysis.findings import Finding
from analysis.normal_state import bin_means
from analysis.statistics import noise_from_differences, robust_sigma, weighted_least_squares

#: Resistance counts as zero below so many sigma of its noise, and below this share of the largest resistance.
NOISES, SHARE = 5.0, 0.01
#: Fewest points of a window; points that a line through an edge rests on; a jump to so many thresholds is abrupt.
FEWEST, EDGE_POINTS, ABRUPT = 5, 6, 3.0
QUANTITIES = ("zero_resistance_window", "remanent_shift")


@dataclass(frozen=True, slots=True)
class Edge:
    """Field (T, signed) at which the resistance passes the threshold, and its standard error."""

    field_T: float
    error_T: float


@dataclass(frozen=True, slots=True)
class ZeroWindow:
    """Edges at the lower and the upper field; None where the sweep begins or ends at zero resistance."""

    lower: Edge | None
    upper: Edge | None
    threshold_ohm: float


def zero_window(sweep: Sweep, at_least_ohm: float = 0.0) -> ZeroWindow | str:
    """The longest stretch of field without resistance; in words why there is none.

    ``at_least_ohm`` is a lower bound of the threshold, so that two sweeps can be compared at one.

    Without resistance means: below 5 sigma of the noise in that stretch and below 1 % of the resistance at the
    largest field, whichever is more, from the stretch's own mean on (an offset of the amplifier). An edge between
    two points is uncertain by their distance / sqrt(12); a gradual one is the crossing of a line through the first
    points outside, with the error of that line as well.
    """
    order = np.argsort(sweep.field_T, kind="stable")
    b, r = sweep.field_T[order], sweep.resistance_ohm[order]
    top = float(np.median(np.sort(r)[-max(5, r.size // 20) :]))
    noise = noise_from_differences(sweep.resistance_ohm)
    if top < NOISES * 2 * noise or top <= 0:
        return "the resistance is nowhere above its noise: a shorted or unwired channel, or no transition in reach"
    floor = max(SHARE * top, at_least_ohm)
    threshold, offset = max(NOISES * noise, floor), 0.0
    run = slice(0, 0)
    for _ in range(3):
        run = _longest_run(r - offset < threshold)
        if run.stop - run.start < FEWEST:
            return f"the resistance nowhere stays below {threshold:.3g} ohm for {FEWEST} points"
        # the feet of gradual edges are no noise
        margin = (run.stop - run.start) // 4
        inside = r[run.start + margin : run.stop - margin]
        offset = float(np.median(inside))
        threshold = max(NOISES * max(noise_from_differences(inside), 0.5 * robust_sigma(inside)), floor)
    if abs(offset) > threshold:
        return f"the lowest resistance is {offset:.3g} ohm, beyond the threshold of {threshold:.3g} ohm"
    if run.stop - run.start > 0.98 * r.size:
        return "the resistance is zero throughout: no transition in reach"
    level = r - offset
    lower = _edge(-b[::-1], level[::-1], b.size - run.start - 1, threshold) if run.start > 0 else None
    upper = _edge(b, level, run.stop - 1, threshold) if run.stop < b.size else None
    return ZeroWindow(None if lower is None else Edge(-lower.field_T, lower.error_T), upper, threshold)


def _longest_run(flag: np.ndarray) -> slice:
    """Longest stretch of True, in which a single False between two True (a spike) does not count."""
    bridged = flag.copy()
    bridged[1:-1] |= flag[:-2] & flag[2:]
    changes = np.flatnonzero(np.diff(np.concatenate([[0], bridged.astype(int), [0]])))
    starts, stops = changes[::2], changes[1::2]
    if not starts.size:
        return slice(0, 0)
    longest = int(np.argmax(stops - starts))
    return slice(int(starts[longest]), int(stops[longest]))


def _edge(b: FloatArray, level: FloatArray, last: int, threshold: float) -> Edge:
    """Upper edge after index ``last``, the last point without resistance; ``b`` rising."""
    step = float(b[last + 1] - b[last])
    between = Edge(0.5 * float(b[last] + b[last + 1]), step / float(np.sqrt(12.0)))
    # the foot of the edge bends: only points beyond it say where it rises
    outside = slice(last + 1, last + 1 + EDGE_POINTS)
    x, y = b[outside], level[outside]
    if level[last + 1] > ABRUPT * threshold or x.size < 4 or np.unique(x).size < 3:
        return between
    centre = float(np.mean(x))
    fit = weighted_least_squares(np.column_stack([np.ones_like(x), x - centre]), y, threshold / NOISES)
    slope = float(fit.coefficients[1])
    if slope * float(np.ptp(x)) < 0.5 * threshold:
        return between
    place = (threshold - float(fit.coefficients[0])) / slope
    gradient = np.array([-1.0, -place]) / slope
    scatter = max(1.0, float(np.sqrt(fit.chi2 / max(fit.dof, 1))))
    error = scatter * float(np.sqrt(gradient @ fit.covariance @ gradient))
    reached = float(b[last]) - error <= centre + place <= float(b[last + 1]) + error
    if scatter > 2 or not reached:
        return between  # no line: the edge is steeper than what follows it
    return Edge(centre + place, float(np.hypot(error, between.error_T)))


def window_findings(curve: Curve, parts: Sequence[Sweep]) -> list[Finding]:
    """``zero_resistance_window`` (full width) and ``remanent_shift`` (its centre) of each sweep of a curve."""
    maker = Maker(curve)
    findings: list[Finding] = []
    for sweep in parts:
        found = zero_window(sweep)
        if isinstance(found, str) or found.lower is None or found.upper is None:
            reason = found if isinstance(found, str) else "the sweep begins or ends at zero resistance"
            findings += [maker.none(quantity, "T", reason, sweep=sweep.direction) for quantity in QUANTITIES]
            continue
        low, high = found.lower, found.upper
        error = float(np.hypot(low.error_T, high.error_T))
        method = f"resistance below {found.threshold_ohm:.3g} ohm, sweep {sweep.direction}"
        edges = (low.field_T, high.field_T)
        width, centre = high.field_T - low.field_T, 0.5 * (high.field_T + low.field_T)
        total = float(np.hypot(error, curve.info.field_accuracy * width))
        about = f"centre of the window; {method}"
        findings += [
            maker.some(QUANTITIES[0], width, total, "T", [], method, edges, sweep=sweep.direction),
            maker.some(QUANTITIES[1], centre, 0.5 * error, "T", [], about, edges, sweep=sweep.direction),
        ]
    return findings


@dataclass(frozen=True, slots=True)
class Crossings:
    """Signed crossings of one sweep at one criterion, by side (+1, -1)."""

    sides: Mapping[int, Edge]


def common_threshold(up: Sweep, down: Sweep) -> float:
    """The threshold (ohm) at which the windows of both sweeps can be compared; 0 where one has none."""
    windows = [zero_window(sweep) for sweep in (up, down)]
    return max((0.0 if isinstance(window, str) else window.threshold_ohm) for window in windows)


def crossings_of(
    sweep: Sweep, places: Mapping[str, Sequence[Place]], at_least_ohm: float = 0.0
) -> dict[str, Crossings]:
    """Crossings of a sweep by criterion: those of its zero-resistance window, and of R/R_n where R_n is known."""
    found: dict[str, Crossings] = {}
    window = zero_window(sweep, at_least_ohm)
    if not isinstance(window, str):
        edges = {1: window.upper, -1: window.lower}
        found["zero resistance"] = Crossings({side: edge for side, edge in edges.items() if edge is not None})
    for name, at in places.items():
        sides = {
            p.side: Edge(p.side * p.crossing.place, p.crossing.error) for p in at if p.direction == sweep.direction
        }
        if sides:
            found[name] = Crossings(sides)
    return found


def hysteresis_findings(
    curves: Sequence[Curve], up: Mapping[str, Crossings], down: Mapping[str, Crossings]
) -> list[Finding]:
    """``hysteresis`` by criterion: field of the sweep up less that of the sweep down on either side of zero.

    ``symmetrised``: the sweep up at +B with the sweep down at -B, both leaving zero field, less the two that
    approach it; a remanent field of the magnet cancels. ``curves`` are the two, or the one that holds both.
    """
    maker = Maker(curves[0])
    if not up or not down:
        reason = "a sweep up and a sweep down with a transition are needed"
        return [_named(maker.none("hysteresis", "T", reason), curves)]
    findings: list[Finding] = []
    for name in up:
        if name not in down:
            continue
        a, d = up[name].sides, down[name].sides
        differences = {side: _difference(a[side], d[side]) for side in (1, -1) if side in a and side in d}
        labelled = {"positive" if side > 0 else "negative": pair for side, pair in differences.items()}
        if len(differences) == 2:
            both = list(differences.values())
            mean = 0.5 * (both[0][0] + both[1][0]), 0.5 * float(np.hypot(both[0][1], both[1][1]))
            labelled["symmetrised"] = mean
        fields = [edge.field_T for sides in (a, d) for edge in sides.values()]
        for side, (value, error) in labelled.items():
            method = f"{name}, {side} side: field of the sweep up less that of the sweep down"
            if side == "symmetrised":
                method = f"{name}: up(+B) with down(-B), leaving zero field, less those approaching it"
            made = maker.some(
                "hysteresis", value, error, "T", [], method, (min(fields), max(fields)), criterion=name, side=side
            )
            findings.append(_named(made, curves))
    return findings or [_named(maker.none("hysteresis", "T", "the sweeps have no criterion in common"), curves)]


def _difference(up: Edge, down: Edge) -> tuple[float, float]:
    return up.field_T - down.field_T, float(np.hypot(up.error_T, down.error_T))


def _named(finding: Finding, curves: Sequence[Curve]) -> Finding:
    return replace(finding, curves=tuple(dict.fromkeys(curve.info.name for curve in curves)))


@dataclass(frozen=True, slots=True, eq=False)
class Symmetrised:
    """Resistance (ohm) at |B| (T) of sweeps that leave zero field and of those that approach it."""

    size_T: FloatArray
    leaving_ohm: FloatArray
    approaching_ohm: FloatArray


def symmetrise(up: Sweep, down: Sweep) -> Symmetrised | str:
    """[R_up(+B) + R_down(-B)]/2 and [R_up(-B) + R_down(+B)]/2 on a common grid of |B|.

    A hysteretic sample is even in field only when the direction is reversed with the field: one sweep must not be
    symmetrised with itself. In words why not.
    """
    if up.direction != "up" or down.direction != "down":
        return "symmetrising needs a sweep up and a sweep down"
    reach = min(float(np.max(s * sweep.field_T)) for sweep in (up, down) for s in (1, -1))
    points = min(up.field_T.size, down.field_T.size) // 2
    if reach <= 0 or points < 2:
        return "both sweeps must pass through zero field"
    grid = np.linspace(0.0, reach, points)
    rising = [_rising(sweep, points) for sweep in (up, down)]
    values = {(which, side): np.interp(side * grid, *rising[which]) for which in (0, 1) for side in (1, -1)}
    leaving = 0.5 * (values[0, 1] + values[1, -1])
    return Symmetrised(grid, leaving, 0.5 * (values[0, -1] + values[1, 1]))


def _rising(sweep: Sweep, points: int) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(sweep.field_T, kind="stable")
    bins = min(2 * points, sweep.field_T.size)
    return bin_means(sweep.field_T[order], bins), bin_means(sweep.resistance_ohm[order], bins)
