"""Which driver is made for an instrument, by what it answers to ``*IDN?``."""

import re

from instruments.drivers.ami_430 import Ami430
from instruments.drivers.keithley_2182a import Keithley2182A
from instruments.drivers.keithley_2400 import Keithley2400
from instruments.drivers.keithley_6221 import Keithley6221
from instruments.drivers.lakeshore_372 import LakeShore372
from instruments.drivers.mercury_ips import MercuryIps
from instruments.drivers.mercury_itc import MercuryItc
from instruments.drivers.sr830 import Sr830

#: Driver's name, a word of its vendor, and the class that lists its models.
_KNOWN = (
    ("mercury_ips", "OXFORD", MercuryIps),
    ("mercury_itc", "OXFORD", MercuryItc),
    ("ami_430", "AMERICAN MAGNETICS", Ami430),
    ("lakeshore_372", "LSCI", LakeShore372),
    ("sr830", "STANFORD", Sr830),
    ("keithley_2400", "KEITHLEY", Keithley2400),
    ("keithley_2182a", "KEITHLEY", Keithley2182A),
    ("keithley_6221", "KEITHLEY", Keithley6221),
)


def driver_of(identity: str) -> str | None:
    """The driver whose vendor and model an identification names; None when no driver is made for it."""
    parts = re.split(r"[,:]", identity.strip().removeprefix("IDN:"))
    if len(parts) < 2:
        return None
    vendor, model = parts[0].upper(), f" {parts[1].strip().upper()} "
    for name, word, driver in _KNOWN:
        if word in vendor and any(f" {known.upper()} " in model for known in driver.MODELS):
            return name
    return None
