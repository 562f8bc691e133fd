"""Which driver is made for an instrument, by what it answers when it is asked its name."""

import re

from instruments.drivers.ami_430 import Ami430
from instruments.drivers.checked import Checked
from instruments.drivers.gs200 import Gs200
from instruments.drivers.ips_120 import Ips120
from instruments.drivers.itc_503 import Itc503
from instruments.drivers.keithley_2182a import Keithley2182A
from instruments.drivers.keithley_2400 import Keithley2400
from instruments.drivers.keithley_2450 import Keithley2450
from instruments.drivers.keithley_6221 import Keithley6221
from instruments.drivers.lakeshore_372 import LakeShore372
from instruments.drivers.mercury_ips import MercuryIps
from instruments.drivers.mercury_itc import MercuryItc
from instruments.drivers.sr830 import Sr830
from instruments.drivers.sr860 import Sr860, Sr865A

#: By ``*IDN?``: the driver's name, a word of its vendor, and the class that lists its models.
_BY_IDENTITY: tuple[tuple[str, str, type[Checked]], ...] = (
    ("mercury_ips", "OXFORD", MercuryIps),
    ("mercury_itc", "OXFORD", MercuryItc),
    ("ami_430", "AMERICAN MAGNETICS", Ami430),
    ("lakeshore_372", "LSCI", LakeShore372),
    ("sr830", "STANFORD", Sr830),
    ("sr860", "STANFORD", Sr860),
    ("sr865a", "STANFORD", Sr865A),
    ("keithley_2400", "KEITHLEY", Keithley2400),
    ("keithley_2450", "KEITHLEY", Keithley2450),
    ("keithley_2182a", "KEITHLEY", Keithley2182A),
    ("keithley_6221", "KEITHLEY", Keithley6221),
    ("gs200", "YOKOGAWA", Gs200),
)
#: By the version that Oxford's older instruments tell.
_BY_VERSION: tuple[tuple[str, type[Checked]], ...] = (("ips_120", Ips120), ("itc_503", Itc503))
_VERSION = re.compile(r"V?(\S+)\s+version\b.*", re.IGNORECASE | re.DOTALL)


def driver_of(identity: str) -> str | None:
    """The driver whose vendor and model an identification names; None when no driver is made for it."""
    text = identity.strip()
    version = _VERSION.fullmatch(text)
    if version is not None:
        return next((name for name, driver in _BY_VERSION if version.group(1).upper() in driver.MODELS), None)
    parts = re.split(r"[,:]", text.removeprefix("IDN:"))
    if len(parts) < 2:
        return None
    vendor, model = parts[0].upper(), f" {parts[1].strip().upper()} "
    for name, word, driver in _BY_IDENTITY:
        if word in vendor and any(f" {known.upper()} " in model for known in driver.MODELS):
            return name
    return None
