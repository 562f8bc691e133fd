"""R(B) at fixed temperature: a continuous field sweep with the field of the instant of each reading."""

from collections.abc import Iterator

from pymeasure.experiment import FloatParameter, ListParameter

from procedures.bench import Bench
from procedures.curve import CurveProcedure, PointTaker
from procedures.moves import go_to_field, go_to_temperature, sweep_field
from procedures.point import Point


class ResistanceField(CurveProcedure):
    """Go to the temperature, then to the first field, then measure on the way to the last."""

    temperature_K = FloatParameter("Temperature", units="K", default=10.0)
    temperature_rate_K_per_min = FloatParameter("Temperature rate", units="K/min", default=2.0)
    start_T = FloatParameter("Start field", units="T", default=-12.0)
    stop_T = FloatParameter("Stop field", units="T", default=12.0)
    field_rate_T_per_min = FloatParameter("Field rate", units="T/min", default=0.2)
    signal = ListParameter("Signal", choices=["longitudinal", "hall"], default="longitudinal")

    def points(self, bench: Bench) -> Iterator[Point]:
        """Yield points from start to stop field."""
        readout = self.readout
        assert readout is not None, "set procedure.readout before running it"
        bench.say(f"going to {self.temperature_K:g} K and {self.start_T:g} T")
        go_to_temperature(
            bench, self.temperature_K, self.temperature_rate_K_per_min, tolerance_K=0.02, hold_s=120.0
        )
        go_to_field(bench, self.start_T, self.field_rate_T_per_min)
        readout.prepare(bench)
        try:
            taker = PointTaker(bench, readout)
            bench.say(f"measuring R(B) at {self.temperature_K:g} K, {self.start_T:g} T to {self.stop_T:g} T")
            for _ in sweep_field(bench, self.stop_T, self.field_rate_T_per_min, poll_s=0.0):
                yield taker.take()
            yield taker.take()
        finally:
            bench.attempt(lambda: readout.release(bench))
