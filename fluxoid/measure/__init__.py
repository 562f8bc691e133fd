"""What an experiment file can ask for, a kind of measurement per file: its keys, what can be refused without an
instrument, and the curves it stands for."""

from typing import Annotated

from pydantic import Field

from fluxoid.measure.gate_sweep import GateSweepSection
from fluxoid.measure.parts import Measurement, Planned
from fluxoid.measure.resistance_field import ResistanceFieldSection
from fluxoid.measure.resistance_temperature import ResistanceTemperatureSection
from fluxoid.measure.spectrum import SpectrumSection

__all__ = [
    "GateSweepSection",
    "MeasureSection",
    "Measurement",
    "Planned",
    "ResistanceFieldSection",
    "ResistanceTemperatureSection",
    "SpectrumSection",
]

MeasureSection = Annotated[
    ResistanceTemperatureSection | ResistanceFieldSection | GateSweepSection | SpectrumSection,
    Field(discriminator="kind"),
]
