"""The base of all procedures: one curve, point by point.

``points()`` is the one way to measure. ``execute()`` only emits what it yields, so the same class runs under the
project's engine, under pymeasure's Worker, and in pymeasure's ManagedWindow.
"""

import math
from abc import abstractmethod
from collections.abc import Iterator

from pymeasure.experiment import FloatParameter, Procedure

from instruments.errors import StoppedByOperator
from instruments.roles import ReadingFlag
from instruments.station import Station
from procedures.bench import Bench
from procedures.gate import bring_gate_home, gate_flags, gate_limits, move_gate, read_gate, turn_gate_on
from procedures.guards import standard_guards
from procedures.moves import controller_of, magnet_of, thermometer_of
from procedures.point import COLUMNS, GATE, GATE_COLUMNS, LEAKAGE, Column, Point
from procedures.readout import History, Readout


class CurveProcedure(Procedure):
    """Measure one curve. Set ``station`` (and ``bench``, when there is one already) before the run.

    With ``use_gate`` called, the gate is brought to its voltage before the curve and read with every point.
    """

    COLUMNS: tuple[Column, ...] = COLUMNS
    DATA_COLUMNS = [column.label for column in COLUMNS] + ["Flags"]

    gate_V = FloatParameter("Gate voltage", units="V", default=0.0)
    gate_slew_V_per_s = FloatParameter("Gate slew rate", units="V/s", default=1.0)
    gated: bool = False

    station: Station | None = None
    bench: Bench | None = None
    readout: Readout | None = None

    @abstractmethod
    def points(self, bench: Bench) -> Iterator[Point]:
        """Prepare, measure point after point, and release the read-out whatever happens."""

    def smearing_K(self) -> float:
        """Standard deviation of the temperatures that one reading of a continuous R(T) sweep mixes."""
        return 0.0

    def use_gate(self, voltage_V: float, slew_V_per_s: float) -> None:
        """Measure at this gate voltage, reached at this rate."""
        self.gated, self.gate_V, self.gate_slew_V_per_s = True, voltage_V, slew_V_per_s
        self.COLUMNS = (*type(self).COLUMNS, *GATE_COLUMNS)
        self.DATA_COLUMNS = [column.label for column in self.COLUMNS] + ["Flags"]

    def set_gate(self, bench: Bench) -> None:
        """Bring the gate to its voltage; nothing without a gate."""
        if self.gated:
            turn_gate_on(bench)
            move_gate(bench, self.gate_V, self.gate_slew_V_per_s)

    def startup(self) -> None:
        """Make a bench when the procedure runs outside the project's engine."""
        if self.bench is None:
            if self.station is None:
                raise ValueError("set procedure.station to an open station before running it")
            self.bench = Bench(self.station, standard_guards(self.station), should_stop=self.should_stop)

    def execute(self) -> None:
        """Emit every point under pymeasure's column labels."""
        assert self.bench is not None
        try:
            for point in self.points(self.bench):
                record = {column.label: point.values[column.name] for column in self.COLUMNS}
                self.emit("results", {**record, "Flags": point.flags.value})
        except StoppedByOperator:
            return

    def shutdown(self) -> None:
        """Bring the rack to its safe state; pymeasure calls this after every end."""
        if self.bench is not None:
            bench = self.bench
            bench.attempt(lambda: bring_gate_home(bench))
            for failure in self.bench.station.make_safe():
                self.bench.warn(failure)


class PointTaker:
    """Joins a resistance reading with temperature and field of the same instant."""

    def __init__(self, bench: Bench, readout: Readout, gated: bool = False) -> None:
        station = bench.station
        self._gate_limits = gate_limits(station) if gated else None
        self._bench = bench
        self._readout = readout
        self._thermometer = thermometer_of(station)
        self._magnet = magnet_of(station)
        self._controller = controller_of(station)
        self._temperatures = History()
        self._fields = History()
        self._note_surroundings()

    def take(self) -> Point:
        """One point, taking about the read-out's period."""
        reading = self._readout.measure(self._bench)
        flags = reading.flags | self._note_surroundings()
        instant_s = self._bench.clock.now() - reading.age_s
        values = {
            "time_s": instant_s,
            "temperature_K": self._temperatures.at(instant_s),
            "field_T": self._fields.at(instant_s),
            "resistance_ohm": reading.resistance_ohm,
            "quadrature_ohm": reading.quadrature_ohm,
            "heater_percent": self._controller.read_heater(),
        }
        if self._gate_limits is not None:
            gate = read_gate(self._bench)
            values |= {GATE.name: gate.voltage_V, LEAKAGE.name: gate.current_A}
            flags |= gate_flags(gate, self._gate_limits)
        if not math.isfinite(reading.resistance_ohm):
            flags |= ReadingFlag.OVERLOAD
        return Point(values, flags)

    def _note_surroundings(self) -> ReadingFlag:
        now = self._bench.clock.now()
        temperature = self._thermometer.read_temperature()
        # a lagging sensor shows now what the sample had a moment ago
        self._temperatures.add(now - self._bench.station.limits.thermometer_lag_s, temperature.value)
        self._fields.add(now, self._magnet.read_field())
        return temperature.flags
