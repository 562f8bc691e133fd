"""Gate sweeps over an interface whose R(B) peaks at one field whatever gate and temperature, and one without.

R = (1200 + Vg) Phi((T - Tc)/w), Tc = 0.4 K - 2e-4 K/V Vg - d exp(-(B - 0.9 T)^2/2 s^2): no parabola, so that Tc is
least, and R largest, at 0.9 T exactly. The depth d = 0.03 K + 0.03 K ((Vg + 50 V)/150 V)^2 is least at -50 V.
"""

import numpy as np
from scipy.special import ndtr

from analysis.curves import Curve, CurveInfo

FIELDS = np.concatenate([np.arange(0, 2.01, 0.1), [2.5, 3.0, 4.0, 6.0, 9.0]])
PEAK_T, WIDTH_T, WIDTH_K = 0.9, 0.25, 0.03


def resistance(gate_V, temperature_K, field_T, dip=True):
    depth = 0.03 + 0.03 * ((gate_V + 50.0) / 150.0) ** 2
    tc = 0.4 - 2e-4 * gate_V - 1e-3 * field_T**2 * (not dip)
    if dip:
        # beyond the dip Tc goes back to where it was: R falls from the peak to a valley and stays there
        tc = tc - depth * np.exp(-0.5 * ((field_T - PEAK_T) / WIDTH_T) ** 2)
    return (1200.0 + gate_V) * ndtr((temperature_K - tc) / WIDTH_K)


def line(
    rng, temperature_K, field_T, direction="up", dip=True, noise=1.0, drift_K=1e-4, hysteresis_V=0.0, points=120
):
    gate = np.linspace(-200.0, 180.0, points)
    shifted = gate - (0.5 if direction == "up" else -0.5) * hysteresis_V
    kelvin = temperature_K + drift_K * rng.normal()
    r = resistance(shifted, kelvin, field_T, dip) + rng.normal(0, noise, points)
    order = slice(None) if direction == "up" else slice(None, None, -1)
    conditions = {
        "temperature_K": temperature_K, "field_T": float(field_T), "orientation": "in_plane", "direction": direction
    }  # fmt: skip
    info = CurveInfo(f"{temperature_K} K, {field_T:.2f} T, {direction}", "R(Vg)", conditions)
    columns = {"gate_V": gate[order], "leakage_A": rng.normal(0, 1e-10, points)}
    return Curve(info, np.full(points, kelvin), np.full(points, float(field_T)), r[order], True, columns)


def campaign(seed, temperatures=(0.3, 0.34), fields=FIELDS, **options):
    rng = np.random.default_rng(seed)
    return [line(rng, t, b, **options) for t in temperatures for b in fields]
