"""Exchanges written by hand, with timeouts and broken lines among the replies."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pymeasure.test
import pytest
import pyvisa
from pymeasure.adapters import ProtocolAdapter
from pyvisa.constants import StatusCode

TIMEOUT = "<timeout>"
LOST = "<connection lost>"
_FAULTS = {TIMEOUT: StatusCode.error_timeout, LOST: StatusCode.error_connection_lost}


class FaultyProtocol(ProtocolAdapter):
    """pymeasure's protocol checker, whose replies may also be faults of the line."""

    resource_name = "GPIB0::8::INSTR"

    def _read(self, **kwargs: object) -> str:
        reply: str = super()._read(**kwargs)
        if reply in _FAULTS:
            raise pyvisa.errors.VisaIOError(_FAULTS[reply])
        return reply


Exchange = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """``exchange(driver class, [(sent, answered), ...], **constructor arguments)``: every byte is compared."""
    monkeypatch.setattr(pymeasure.test, "ProtocolAdapter", FaultyProtocol)
    return partial(pymeasure.test.expected_protocol)
