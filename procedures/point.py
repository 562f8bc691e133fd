"""One measured point, and the columns every procedure shares."""

from collections.abc import Mapping
from dataclasses import dataclass

from instruments.roles import ReadingFlag


@dataclass(frozen=True, slots=True)
class Column:
    """A recorded quantity: ``name`` for programs and files, ``label`` for people (with a pint unit)."""

    name: str
    label: str
    unit: str
    long_name: str


TIME = Column("time_s", "Time (s)", "s", "Time since the start of the run")
TEMPERATURE = Column("temperature_K", "Temperature (K)", "K", "Sample temperature")
FIELD = Column("field_T", "Field (T)", "T", "Magnetic field")
RESISTANCE = Column("resistance_ohm", "Resistance (ohm)", "ohm", "Resistance")
QUADRATURE = Column("quadrature_ohm", "Quadrature (ohm)", "ohm", "Quadrature component")
HEATER = Column("heater_percent", "Heater (percent)", "percent", "Heater output")
GATE = Column("gate_V", "Gate (V)", "V", "Gate voltage")
LEAKAGE = Column("leakage_A", "Leakage (A)", "A", "Current into the gate")
BIAS = Column("bias_V", "Bias (V)", "V", "Direct voltage across the contact")
CURRENT = Column("current_A", "Current (A)", "A", "Direct current")
MODULATION = Column("modulation_V", "Modulation (V)", "V", "Alternating voltage across the contact, rms")
CONDUCTANCE = Column("conductance_S", "Conductance (S)", "S", "Differential conductance")
COLUMNS: tuple[Column, ...] = (TIME, TEMPERATURE, FIELD, RESISTANCE, QUADRATURE, HEATER)
#: What a gate adds to every curve that is measured with one.
GATE_COLUMNS: tuple[Column, ...] = (GATE, LEAKAGE)
SPECTRUM_COLUMNS: tuple[Column, ...] = (*COLUMNS, BIAS, CURRENT, MODULATION, CONDUCTANCE)


@dataclass(frozen=True, slots=True)
class Point:
    """Values by column name (NaN where a read-out has no such component) and the flags of the reading."""

    values: Mapping[str, float]
    flags: ReadingFlag = ReadingFlag.GOOD


#: A point with any of these flags has no value that analysis may use; it is recorded all the same.
UNUSABLE = (
    ReadingFlag.OVERLOAD
    | ReadingFlag.REFERENCE_UNLOCKED
    | ReadingFlag.UNSETTLED
    | ReadingFlag.IN_COMPLIANCE
    | ReadingFlag.RANGE_CHANGED
    | ReadingFlag.STALE
    | ReadingFlag.OUT_OF_LIMITS
)
