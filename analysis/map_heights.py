"""Where the height of the resistance peak is least in gate voltage."""

import numpy as np

from analysis.findings import Finding, Verdict
from analysis.local_maximum import Curves, local_maxima
from analysis.map_findings import MapResult

QUANTITY = "peak_height_minimum_gate"
#: Gates with a peak that such a curve needs, and the rise on either side of its minimum in standard errors.
FEWEST_GATES, RISE = 6, 4.0
#: A curve of heights has a shape that nobody knows: it is taken for a parabola over so few gates only, and its
#: minimum for known to this share of their distance at best.
WIDEST, STEP_SHARE = 9, 0.25


def height_minimum(result: MapResult) -> Finding:
    """``peak_height_minimum_gate`` [V] of one map, from the heights at the gates that have a peak.

    By a local polynomial in the logarithm of the height, which varies by far more than its errors.
    """
    data = result.data
    method = "least height of the peak, local polynomial in Vg"

    def none(reason: str) -> Finding:
        return Finding(
            QUANTITY, None, None, "V", Verdict.NOT_ENOUGH_DATA, reason, method, data.conditions, data.names
        )

    peaks = [peak for peak in result.peaks if peak.height_ohm > 3 * peak.height_error_ohm > 0]
    if len(peaks) < FEWEST_GATES:
        return none(f"heights of peaks at {len(peaks)} gate voltages, {FEWEST_GATES} are needed")
    gate = data.gate_V[[peak.gate for peak in peaks]]
    height = np.array([peak.height_ohm for peak in peaks])
    error = np.array([peak.height_error_ohm for peak in peaks])
    least = int(np.argmin(height))
    if least in (0, height.size - 1):
        return none("the height only rises or falls with the gate voltage: no minimum")
    left, right = int(np.argmax(height[:least])), least + 1 + int(np.argmax(height[least + 1 :]))
    rise = min((height[side] - height[least]) / np.hypot(error[side], error[least]) for side in (left, right))
    if rise < RISE:
        return none(f"the height rises by {rise:.1f} errors beside its least value, {RISE:g} are needed")
    logarithm, none_shared = -np.log(height)[None], np.zeros((1, height.size))
    sides = (np.array([place]) for place in (least, left, right))
    found = local_maxima(
        Curves(gate, logarithm, (error / height)[None], none_shared, *sides), odds=False, widest=WIDEST
    )[0]
    if found is None:
        return none("no polynomial has its minimum near the least height")
    step = float(np.mean(np.diff(gate)))
    reason = f"rises by {rise:.0f} errors on either side; {np.exp(-found.value):.3g} ohm there"
    verdict = Verdict.GOOD if data.complete else Verdict.PROVISIONAL
    reason = reason if data.complete else f"sweeps of this map were cut short; {reason}"
    return Finding(
        QUANTITY,
        found.place,
        float(np.hypot(found.whole_error, STEP_SHARE * step)),
        "V",
        verdict,
        reason,
        method,
        data.conditions,
        data.names,
        {"gate_V": found.window},
    )
