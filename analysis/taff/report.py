"""Numbers and reasons of thermally activated flux flow, out of the fits and the judgement on them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.activation_law import ActivationEnergies, activation_law_findings
from analysis.findings import Condition, Finding, Verdict
from analysis.taff.curvature import bend
from analysis.taff.joint import JointFit
from analysis.taff.judgement import ARRHENIUS, FEWEST_CURVES, MODIFIED, Judgement
from analysis.taff.laws import Arrhenius, Law, MeetingArrhenius
from analysis.taff.models import Orientation
from analysis.taff.systematics import WindowInfluence, window_influence

FloatArray = npt.NDArray[np.float64]

#: Of every quantity.
UNITS = {
    "activation_energy": "K",
    "ln_prefactor": "1",
    "T_cross": "K",
    "inverse_slope_lnR0_U0": "K",
    "exponent_q": "1",
    "Tc_taff": "K",
}


@dataclass(frozen=True, eq=False)
class Report:
    """Numbers of the model that holds, and reasons for the one that does not."""

    judgement: Judgement
    complete: bool

    @property
    def fits(self) -> Orientation:
        """All fits of the orientation."""
        return self.judgement.fits

    @cached_property
    def fit(self) -> JointFit:
        """The fit whose numbers are reported."""
        return self.fits.modified if self.judgement.method == MODIFIED else self.fits.arrhenius

    @cached_property
    def law(self) -> Law:
        """The law of that fit."""
        if self.judgement.method == MODIFIED:
            return self.fits.modified_law
        return Arrhenius(self.fits.pivot_per_K)

    @cached_property
    def influence(self) -> WindowInfluence:
        """What other windows do to its energies."""
        return window_influence(self.fits, self.fit, self.law, 1)

    @cached_property
    def log_energy_covariance(self) -> FloatArray:
        """Of all ln U0: statistics, thermometer, saturation, shared parameters, and window."""
        return np.asarray(self.fit.covariance(1) + np.diag(self.influence.own) + self.influence.common)

    @cached_property
    def doubt(self) -> str:
        """Why nothing here can be final; empty if it can."""
        judgement = self.judgement
        if not self.complete:
            return f"after {judgement.count} of the fields"
        if judgement.count < FEWEST_CURVES:
            return judgement.meeting.text
        if judgement.method == ARRHENIUS:
            open_tests = [test.text for test in judgement.criteria if test.passed is None]
            if open_tests:
                return open_tests[0]
        return "" if self.fit.converged else "the fit has not settled"

    def findings(self) -> list[Finding]:
        """Everything there is to say."""
        return [*self.energies(), *self.shared(), *self.law_findings()]

    def energies(self) -> list[Finding]:
        """activation_energy and ln_prefactor of every curve, both models."""
        if not self.judgement.method:
            return [
                self._rejected("activation_energy", method, index)
                for index in range(self.judgement.count)
                for method in (ARRHENIUS, MODIFIED)
            ]
        energy = np.exp(self.fit.local[:, 1])
        errors = energy * np.sqrt(np.diagonal(self.log_energy_covariance))
        prefactors, prefactor_errors = self._prefactors()
        findings = []
        for index in range(self.judgement.count):
            for method in (ARRHENIUS, MODIFIED):
                if method == self.judgement.method:
                    findings.append(self._number("activation_energy", energy[index], errors[index], index))
                    findings.append(self._number("ln_prefactor", prefactors[index], prefactor_errors[index], index))
                else:
                    findings.append(self._rejected("activation_energy", method, index))
        return findings

    def shared(self) -> list[Finding]:
        """T_cross and inverse slope of the lines; q and Tc of the modified law."""
        if self.judgement.method == ARRHENIUS:
            return [*self._crossing(), self._rejected("exponent_q", MODIFIED), self._rejected("Tc_taff", MODIFIED)]
        findings = [self._rejected("T_cross", ARRHENIUS), self._rejected("inverse_slope_lnR0_U0", ARRHENIUS)]
        if self.judgement.method != MODIFIED:
            return [*findings, self._rejected("exponent_q", MODIFIED), self._rejected("Tc_taff", MODIFIED)]
        shared = self.fits.modified.shared
        tc = self.fits.modified_law.tc_K(shared)
        excess = self.influence.shared
        q_error = float(np.hypot(self.judgement.q_error, np.sqrt(excess[0])))
        tc_error = float(np.hypot(self.judgement.tc_error_K, (tc - self.fits.top_K) * np.sqrt(excess[1])))
        if self.fits.tc_K is None:  # the windows know the distance of Tc by its logarithm, zero field knows Tc
            tc += 0.5 * tc_error**2 / (tc - self.fits.top_K)
        return [
            *findings,
            self._number("exponent_q", float(shared[0]), q_error),
            # held, it says little more than the transition of zero field
            self._number("Tc_taff", tc, tc_error, weak=self.fits.tc_K is not None),
        ]

    @cached_property
    def activation_energies(self) -> ActivationEnergies:
        """The energies with all their covariance; only where a model holds."""
        curves = self.fits.curves
        return ActivationEnergies(
            self.fits.fields_T,
            self.fit.local[:, 1],
            self.log_energy_covariance,
            max(curve.info.field_accuracy for curve in curves),
            curves[0].orientation,
            tuple(curve.info.name for curve in curves),
        )

    def law_findings(self) -> list[Finding]:
        """U0(H), where there are energies."""
        return activation_law_findings(self.activation_energies, self.complete) if self.judgement.method else []

    def _prefactors(self) -> tuple[FloatArray, FloatArray]:
        """ln(R0/ohm) of Arrhenius or ln(Rc/ohm) of the modified law, with errors from the full covariance.

        R_n(T) is taken out of the curves, so prefactors are those at R_n close to Tc.
        """
        fit, pivot = self.fit, self.fits.pivot_per_K
        energy = np.exp(fit.local[:, 1])
        if self.judgement.method == ARRHENIUS:
            value, by_energy = fit.local[:, 0] + energy * pivot, energy * pivot
            by_shared = np.zeros((energy.size, fit.shared.size))
        else:
            tc, q = self.fits.modified_law.tc_K(fit.shared), float(fit.shared[0])
            distance = 1.0 - 1.0 / (pivot * tc)
            x = energy * distance**q * pivot
            value, by_energy = fit.local[:, 0] - np.log(2 * x) + x, x - 1.0
            by_shared = np.zeros((energy.size, fit.shared.size))
            by_shared[:, 0] = by_energy * np.log(distance)
            by_shared[:, 1] = by_energy * q / (pivot * tc**2 * distance) * (tc - self.fits.top_K)
        # local (ln A, ln U0) and shared together: d = g_l delta_l + g_s delta_s, delta_l = own - lever delta_s
        own = fit.inverse[:, 0, 0] + 2 * by_energy * fit.inverse[:, 0, 1] + by_energy**2 * fit.inverse[:, 1, 1]
        lever = by_shared - fit.lever[:, 0] - by_energy[:, None] * fit.lever[:, 1]
        common = np.einsum("ci,ij,cj->c", lever, fit.shared_covariance, lever)
        window = by_energy**2 * (self.influence.own + self.influence.common)
        value = value + self._bend_of_prefactors() + np.log(self.fits.reference_ohm)
        return value, np.asarray(np.sqrt(own + common + window))

    def _bend_of_prefactors(self) -> FloatArray:
        """The modified law's prefactor bends along the valley of q and Tc; a straight line's hardly at all."""
        fit, pivot = self.fit, self.fits.pivot_per_K
        if self.judgement.method == ARRHENIUS:
            return np.zeros_like(pivot)
        top = self.fits.top_K
        shared, lever = fit.shared_covariance[:2, :2], fit.lever[:, :2]
        both = -np.einsum("clj,ji->cli", lever, fit.shared_covariance[:, :2])
        own = fit.inverse[:, :2, :2] + np.einsum("cli,ij,ckj->clk", lever, fit.shared_covariance, lever)
        common = np.broadcast_to(shared, (pivot.size, 2, 2))
        covariance = np.block([[own, both], [np.swapaxes(both, 1, 2), common]])

        def tc_K(log_above: FloatArray) -> FloatArray:
            if self.fits.tc_K is None:
                return np.asarray(top + np.exp(log_above))
            return np.asarray(top + np.exp(fit.shared[1]) * (1.0 + log_above - fit.shared[1]))

        def log_prefactor(p: FloatArray) -> FloatArray:
            distance = 1.0 - 1.0 / (pivot * tc_K(p[:, 3]))
            x = np.exp(p[:, 1]) * distance ** p[:, 2] * pivot
            return np.asarray(p[:, 0] - np.log(2 * x) + x)

        values = np.column_stack([fit.local[:, :2], np.broadcast_to(fit.shared[:2], (pivot.size, 2))])
        return bend(log_prefactor, values, covariance)

    def _crossing(self) -> list[Finding]:
        judgement = self.judgement
        if judgement.count < 2:
            return [self._missing(name, judgement.near_tc.text) for name in ("T_cross", "inverse_slope_lnR0_U0")]
        inverse, error = judgement.cross
        other = window_influence(self.fits, self.fits.meeting, MeetingArrhenius(), 0)
        error = float(np.hypot(error, np.sqrt(other.shared[0])))
        slope, slope_error = self._slope()
        note = (
            f"{judgement.meeting.text}; {judgement.near_tc.text}; {judgement.pivot.text}. T_cross and the inverse "
            "slope of ln R0 against U0 are one quantity weighted in two ways, not two checks"
        )
        weak = judgement.pivot.passed is False
        findings = []
        for name, value, sigma in (("T_cross", inverse, error), ("inverse_slope_lnR0_U0", slope, slope_error)):
            if value <= 0:
                findings.append(self._missing(name, "no positive temperature"))
            else:
                findings.append(self._number(name, 1 / value, sigma / value**2, note=note, weak=weak))
        return findings

    def _slope(self) -> tuple[float, float]:
        """Slope of ln R0 against U0, unweighted as such plots are drawn; its error from all covariances."""
        fit, pivot = self.fits.arrhenius, self.fits.pivot_per_K
        energy = np.exp(fit.local[:, 1])
        prefactor = fit.local[:, 0] + energy * pivot
        weight = (energy - energy.mean()) / np.sum((energy - energy.mean()) ** 2)
        slope = float(weight @ prefactor)
        by_level, by_energy = weight, weight * (pivot - slope) * energy
        cross = fit.covariance(0, 1)
        variance = (
            by_level @ fit.covariance(0) @ by_level
            + 2 * by_level @ cross @ by_energy
            + by_energy @ self.log_energy_covariance @ by_energy
        )
        return slope, float(np.sqrt(max(variance, 0.0)))

    def _conditions(
        self, index: int | None
    ) -> tuple[dict[str, Condition], tuple[str, ...], dict[str, tuple[float, float]]]:
        curves = self.fits.curves if index is None else [self.fits.curves[index]]
        conditions: dict[str, Condition] = {"orientation": curves[0].orientation}
        if index is not None:
            conditions = {"field_T": curves[0].field_T, **conditions}
        window = (min(curve.window_K[0] for curve in curves), max(curve.window_K[1] for curve in curves))
        return conditions, tuple(curve.info.name for curve in curves), {"temperature_K": window}

    def _number(
        self,
        quantity: str,
        value: float,
        error: float,
        index: int | None = None,
        note: str = "",
        weak: bool = False,
    ) -> Finding:
        conditions, names, window = self._conditions(index)
        growing = index is not None and not self.fits.curves[index].complete
        held = self.judgement.held_text.strip() if self.judgement.method == MODIFIED else ""
        reasons = [self.doubt, "the curve is still growing" if growing else "", held, note or self.influence.text]
        provisional = bool(self.doubt) or growing or weak
        return Finding(
            quantity,
            float(value),
            float(error),
            UNITS[quantity],
            Verdict.PROVISIONAL if provisional else Verdict.GOOD,
            "; ".join(reason for reason in reasons if reason),
            self.judgement.method,
            conditions,
            names,
            window,
        )

    def _missing(self, quantity: str, reason: str) -> Finding:
        conditions, names, window = self._conditions(None)
        return Finding(
            quantity,
            None,
            None,
            UNITS[quantity],
            Verdict.NOT_ENOUGH_DATA,
            reason,
            self.judgement.method,
            conditions,
            names,
            window,
        )

    def _rejected(self, quantity: str, method: str, index: int | None = None) -> Finding:
        conditions, names, window = self._conditions(index)
        judgement = self.judgement
        verdict = Verdict.MODEL_REJECTED
        reason = judgement.modified_text if method == MODIFIED else judgement.arrhenius_text
        if method == MODIFIED:
            undecided = judgement.count < FEWEST_CURVES or not judgement.arrhenius_holds
            if judgement.modified_fits.passed and not judgement.determined.passed and undecided:
                verdict = Verdict.NOT_ENOUGH_DATA
        return Finding(quantity, None, None, UNITS[quantity], verdict, reason, method, conditions, names, window)
