"""R(Vg) at fixed field and temperature: the gate in settled steps, its leakage watched at every point."""

from collections.abc import Iterator

from pymeasure.experiment import BooleanParameter, FloatParameter

from procedures.bench import Bench
from procedures.curve import CurveProcedure, PointTaker
from procedures.gate import move_gate, turn_gate_on
from procedures.moves import settle_temperature
from procedures.persistent import set_field
from procedures.point import COLUMNS, GATE_COLUMNS, Column, Point


class GateSweep(CurveProcedure):
    """Set the field, let the temperature settle, go to the first voltage, then step to the last.

    The gate stays at the last voltage, where the next line may begin; whoever ends the run brings it home.
    """

    COLUMNS: tuple[Column, ...] = (*COLUMNS, *GATE_COLUMNS)
    DATA_COLUMNS = [column.label for column in (*COLUMNS, *GATE_COLUMNS)] + ["Flags"]

    temperature_K = FloatParameter("Temperature", units="K", default=0.09)
    temperature_rate_K_per_min = FloatParameter("Temperature rate", units="K/min", default=0.05)
    settle_tolerance_K = FloatParameter("Settling tolerance", units="K", default=0.002)
    settle_s = FloatParameter("Settling time", units="s", default=60.0)
    field_T = FloatParameter("Field", units="T", default=0.0)
    field_rate_T_per_min = FloatParameter("Field rate", units="T/min", default=0.1)
    persistent = BooleanParameter("Persistent magnet", default=False)
    start_V = FloatParameter("Start voltage", units="V", default=0.0)
    stop_V = FloatParameter("Stop voltage", units="V", default=10.0)
    step_V = FloatParameter("Step", units="V", default=1.0)
    step_settle_s = FloatParameter("Settling time of a step", units="s", default=1.0)

    @property
    def steps(self) -> int:
        """Number of steps of the line."""
        return max(1, round(float(abs(self.stop_V - self.start_V) / self.step_V)))

    def points(self, bench: Bench) -> Iterator[Point]:
        """Yield points from start to stop voltage."""
        readout = self.readout
        assert readout is not None, "set procedure.readout before running it"
        bench.say(f"going to {self.temperature_K:g} K and {self.field_T:g} T")
        turn_gate_on(bench)
        set_field(bench, self.field_T, self.field_rate_T_per_min, self.persistent)
        move_gate(bench, self.start_V, self.gate_slew_V_per_s)
        settle_temperature(
            bench, self.temperature_K, self.temperature_rate_K_per_min, self.settle_tolerance_K, self.settle_s
        )
        readout.prepare(bench)
        try:
            taker = PointTaker(bench, readout, gated=True)
            bench.say(
                f"measuring R(Vg) at {self.temperature_K:g} K, {self.field_T:g} T,"
                f" {self.start_V:g} V to {self.stop_V:g} V"
            )
            for index in range(self.steps + 1):
                target_V = self.start_V + (self.stop_V - self.start_V) * index / self.steps
                move_gate(bench, target_V, self.gate_slew_V_per_s)
                bench.phase = f"R(Vg) at {self.field_T:g} T, {self.temperature_K:g} K"
                bench.pause(self.step_settle_s)
                yield taker.take()
        finally:
            bench.attempt(lambda: readout.release(bench))
