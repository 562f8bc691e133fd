"""R(B) at fixed temperature: a continuous field sweep with the field of the instant of each reading."""

from collections.abc import Iterator

from pymeasure.experiment import BooleanParameter, FloatParameter, ListParameter

from procedures.bench import Bench
from procedures.curve import CurveProcedure, PointTaker
from procedures.moves import go_to_field, go_to_temperature, magnet_of, settle_temperature, sweep_field
from procedures.normal_state import NormalStateWatch
from procedures.point import UNUSABLE, Point


class ResistanceField(CurveProcedure):
    """Go to the temperature, then to the first field, then measure on the way to the last.

    With ``from_here`` the sweep begins at the field where the magnet stands: the way back of a sweep that ended
    early. With ``until_normal`` it ends when what was measured says that the normal state has been reached.
    """

    temperature_K = FloatParameter("Temperature", units="K", default=10.0)
    temperature_rate_K_per_min = FloatParameter("Temperature rate", units="K/min", default=2.0)
    start_T = FloatParameter("Start field", units="T", default=-12.0)
    stop_T = FloatParameter("Stop field", units="T", default=12.0)
    field_rate_T_per_min = FloatParameter("Field rate", units="T/min", default=0.2)
    signal = ListParameter("Signal", choices=["longitudinal", "hall"], default="longitudinal")
    until_normal = BooleanParameter("Stop in the normal state", default=False)
    from_here = BooleanParameter("Start at the present field", default=False)

    def points(self, bench: Bench) -> Iterator[Point]:
        """Yield points from start to stop field."""
        readout = self.readout
        assert readout is not None, "set procedure.readout before running it"
        start_T = magnet_of(bench.station).read_field() if self.from_here else self.start_T
        bench.say(f"going to {self.temperature_K:g} K and {start_T:.4g} T")
        go_to_temperature(bench, self.temperature_K, self.temperature_rate_K_per_min, within_K=0.02, hold_s=120.0)
        if not self.from_here:
            go_to_field(bench, start_T, self.field_rate_T_per_min)
        self.set_gate(bench)
        readout.prepare(bench)
        try:
            taker = PointTaker(bench, readout, self.gated)
            bench.say(f"measuring R(B) at {self.temperature_K:g} K, {start_T:.4g} T to {self.stop_T:g} T")
            yield from self._sweep(bench, taker)
        finally:
            bench.attempt(lambda: readout.release(bench))

    def _sweep(self, bench: Bench, taker: PointTaker) -> Iterator[Point]:
        watch = NormalStateWatch()
        for _ in sweep_field(bench, self.stop_T, self.field_rate_T_per_min, poll_s=0.0):
            point = taker.take()
            yield point
            normal = not point.flags & UNUSABLE and watch.add(
                point.values["field_T"], point.values["resistance_ohm"]
            )
            if self.until_normal and normal:
                magnet_of(bench.station).hold()
                bench.say(f"normal state reached; the sweep ends at {point.values['field_T']:.3g} T")
                return
        yield taker.take()


class ResistanceFieldSteps(CurveProcedure):
    """R(B) at settled fields of a list: where a moving field would warm the sample."""

    temperature_K = FloatParameter("Temperature", units="K", default=0.09)
    temperature_rate_K_per_min = FloatParameter("Temperature rate", units="K/min", default=0.05)
    field_rate_T_per_min = FloatParameter("Field rate", units="T/min", default=0.1)
    settle_s = FloatParameter("Settling time", units="s", default=60.0)
    settle_tolerance_K = FloatParameter("Settling tolerance", units="K", default=0.002)
    readings_per_step = FloatParameter("Readings per step", default=3)
    signal = ListParameter("Signal", choices=["longitudinal", "hall"], default="longitudinal")
    fields_T: tuple[float, ...] = ()

    def points(self, bench: Bench) -> Iterator[Point]:
        """Yield points field by field, temperature settled at each."""
        readout = self.readout
        assert readout is not None, "set procedure.readout before running it"
        self.set_gate(bench)
        readout.prepare(bench)
        try:
            bench.say(f"measuring R(B) at {self.temperature_K:g} K, {len(self.fields_T)} settled fields")
            for field_T in self.fields_T:
                go_to_field(bench, field_T, self.field_rate_T_per_min)
                settle_temperature(
                    bench,
                    self.temperature_K,
                    self.temperature_rate_K_per_min,
                    self.settle_tolerance_K,
                    self.settle_s,
                )
                taker = PointTaker(bench, readout, self.gated)
                for _ in range(int(self.readings_per_step)):
                    yield taker.take()
        finally:
            bench.attempt(lambda: readout.release(bench))
