"""The delta read-out on a meter of plain Python."""

import math

import pytest

from instruments.delta_role import DeltaSettings
from instruments.errors import ConfigurationError, DeadlineExceeded, LimitError
from instruments.roles import Reading, ReadingFlag
from procedures.bench import Bench
from procedures.delta import DeltaReadout
from tests.procedures.fakes import FakeInstrument, fake_station


class FakeDelta(FakeInstrument):
    """Arms after 8 s (or never); its readings come from a list."""

    armed_at_s = math.inf
    arming_s = 8.0

    def configure(self, settings):
        self.commands.append("configure")
        self.settings = settings

    def arm(self):
        self.commands.append(f"arm at {self.clock.now():g} s")
        self.armed_at_s = self.clock.now() + self.arming_s

    def is_armed(self):
        return self.clock.now() >= self.armed_at_s

    def start(self):
        self.commands.append("start")
        assert self.is_armed()
        self.started_s = self.clock.now()

    def read_voltage(self):
        return self.readings.pop(0)


@pytest.fixture
def station():
    station = fake_station()
    meter = FakeDelta(station.clock)
    station = fake_station(delta_meter=meter)
    meter.clock = station.clock
    return station


#: A cycle of 110 ms; 8 averages rest on 10 conversions.
READOUT = DeltaReadout(2e-3, 1.0, 5.0, 0.01, averages=8, delay_s=0.01)


def test_the_sequence_and_a_point(station):
    meter = station.delta_meter
    meter.readings = [Reading(0.0), Reading(1e-4), Reading(-1e-4, ReadingFlag.IN_COMPLIANCE)]
    bench = Bench(station)
    READOUT.prepare(bench)
    assert meter.commands == ["configure", "arm at 1 s", "start"]
    assert meter.settings == DeltaSettings(2e-3, 1.0, 0.01, 5.0, 0.01, 8)
    assert station.clock.now() - meter.started_s == pytest.approx(1.1 + 0.055)  # the first average is complete
    before_s = station.clock.now()
    point = READOUT.measure(bench)
    assert station.clock.now() - before_s == pytest.approx(READOUT.period_s) == pytest.approx(1.1)
    assert point.resistance_ohm == pytest.approx(0.05)
    assert math.isnan(point.quadrature_ohm)
    assert point.flags is ReadingFlag.GOOD
    # ten conversions of 100 ms, 110 ms apart: from the begin of the first to the end of the last 9 x 110 + 100 ms;
    # the last ended at most a cycle ago
    assert point.age_s == pytest.approx(1.09 / 2 + 0.055)
    limited = READOUT.measure(bench)
    assert limited.flags is ReadingFlag.IN_COMPLIANCE
    assert limited.resistance_ohm == pytest.approx(-0.05)
    READOUT.release(bench)
    assert meter.made_safe == 1


def test_arming_has_a_deadline(station):
    station.delta_meter.arming_s = math.inf
    with pytest.raises(DeadlineExceeded, match="arming delta mode"):
        READOUT.prepare(Bench(station))
    assert "start" not in station.delta_meter.commands


def test_beyond_the_limits_nothing_is_configured(station):
    with pytest.raises(LimitError):
        DeltaReadout(1.0, 1.0, 5.0, 0.01, 8, 0.01).prepare(Bench(station))
    assert station.delta_meter.commands == []


def test_a_station_without_one():
    with pytest.raises(ConfigurationError, match="no delta_meter"):
        READOUT.prepare(Bench(fake_station()))
