"""Which driver is made for an instrument, by what it answers when it is asked its name.

A driver's name in the catalogue is vendor and model, such as ``lakeshore_372``, or a model that says it all, such
as ``sr830``: that is what an identification is compared with, so that a new driver needs no entry here.
"""

import re
from collections.abc import Mapping

from instruments.drivers.catalogue import DRIVERS

#: How an identification writes the vendor that the name of a driver begins with.
_VENDORS: Mapping[str, str] = {"AMI": "AMERICANMAGNETICS", "LAKESHORE": "LSCI"}
#: Vendors whose drivers are named by the model alone.
_BY_MODEL_ALONE = ("OXFORD", "STANFORD", "YOKOGAWA", "SIGNALRECOVERY", "ZURICH", "CRYOMAGNETICS")
#: Models that the driver of another one is made for too.
_ALIKE: Mapping[str, str] = {"2182": "2182A", "GS210": "GS200", "GS211": "GS200"}
_VERSION = re.compile(r"V?(\S+)\s+version\b.*", re.IGNORECASE | re.DOTALL)


def driver_of(identity: str) -> str | None:
    """The driver whose vendor and model an identification names; None when no driver is made for it."""
    text = identity.strip()
    version = _VERSION.fullmatch(text)
    if version is not None:  # Oxford's older instruments tell model and version, and no vendor
        return next((name for name in DRIVERS if _plain(version.group(1)).startswith(_plain(name))), None)
    vendor, *rest = re.split(r"[,:]", text.removeprefix("IDN:"))
    model = _plain(rest[0]).removeprefix("MODEL") if rest else ""
    model = _ALIKE.get(model, model)
    if not model:
        return None
    for name in DRIVERS:
        prefix = _plain(name).removesuffix(model)
        if prefix + model == _plain(name) and _is_vendor(prefix, _plain(vendor)):
            return name
    return None


def _is_vendor(prefix: str, vendor: str) -> bool:
    if not prefix:
        return any(word in vendor for word in _BY_MODEL_ALONE)
    return _VENDORS.get(prefix, prefix) in vendor


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
