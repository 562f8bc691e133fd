"""R(T) at fixed field: a continuous temperature sweep, or stepped and settled."""

from collections.abc import Iterator

from pymeasure.experiment import BooleanParameter, FloatParameter, ListParameter

from procedures.bench import Bench
from procedures.curve import CurveProcedure, PointTaker
from procedures.moves import command_ramp, go_to_temperature, settle_temperature, tolerance_K
from procedures.persistent import set_field
from procedures.point import Point

#: A sweep has ended when the sample is this close to its end, or no longer moves towards it.
END_TOLERANCE_K = 5e-3
STANDSTILL_K = 2e-3
STANDSTILL_S = 120.0


class ResistanceTemperature(CurveProcedure):
    """Warm above Tc, set the field there, go to the start, then measure on the way to the end.

    The field is changed only above Tc, so that no flux of the field before stays trapped in the sample.
    """

    field_T = FloatParameter("Field", units="T", default=0.0)
    start_K = FloatParameter("Start temperature", units="K", default=7.0)
    stop_K = FloatParameter("Stop temperature", units="K", default=1.6)
    mode = ListParameter("Mode", choices=["sweep", "steps"], default="sweep")
    rate_K_per_min = FloatParameter("Sweep rate", units="K/min", default=0.1)
    step_K = FloatParameter("Step", units="K", default=0.05)
    settle_tolerance_K = FloatParameter("Settling tolerance", units="K", default=0.003)
    settle_s = FloatParameter("Settling time", units="s", default=60.0)
    readings_per_step = FloatParameter("Readings per step", default=5)
    warm_to_K = FloatParameter("Warm to", units="K", default=8.0)
    warm_rate_K_per_min = FloatParameter("Warming rate", units="K/min", default=2.0)
    field_rate_T_per_min = FloatParameter("Field rate", units="T/min", default=0.3)
    persistent = BooleanParameter("Persistent magnet", default=False)

    def smearing_K(self) -> float:
        """Of the read-out's filter at the rate of a sweep; none of steps."""
        if self.mode != "sweep" or self.readout is None:
            return 0.0
        return float(self.readout.smearing_s * self.rate_K_per_min / 60.0)

    def points(self, bench: Bench) -> Iterator[Point]:
        """Yield points from start to stop temperature."""
        readout = self.readout
        assert readout is not None, "set procedure.readout before running it"
        bench.say(f"warming to {self.warm_to_K:g} K")
        go_to_temperature(bench, self.warm_to_K, self.warm_rate_K_per_min)
        bench.say(f"setting the field to {self.field_T:g} T")
        set_field(bench, self.field_T, self.field_rate_T_per_min, self.persistent)
        self.set_gate(bench)
        go_to_temperature(bench, self.start_K, self.warm_rate_K_per_min, within_K=0.02, hold_s=60.0)
        readout.prepare(bench)
        try:
            taker = PointTaker(bench, readout, self.gated)
            bench.say(f"measuring R(T) at {self.field_T:g} T, {self.start_K:g} K to {self.stop_K:g} K")
            yield from self._sweep(bench, taker) if self.mode == "sweep" else self._steps(bench, taker)
        finally:
            bench.attempt(lambda: readout.release(bench))

    def _sweep(self, bench: Bench, taker: PointTaker) -> Iterator[Point]:
        bench.phase = f"R(T) at {self.field_T:g} T"
        command_ramp(bench, self.stop_K, self.rate_K_per_min)
        direction = 1.0 if self.stop_K > self.start_K else -1.0
        span_s = 60 * abs(self.stop_K - self.start_K) / self.rate_K_per_min
        deadline_s = bench.clock.now() + 1.5 * span_s + 1800
        end_K, standstill_K = (tolerance_K(widest, 2 * self.stop_K) for widest in (END_TOLERANCE_K, STANDSTILL_K))
        best_K, moved_at_s = float("nan"), bench.clock.now()
        while True:
            point = taker.take()
            yield point
            now_K = point.values["temperature_K"]
            if direction * (self.stop_K - now_K) <= end_K:
                return
            if not direction * (now_K - best_K) <= standstill_K:
                best_K, moved_at_s = now_K, bench.clock.now()
            elif bench.clock.now() - moved_at_s > max(STANDSTILL_S, 60 * 5 * standstill_K / self.rate_K_per_min):
                bench.warn(f"the sample stands still at {now_K:.4g} K; {self.stop_K:g} K was not reached")
                return
            bench.expire(deadline_s, f"temperature {self.stop_K:g} K")

    def _steps(self, bench: Bench, taker: PointTaker) -> Iterator[Point]:
        count = max(1, round(abs(self.stop_K - self.start_K) / self.step_K))
        for index in range(count + 1):
            target_K = self.start_K + (self.stop_K - self.start_K) * index / count
            settle_temperature(bench, target_K, self.rate_K_per_min, self.settle_tolerance_K, self.settle_s)
            for _ in range(int(self.readings_per_step)):
                yield taker.take()
