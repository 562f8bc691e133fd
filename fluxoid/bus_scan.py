"""``fluxoid station new``: who is on the buses. Every instrument is asked its name, and nothing else.

``V``, the question of Oxford's older instruments, means other things to others: it is sent only to those that
refuse ``*IDN?`` as they do, by ``?`` and what was sent.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyvisa
from pymeasure.adapters import VISAAdapter
from pyvisa.resources import MessageBasedResource

from instruments.addresses import is_device_address
from instruments.drivers.multipyvu import CONNECTION, MultiPyVu
from instruments.drivers.recognition import driver_of
from instruments.errors import ConfigurationError, FluxoidError
from instruments.opening import resource_manager_for

#: What a socket server of an instrument may say before it is asked (AMI 430).
_GREETING_LINES = 3
_NO_NAME = re.compile(r"(American Magnetics Model \d+ IP Interface|Hello).*", re.DOTALL)
_NOT_ON_A_BUS = "behind a data server, which is not asked: write it into the file, with driver: mfli"
_MULTIPYVU_PORT = "::27183::SOCKET"


@dataclass(frozen=True, slots=True)
class Found:
    """One address: what answered there, the driver for it, or why there is none."""

    address: str
    identity: str = ""
    driver: str | None = None
    problem: str = ""


def open_buses(backend: str | None) -> tuple[str, pyvisa.ResourceManager]:
    """The backend's name in a station file, and its resource manager.

    ``visa``, ``pyvisa-py``, or whatever pyvisa takes for a library (``...@fluxoid``, a path); without one the
    vendor's VISA library when there is one, else pyvisa-py.

    Raises:
        ConfigurationError: it is not installed.
    """
    if backend == "visa":
        return "visa", resource_manager_for("visa")
    if backend == "pyvisa-py":
        return "pyvisa-py", resource_manager_for("pyvisa-py")
    if backend is None:
        try:
            return "visa", resource_manager_for("visa")
        except ConfigurationError:
            return "pyvisa-py", resource_manager_for("pyvisa-py")
    try:
        with _quiet():
            return "visa", pyvisa.ResourceManager(backend)
    except (ValueError, OSError, pyvisa.errors.LibraryError) as error:
        raise ConfigurationError(
            f"--backend: found {backend!r}; expected visa, pyvisa-py or a library of pyvisa's: {error}"
        ) from error


def scan(manager: pyvisa.ResourceManager, more: Iterable[str], timeout_s: float) -> Iterator[Found]:
    """Ask at every address that the library lists, and at ``more``, which lists no sockets of real networks."""
    for address in dict.fromkeys((*_listed(manager), *more)):
        if "::INTFC" in address.upper() or "::BACKPLANE" in address.upper():
            continue
        if is_device_address(address):
            yield Found(address, problem=_NOT_ON_A_BUS)
            continue
        with _quiet():
            yield _ask(manager, address, round(1000 * timeout_s))


def _listed(manager: pyvisa.ResourceManager) -> tuple[str, ...]:
    try:
        with _quiet():
            return manager.list_resources("?*")
    except pyvisa.errors.VisaIOError as error:
        if error.error_code == pyvisa.constants.StatusCode.error_resource_not_found:
            return ()
        raise ConfigurationError(f"the buses cannot be listed: {error.description}") from error


def _ask(manager: pyvisa.ResourceManager, address: str, timeout_ms: int) -> Found:
    if address.upper().endswith(_MULTIPYVU_PORT):
        return _ask_multipyvu(manager, address, timeout_ms)
    try:
        identity = _name(manager, address, timeout_ms)
    except (pyvisa.errors.Error, ValueError, OSError) as error:
        reason = error.description if isinstance(error, pyvisa.errors.VisaIOError) else " ".join(str(error).split())
        return Found(address, problem=f"cannot be opened: {reason}")
    if identity and not identity.startswith("?"):
        return Found(address, identity, driver_of(identity))
    if address.upper().endswith("::SOCKET"):
        return _ask_multipyvu(manager, address, timeout_ms)
    return Found(address, problem="does not answer *IDN?")


def _name(manager: pyvisa.ResourceManager, address: str, timeout_ms: int) -> str:
    resource = manager.open_resource(address, open_timeout=timeout_ms)
    try:
        if not isinstance(resource, MessageBasedResource):
            raise ValueError("this is no instrument that takes messages")
        resource.timeout = timeout_ms
        resource.read_termination = resource.write_termination = "\n"
        return _one_line(resource)
    finally:
        resource.close()


def _one_line(resource: MessageBasedResource) -> str:
    """The answer to ``*IDN?``; where that is not understood in Oxford's older way, the version."""
    answer = _answer(resource, "*IDN?")
    if not answer:
        resource.read_termination = resource.write_termination = "\r"
        answer = _answer(resource, "")  # ends the line for those that wait for a carriage return
    if not answer.startswith("?"):
        return answer
    resource.read_termination = resource.write_termination = "\r"
    return _answer(resource, "V")


def _answer(resource: MessageBasedResource, question: str) -> str:
    try:
        resource.write(question)
        for _ in range(_GREETING_LINES):
            text = "".join(c for c in resource.read(encoding="latin-1") if c.isprintable()).strip()
            if text and not _NO_NAME.fullmatch(text):
                return text
    except pyvisa.errors.VisaIOError as error:
        if error.error_code != pyvisa.constants.StatusCode.error_timeout:
            raise
    return ""


def _ask_multipyvu(manager: pyvisa.ResourceManager, address: str, timeout_ms: int) -> Found:
    try:
        settings = {**CONNECTION, "timeout": timeout_ms}
        server = MultiPyVu(VISAAdapter(address, visa_library=manager.visalib, **settings))
    except Exception as error:  # noqa: BLE001  pymeasure passes on whatever the library raises
        return Found(address, problem=f"cannot be opened: {' '.join(str(error).split())}")
    try:
        identity = server.identify()
        return Found(address, f"{identity.vendor},{identity.model},,{identity.firmware}", "multipyvu")
    except FluxoidError:
        return Found(address, problem="answers neither *IDN? nor as a MultiPyVu server")
    finally:
        _leave(server)


def _leave(server: MultiPyVu) -> None:
    try:
        server.close()
    except FluxoidError as error:
        warnings.warn(f"{server.description} was not told that we leave: {error}", RuntimeWarning, stacklevel=2)


class _quiet(warnings.catch_warnings):  # noqa: N801  a context manager used as a function
    """Without pyvisa's remarks on optional packages, which are of no use to who looks for instruments."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")
