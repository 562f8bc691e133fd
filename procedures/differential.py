"""dI/dV of a contact: a direct bias current in steps, with a small alternating one on top.

The lock-in's oscillator adds the modulation through its ballast resistor to the current of the DC source; the
lock-in reads the alternating voltage across the contact, a voltmeter the direct one. Where current and voltage
contacts of the tip share a lead, its resistance is in series with the junction (quasi-four-probe).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pymeasure.experiment import BooleanParameter, FloatParameter

from instruments.errors import ConfigurationError
from instruments.roles import CurrentSource, LockInSettings, ReadingFlag, Voltmeter
from instruments.station import Station
from procedures.bench import Bench
from procedures.curve import CurveProcedure
from procedures.moves import controller_of, magnet_of, settle_temperature, thermometer_of
from procedures.persistent import set_field
from procedures.point import SPECTRUM_COLUMNS, Column, Point
from procedures.readout import driving_lock_in, flags_of_source, widen

#: Time constants after which a step of the bias is seen to 1e-4, by slope in dB per octave (tail of the gamma
#: distribution of 1 to 4 poles): what is left of it would shift the spectrum along the way of the sweep.
SETTLING_TIME_CONSTANTS = {6: 9.21, 12: 11.76, 18: 13.93, 24: 15.91}
#: Boltzmann's constant over the elementary charge, in V/K.
THERMAL_VOLTAGE_V_PER_K = 8.617333262e-5
#: Out-of-phase share of the signal above which a person should look at phase and wiring.
_QUADRATURE_SHARE = 0.1
#: A point is tried again this often after a change of range.
_MOST_TRIES = 4


@dataclass(frozen=True, slots=True)
class DifferentialReadout:
    """How dV/dI is read: currents in A, ``modulation_A`` rms."""

    modulation_A: float
    frequency_Hz: float
    time_constant_s: float
    filter_slope_dB: int
    sensitivity_V: float
    compliance_V: float
    range_V: float
    integration_plc: float
    channel: int

    @property
    def settle_s(self) -> float:
        """Settling of the filter after a step of the bias."""
        return SETTLING_TIME_CONSTANTS[self.filter_slope_dB] * self.time_constant_s

    def settings(self, ballast_ohm: float) -> LockInSettings:
        """What the lock-in is set to."""
        return LockInSettings(
            self.modulation_A * ballast_ohm,
            self.frequency_Hz,
            self.time_constant_s,
            self.filter_slope_dB,
            self.sensitivity_V,
        )


class DifferentialConductance(CurveProcedure):
    """One spectrum: temperature and field settled, then the bias current from ``start_A`` to ``stop_A``."""

    COLUMNS: tuple[Column, ...] = SPECTRUM_COLUMNS
    DATA_COLUMNS = [column.label for column in SPECTRUM_COLUMNS] + ["Flags"]

    temperature_K = FloatParameter("Temperature", units="K", default=2.5)
    temperature_rate_K_per_min = FloatParameter("Temperature rate", units="K/min", default=2.0)
    settle_tolerance_K = FloatParameter("Settling tolerance", units="K", default=0.005)
    settle_s = FloatParameter("Settling time", units="s", default=60.0)
    field_T = FloatParameter("Field", units="T", default=0.0)
    field_rate_T_per_min = FloatParameter("Field rate", units="T/min", default=0.5)
    persistent = BooleanParameter("Persistent magnet", default=False)
    start_A = FloatParameter("Start current", units="A", default=-1e-4)
    stop_A = FloatParameter("Stop current", units="A", default=1e-4)
    number = FloatParameter("Points", default=401)
    differential: DifferentialReadout | None = None

    def points(self, bench: Bench) -> Iterator[Point]:
        """Yield points from the first to the last bias."""
        readout = self.differential
        assert readout is not None, "set procedure.differential before running it"
        bench.say(f"going to {self.temperature_K:g} K and {self.field_T:g} T")
        set_field(bench, self.field_T, self.field_rate_T_per_min, self.persistent)
        settle_temperature(
            bench, self.temperature_K, self.temperature_rate_K_per_min, self.settle_tolerance_K, self.settle_s
        )
        self.set_gate(bench)
        contact = _Contact(bench, readout, self.start_A)
        try:
            contact.prepare()
            bench.phase = f"dI/dV at {self.temperature_K:g} K, {self.field_T:g} T"
            bench.say(f"measuring {bench.phase}")
            last = int(self.number) - 1
            for index in range(last + 1):
                yield from contact.at(self.start_A + (self.stop_A - self.start_A) * index / last)
            contact.judge()
        finally:
            bench.attempt(contact.release)


class _Contact:
    """Source, lock-in and voltmeter at one contact."""

    def __init__(self, bench: Bench, readout: DifferentialReadout, first_A: float) -> None:
        self._bench, self._readout, self._first_A = bench, readout, first_A
        self._source, self._voltmeter = _source_and_voltmeter(bench.station)
        self._lock_in = driving_lock_in(bench.station)
        self._modulations: list[float] = []
        self._quadratures: list[float] = []
        self._temperature_K = math.nan

    def prepare(self) -> None:
        """Everything configured, the bias at its first value, the filter settled."""
        bench, readout = self._bench, self._readout
        limits = bench.station.limits.excitation
        limits.check_current(abs(self._first_A) + math.sqrt(2) * readout.modulation_A)
        limits.check_compliance(readout.compliance_V)
        self._lock_in.configure(readout.settings(bench.station.wiring.lock_in_ballast_ohm))
        self._source.configure(readout.compliance_V, abs(self._first_A))
        self._voltmeter.configure(readout.channel, readout.integration_plc, readout.range_V)
        self._source.set_current(0.0)
        self._source.set_output(True)
        self._source.set_current(self._first_A)
        bench.pause(2 * readout.settle_s)
        self._lock_in.read_xy()  # clears what latched while settling

    def at(self, current_A: float) -> Iterator[Point]:
        """The point at a bias; after an overload, flagged as such, once more on a wider range."""
        self._source.set_current(current_A)
        for _ in range(_MOST_TRIES):
            self._bench.pause(self._readout.settle_s)
            point = self._read(current_A)
            yield point
            if not point.flags & ReadingFlag.OVERLOAD or not widen(self._bench, self._lock_in):
                return
            self._bench.pause(self._readout.settle_s)
            self._lock_in.read_xy()  # clears what latched while the range changed

    def _read(self, current_A: float) -> Point:
        station = self._bench.station
        alternating = self._lock_in.read_xy()
        direct = self._voltmeter.read_voltage()
        temperature = thermometer_of(station).read_temperature()
        flags = alternating.flags | direct.flags | temperature.flags | flags_of_source(self._source)
        resistance_ohm = alternating.x_V / self._readout.modulation_A
        if not flags:
            self._modulations.append(abs(alternating.x_V))
            self._quadratures.append(abs(alternating.y_V))
            self._temperature_K = temperature.value
        values = {
            "time_s": self._bench.clock.now(),
            "temperature_K": temperature.value,
            "field_T": magnet_of(station).read_field(),
            "resistance_ohm": resistance_ohm,
            "quadrature_ohm": alternating.y_V / self._readout.modulation_A,
            "heater_percent": controller_of(station).read_heater(),
            "bias_V": direct.value,
            "current_A": current_A,
            "modulation_V": alternating.x_V,
            "conductance_S": 1 / resistance_ohm if resistance_ohm else math.nan,
        }
        return Point(values, flags)

    def judge(self) -> None:
        """Say what of the set-up blurs the spectrum."""
        if not self._modulations:
            return
        modulation_V = sorted(self._modulations)[len(self._modulations) // 2]
        thermal_V = THERMAL_VOLTAGE_V_PER_K * self._temperature_K
        if modulation_V > thermal_V:
            self._bench.warn(
                f"the modulation of {modulation_V * 1e3:.3g} mV rms is more than kT/e = {thermal_V * 1e3:.3g} mV"
                " and blurs the spectrum more than the temperature does; a smaller one resolves more"
            )
        quadrature_V = sorted(self._quadratures)[len(self._quadratures) // 2]
        if quadrature_V > _QUADRATURE_SHARE * modulation_V:
            self._bench.warn(
                f"the out-of-phase signal is {100 * quadrature_V / modulation_V:.0f} % of the one in phase; check"
                " the lock-in's phase and the wiring"
            )

    def release(self) -> None:
        """Bias to zero and off, modulation to its minimum."""
        try:
            self._source.make_safe()
        finally:
            self._lock_in.make_safe()


def _source_and_voltmeter(station: Station) -> tuple[CurrentSource, Voltmeter]:
    if station.current_source is None or station.voltmeter is None:
        raise ConfigurationError(f"station {station.name} needs a current source and a voltmeter for dI/dV")
    return station.current_source, station.voltmeter
