"""A resistance by a source that reverses its current itself, and the nanovoltmeter that it triggers."""

import math
from dataclasses import dataclass

from instruments.delta_role import DeltaMeter, DeltaSettings
from instruments.errors import ConfigurationError
from instruments.station import Station
from procedures.bench import Bench
from procedures.readout import ResistanceReading

#: For what goes from source to voltmeter and back through a serial line of 9600 baud or more.
_RELAY_S = 1.0
#: Arming takes seconds, in which the source answers nobody; then it is asked.
_ARMING_S = 5.0
_ARMED_WITHIN_S = 30.0
_POLL_S = 0.5
#: Conversions of a first reading, each of either sign: one more for each further reading of an average.
_CONVERSIONS = 3


@dataclass
class DeltaReadout:
    """R = V / I, V being the average over the last ``averages`` readings of a delta meter.

    Points are spaced by all the conversions that an average rests on, so that no two share one: their noise is
    independent. For a noise s of one conversion, an average of N readings has s sqrt(N - 3/4)/N (0.61 s for N = 1).
    """

    current_A: float
    compliance_V: float
    integration_plc: float
    range_V: float
    averages: int
    delay_s: float
    line_frequency_Hz: float = 50.0

    def __post_init__(self) -> None:
        conversion_s = self.integration_plc / self.line_frequency_Hz
        cycle_s = self.delay_s + conversion_s
        self.period_s = (self.averages + _CONVERSIONS - 1) * cycle_s
        # the weights of the conversions are symmetrical; the newest has ended, in the mean, half a cycle ago
        self._late_s = cycle_s / 2
        self.smearing_s = self.period_s / math.sqrt(12)
        self._age_s = (self.period_s - cycle_s + conversion_s) / 2 + self._late_s

    def settings(self) -> DeltaSettings:
        """What the meter is set to."""
        return DeltaSettings(
            self.current_A, self.compliance_V, self.range_V, self.integration_plc, self.delay_s, self.averages
        )

    def prepare(self, bench: Bench) -> None:
        """Set source and voltmeter up, arm, and let the first average be made."""
        meter = _delta_meter(bench.station)
        bench.station.limits.excitation.check_current(self.current_A)
        bench.station.limits.excitation.check_compliance(self.compliance_V)
        meter.configure(self.settings())
        bench.pause(_RELAY_S)
        meter.arm()
        bench.pause(_ARMING_S)
        bench.wait_until("arming delta mode", meter.is_armed, _ARMED_WITHIN_S, _POLL_S)
        meter.start()
        bench.pause(self.period_s + self._late_s)
        meter.read_voltage()  # clears what latched when the current began

    def measure(self, bench: Bench) -> ResistanceReading:
        """The average over the conversions since the reading before."""
        bench.pause(self.period_s)
        reading = _delta_meter(bench.station).read_voltage()
        return ResistanceReading(reading.value / self.current_A, math.nan, self._age_s, reading.flags)

    def release(self, bench: Bench) -> None:
        """Stop; zero current, output off."""
        _delta_meter(bench.station).make_safe()


def _delta_meter(station: Station) -> DeltaMeter:
    if station.delta_meter is None:
        raise ConfigurationError(f"station {station.name} has no delta_meter; choose the DC reversal read-out")
    return station.delta_meter
