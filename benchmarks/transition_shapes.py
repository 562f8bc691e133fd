"""Transitions of several shapes, with their exact crossings, and what noise leaves of a criterion by any method."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from analysis.curves import FloatArray

SHAPES = ("Gaussian", "logistic", "kinked")
#: Points this far from the crossing, in shares of its distance to 0 or R_n, look different from it.
OWN_WIDTH = 0.5
#: A value must be so many sigma away from 0, or from R_n, to be told from it.
TOLD_APART = 3.0
#: The same for readers of the tables.
HIDDEN = f"""\
A criterion counts as hidden by the noise when points whose true R/R_n is within {OWN_WIDTH:g} of its distance to
0 or 1 give a mean with an error of more than 1/{TOLD_APART:g} of that distance: by themselves they do not tell it
from 0 or R_n, and only points farther away, with an assumption of the shape, can. It is no failure then to give no
number; a number that is given counts."""


@dataclass(frozen=True, slots=True)
class Transition:
    """R/R_n about ``centre`` with a ``width`` (that of the Gaussian), ``lop`` the difference of its two sides.

    A kinked one rises in a straight line over three widths, with corners rounded by ``rounding`` widths.
    """

    centre: float
    width: float
    shape: str = "Gaussian"
    lop: float = 0.0
    rounding: float = 0.3

    @classmethod
    def drawn(cls, rng: np.random.Generator, centre: float, width: float) -> "Transition":
        """Any shape, up to 15 % lopsided to either side."""
        lop = rng.uniform(0.01, 0.15) * rng.choice([-1, 1])
        return cls(centre, width, str(rng.choice(SHAPES)), lop, rng.uniform(0.15, 0.6))

    def share(self, place: FloatArray | float) -> FloatArray:
        """R/R_n at any places."""
        u = np.clip((np.asarray(place, dtype=float) - self.centre) / self.width, -12, 12)
        z = np.expm1(self.lop * u) / self.lop if self.lop else u
        if self.shape == "Gaussian":
            return np.asarray(ndtr(z))
        if self.shape == "logistic":
            return np.asarray(expit(1.7 * z))
        return np.asarray((_ramp(z + 1.5, self.rounding) - _ramp(z - 1.5, self.rounding)) / 3.0)

    def crossing(self, level: float) -> float:
        """Where R/R_n passes ``level``."""
        reach = 11.0 * self.width
        return float(
            brentq(
                lambda x: float(self.share(x)) - level,
                self.centre - reach,
                self.centre + reach,
                xtol=1e-13,
                rtol=1e-14,
            )
        )

    def hidden(self, level: float, places: FloatArray, noise: float) -> bool:
        """Whether points about the crossing with this noise cannot tell it from 0 or R_n by any local method.

        The mean of all points whose true share is nearer to ``level`` than half its distance to 0 or 1 is then
        known to no better than a third of that distance.
        """
        distance = min(level, 1 - level)
        inside = np.abs(self.share(places) - level) < OWN_WIDTH * distance
        count = int(np.count_nonzero(inside))
        return TOLD_APART * noise > distance * float(np.sqrt(max(count, 1)))


def _ramp(z: FloatArray, rounding: float) -> FloatArray:
    """A straight rise from 0 on, averaged over a Gaussian: the corner rounded."""
    x = z / rounding
    density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return np.asarray(z * ndtr(x) + rounding * density)
