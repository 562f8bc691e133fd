import numpy as np
import pytest

from analysis.curves import Curve
from analysis.errors import AnalysisError
from analysis.studies import Studies
from fluxoid.live import LiveAnalysis
from tests.analysis.synthetic import Sample, r_of_t

SAMPLE = Sample(energy_K=lambda h: 1200.0 * (0.1 / h) ** 0.8, flow_onset_T=1.9, full_T=4.0)


def curve(field_T: float) -> Curve:
    return r_of_t(SAMPLE, np.random.default_rng(3), field_T=field_T, points=400)


def points(one: Curve) -> list[dict[str, float]]:
    names = ("temperature_K", "field_T", "resistance_ohm")
    return [dict(zip(names, row, strict=True)) for row in zip(*(getattr(one, name) for name in names), strict=True)]


def test_what_is_known_at_the_end_of_a_curve_does_not_depend_on_the_thread():
    by_hand, at_ends = Studies(2), []
    with LiveAnalysis(2) as live:
        for one in (curve(0.0), curve(0.3)):
            live.start_curve(one.info)
            by_hand.start(one.info)
            for point in points(one):
                live.add(point)
                by_hand.add(point)
                live.findings()
            by_hand.finish()
            at_ends.append((live.end_curve(), by_hand.snapshot()))
    assert all(live_found == found for live_found, found in at_ends)
    assert at_ends[0][0]


def test_a_mistake_comes_back_to_the_engine():
    with LiveAnalysis(1) as live, pytest.raises(AnalysisError, match="finish without"):
        live.end_curve()
