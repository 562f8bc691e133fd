"""A PyVISA backend: the simulated rack of a station file, for any program that speaks VISA.

::

    pyvisa.ResourceManager("configs/stations/teslatron_pt12.yaml@fluxoid")
    SR830("GPIB0::8::INSTR", visa_library="configs/stations/teslatron_pt12.yaml@fluxoid")

Before ``@fluxoid`` stands the path of a station file with a ``simulation`` section, and after a ``?`` options,
joined by ``&``: ``station.yaml?sample=configs/samples/2h_nbs2.yaml&seed=3@fluxoid``.
:mod:`pyvisa_fluxoid.specification` lists them. All managers of one path and the same options are on one cryostat as
long as the process lasts, also after they were closed; other options are another rack.
"""

import fluxoid  # noqa: F401  (says which module of a common name shadows one of ours)
from pyvisa_fluxoid.library import FluxoidVisaLibrary, rack

__all__ = ["WRAPPER_CLASS", "rack"]

WRAPPER_CLASS = FluxoidVisaLibrary
"""What pyvisa looks for."""
