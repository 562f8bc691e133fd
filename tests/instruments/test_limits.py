"""Limits of a magnet: the coil's rates by field range, and those of a supply that moves alone."""

import math
from pathlib import Path

import pytest

from instruments.errors import ConfigurationError, LimitError
from instruments.limits import MagnetLimits, RampSegment
from instruments.simulation.files import cryostat_settings
from instruments.station_file import load_station
from tests.instruments.simulated_station import CONFIGS

SEGMENTS = (RampSegment(8.0, 0.6), RampSegment(12.0, 0.4))
COIL_ONLY = MagnetLimits(12.0, SEGMENTS)
LEADS = MagnetLimits(12.0, SEGMENTS, leads_rate_T_per_min=5.0)


def test_without_a_rate_of_the_leads_the_supply_moves_like_the_coil() -> None:
    assert COIL_ONLY.supply_legs(10.0, -10.0) == [(8.0, 0.4), (-8.0, 0.6), (-10.0, 0.4)]
    with pytest.raises(LimitError, match=r"up to 0\.4 T/min"):
        COIL_ONLY.check_supply_ramp(10.0, 0.0, 0.5)


def test_the_leads_have_one_rate_of_their_own() -> None:
    assert LEADS.supply_legs(10.0, -10.0) == [(-10.0, 5.0)]
    LEADS.check_supply_ramp(10.0, 0.0, 5.0)
    for target_T, rate in ((0.0, 5.1), (0.0, 0.0), (0.0, float("nan")), (12.5, 1.0)):
        with pytest.raises(LimitError, match="nothing was sent"):
            LEADS.check_supply_ramp(10.0, target_T, rate)
    with pytest.raises(LimitError):
        LEADS.check_ramp(10.0, 0.0, 5.0)
    assert LEADS.slowest_rate_T_per_min == 0.4


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none(rate: float) -> None:
    with pytest.raises(LimitError, match="must be more than 0"):
        MagnetLimits(12.0, SEGMENTS, rate)


def station_with(folder: Path, *changes: tuple[str, str]) -> Path:
    text = (CONFIGS / "stations" / "teslatron_pt12.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "station.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_leads_and_the_decay_of_a_station_file(tmp_path: Path) -> None:
    plain = load_station(station_with(tmp_path))
    assert plain.plan().limits.magnet.leads_rate_T_per_min is None
    assert cryostat_settings(plain).decay_time_s == math.inf
    told = load_station(
        station_with(
            tmp_path,
            ("    field: 12 T\n", "    field: 12 T\n    leads_rate: 2 T/min\n"),
            ("    switch_time: 20 s\n", "    switch_time: 20 s\n    decay_time: 1000 h\n"),
        )
    )
    assert told.plan().limits.magnet.leads_rate_T_per_min == 2.0
    assert cryostat_settings(told).decay_time_s == pytest.approx(3.6e6)


@pytest.mark.parametrize("text", ["0 T/min", "-1 T/min", "2 T", "2"])
def test_a_rate_of_the_leads_that_is_none(tmp_path: Path, text: str) -> None:
    path = station_with(tmp_path, ("    field: 12 T\n", f"    field: 12 T\n    leads_rate: {text}\n"))
    with pytest.raises(ConfigurationError, match=r"leads_rate"):
        load_station(path)
