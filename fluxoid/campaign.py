"""A campaign: the ordered list of curves an experiment file asks for, with what each is expected to take."""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.curves import CurveInfo
from fluxoid.schedule import CryostatState, Estimate, estimate
from instruments.limits import MagnetLimits
from procedures.curve import CurveProcedure


@dataclass(frozen=True, slots=True)
class PlannedCurve:
    """One curve, the procedure that measures it, and its expected duration."""

    info: CurveInfo
    procedure: CurveProcedure
    expected: Estimate


@dataclass(frozen=True, slots=True)
class Campaign:
    """Curves in the order in which they are measured."""

    title: str
    curves: tuple[PlannedCurve, ...]
    field_rate_T_per_min: float

    @property
    def expected_s(self) -> float:
        """Expected cryostat time of all curves."""
        return sum(curve.expected.total_s for curve in self.curves)


def plan(
    title: str,
    measurements: Iterator[tuple[CurveInfo, CurveProcedure]],
    magnet: MagnetLimits,
    start: CryostatState,
    field_rate_T_per_min: float,
) -> Campaign:
    """Line measurements up and estimate each from the state the one before leaves."""
    curves = []
    state = start
    for info, procedure in measurements:
        expected = estimate(procedure, state, magnet)
        curves.append(PlannedCurve(info, procedure, expected))
        state = expected.after
    return Campaign(title, tuple(curves), field_rate_T_per_min)
