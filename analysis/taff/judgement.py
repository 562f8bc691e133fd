"""Which model of thermally activated flux flow the curves of one orientation follow.

The criteria are those with which such data are judged in print: Arrhenius holds if every line is straight, if all
lines meet in one point, and if that point lies near Tc; the modified law is for data that fail (Zhang et al., Phys.
Rev. B 74, 144521 (2006)). Significance comes from chi2 with the covariance of everything that curves share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding
from analysis.statistics import aicc, chi2_probability
from analysis.taff.curve import TaffCurve
from analysis.taff.models import Orientation

FloatArray = npt.NDArray[np.float64]

ARRHENIUS, MODIFIED = "Arrhenius", "modified TAFF"
#: A fit with less probability than this is rejected.
LEAST_PROBABILITY = 1e-6
#: The lines must meet within this share of Tc.
MEETING_TOLERANCE = 0.05
#: Fewest curves of which a meeting point, or q and Tc, can be claimed.
FEWEST_CURVES = 3
#: Largest errors with which q counts as determined, and Tc, by its distance from the warmest window: relative to Tc
#: itself a fit that has strayed to the edge of the data would look precise.
LARGEST_Q_ERROR, LARGEST_DISTANCE_ERROR = 0.25, 0.4
#: Tc is not held to that of zero field against curves to which it costs more chi2: three deviations.
MOST_HELD = 9.0


@dataclass(frozen=True, slots=True)
class Test:
    """A criterion: passed or not, and in words; ``passed`` is None where there is nothing to judge by."""

    passed: bool | None
    text: str


def judged(curves: Sequence[TaffCurve], tc_onset: Finding | None, tc_mid: Finding | None) -> "Judgement":
    """Judge usable curves of one orientation on their own, and with Tc of zero field where they need it.

    The tails of noisy curves leave q and Tc open together while the zero-field transition shows Tc: the modified
    law's Tc is then held to its middle, within the distance to its onset, unless the curves contradict that.
    """
    alone = Judgement(Orientation(curves), tc_onset, tc_mid)
    tc_K = _zero_field_tc(tc_onset, tc_mid, alone.fits.top_K)
    if alone.count < FEWEST_CURVES or tc_K is None or alone.determined.passed:
        return alone
    held = Judgement(Orientation(curves, tc_K), tc_onset, tc_mid)
    cost = held.fits.modified.objective - alone.fits.modified.objective
    return held if held.determined.passed and cost < MOST_HELD else alone


def _zero_field_tc(tc_onset: Finding | None, tc_mid: Finding | None, top_K: float) -> tuple[float, float] | None:
    """Middle of the transition and its distance from the onset, errors included; None if that is not known."""
    if tc_onset is None or tc_mid is None or tc_onset.value is None or tc_mid.value is None:
        return None
    width = tc_onset.value - tc_mid.value
    if width <= 0 or tc_mid.value <= top_K:
        return None
    return tc_mid.value, float(np.hypot(width, tc_mid.error or 0.0))


@dataclass(frozen=True, eq=False)
class Judgement:
    """Criteria over the fits of one orientation."""

    fits: Orientation
    tc_onset: Finding | None
    tc_mid: Finding | None

    @property
    def count(self) -> int:
        """Usable curves."""
        return len(self.fits.curves)

    @cached_property
    def straight(self) -> Test:
        """Does a curvature of their own help the lines?"""
        gain = self.fits.arrhenius.objective - self.fits.parabola.objective
        chance = chi2_probability(gain, self.count)
        return Test(
            chance > LEAST_PROBABILITY,
            f"ln R against 1/T is {'straight' if chance > LEAST_PROBABILITY else 'curved'} "
            f"(curvature gains chi2 {gain:.1f} for {self.count} parameters)",
        )

    @cached_property
    def meeting(self) -> Test:
        """Does forcing the lines through one point cost more than chance?"""
        if self.count < FEWEST_CURVES:
            return Test(None, f"{self.count} line{'s' if self.count > 1 else ''} cannot show a common point")
        cost = self.fits.meeting.objective - self.fits.arrhenius.objective
        chance = chi2_probability(cost, self.count - 2)
        meet = chance > LEAST_PROBABILITY
        return Test(
            meet,
            f"the lines {'meet' if meet else 'do not meet'} in one point "
            f"(chi2 {cost:.1f} for {self.count - 2} degrees of freedom)",
        )

    @cached_property
    def near_tc(self) -> Test:
        """Does the meeting point lie near Tc of zero field?"""
        if self.count < 2:
            return Test(None, "no meeting point of a single line")
        reference = next((tc for tc in (self.tc_onset, self.tc_mid) if tc is not None and tc.value), None)
        if reference is None or reference.value is None:
            return Test(None, "no Tc of zero field to compare the meeting point with")
        inverse, error = self.cross
        if inverse <= 0:
            return Test(False, "the lines meet at no positive temperature")
        distance = 1.0 / inverse / reference.value - 1.0
        near = abs(distance) <= MEETING_TOLERANCE + 2 * error / inverse
        return Test(
            near,
            f"they meet at {1 / inverse:.3f} K, {100 * distance:+.1f} % from {reference.quantity} = "
            f"{reference.value:.3f} K (allowed {100 * MEETING_TOLERANCE:g} %)",
        )

    @cached_property
    def pivot(self) -> Test:
        """Would lines that merely turn about the middle of their windows meet here too?"""
        if self.count < 2:
            return Test(None, "")
        inverse, error = self.cross
        centre, spread = float(np.mean(self.fits.pivot_per_K)), float(np.std(self.fits.pivot_per_K))
        apart = abs(inverse - centre) > 3 * error and abs(inverse - centre) > 0.3 * spread
        return Test(
            apart,
            f"the mean window temperature is {1 / centre:.2f} K"
            + ("" if apart else ", so the meeting point may only be where noisy lines turn"),
        )

    @cached_property
    def cross(self) -> tuple[float, float]:
        """1/T_cross and its statistical error."""
        fit = self.fits.meeting
        return float(fit.shared[0]), float(np.sqrt(fit.shared_covariance[0, 0]))

    @cached_property
    def modified_fits(self) -> Test:
        """Does the modified law describe the curves as well as free parabolas do?"""
        fit, dof = self.fits.modified, max(self.count - 2, 1)
        loss = fit.objective - self.fits.parabola.objective
        good = chi2_probability(max(loss, 0.0), dof) > LEAST_PROBABILITY
        return Test(
            good,
            f"the modified law {'fits' if good else 'does not fit'} "
            f"(chi2 {loss:+.1f} against free curvatures, {dof} degrees of freedom)",
        )

    @cached_property
    def q_error(self) -> float:
        """Statistical error of q, saturation and thermometer included."""
        return float(np.sqrt(self.fits.modified.shared_covariance[0, 0]))

    @cached_property
    def tc_error_K(self) -> float:
        """The same of the modified law's Tc."""
        fit = self.fits.modified
        above = self.fits.modified_law.tc_K(fit.shared) - self.fits.top_K
        return float(above * np.sqrt(fit.shared_covariance[1, 1]))

    @property
    def held_text(self) -> str:
        """In words, to what Tc is held; empty if it is free."""
        if self.fits.tc_K is None:
            return ""
        return f" with Tc held to that of zero field, {self.fits.tc_K[0]:.4g} +- {self.fits.tc_K[1]:.2g} K"

    @cached_property
    def determined(self) -> Test:
        """Do the curves determine q and Tc?"""
        fit = self.fits.modified
        known = (
            self.count >= FEWEST_CURVES
            and fit.converged
            and self.q_error < LARGEST_Q_ERROR
            and float(np.sqrt(fit.shared_covariance[1, 1])) < LARGEST_DISTANCE_ERROR
        )
        if known:
            return Test(True, f"q = {fit.shared[0]:.2f} +- {self.q_error:.2f}{self.held_text}")
        if self.count < FEWEST_CURVES:
            return Test(False, f"{self.count} of at least {FEWEST_CURVES} curves")
        return Test(False, f"q and Tc are not determined together (q = {fit.shared[0]:.2f} +- {self.q_error:.2g})")

    @cached_property
    def preference(self) -> float:
        """AICc of Arrhenius (through one point, if they can be tested for that) less that of the modified law."""
        points = int(np.count_nonzero(self.fits.data.weight_per_ohm))
        few = self.count < FEWEST_CURVES
        line = self.fits.arrhenius if few else self.fits.meeting
        count = 3 * self.count if few else 2 * self.count + 2
        other = aicc(self.fits.modified.objective, points, 3 * self.count + 2)
        return aicc(line.objective, points, count) - other

    @cached_property
    def criteria(self) -> tuple[Test, ...]:
        """What Arrhenius has to pass."""
        return (self.straight, self.meeting, self.near_tc)

    @cached_property
    def arrhenius_holds(self) -> bool:
        """No criterion speaks against it, and the modified law is not clearly better."""
        return all(test.passed is not False for test in self.criteria) and not (
            self.modified_holds_alone and self.preference > 10.0
        )

    @cached_property
    def modified_holds_alone(self) -> bool:
        """The modified law fits, and its shared parameters mean something; Arrhenius may hold as well."""
        return bool(self.modified_fits.passed and self.determined.passed)

    @cached_property
    def method(self) -> str:
        """The model that holds; empty if none does."""
        if self.arrhenius_holds:
            return ARRHENIUS
        return MODIFIED if self.modified_holds_alone else ""

    @cached_property
    def arrhenius_text(self) -> str:
        """Why Arrhenius does not hold."""
        failed = [test.text for test in self.criteria if test.passed is False]
        return "; ".join(failed) or f"the modified law is better by {self.preference:.1f} in AICc"

    @cached_property
    def modified_text(self) -> str:
        """Why the modified law is not the one."""
        if not self.modified_fits.passed:
            return self.modified_fits.text
        if self.arrhenius_holds:
            return (
                f"not needed: Arrhenius lines describe the curves (AICc {-self.preference:+.1f}); "
                f"{self.determined.text}"
            )
        return self.determined.text
