"""All kinds of simulated samples, by one name."""

from instruments.simulation.contact import PointContact
from instruments.simulation.film import Film
from instruments.simulation.interface import Interface
from instruments.simulation.sample import Sample

AnySample = Sample | Film | PointContact | Interface
