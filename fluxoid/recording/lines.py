"""One message to one line of JSON and back.

A line is an object with ``kind`` first and ``crc`` last: the CRC-32, in hexadecimal, of the line's bytes before
``,"crc"``. Finite floats are written so that they read back bit for bit. JSON has no other floats: NaN is null
among the values of a point, and elsewhere "NaN"; infinities are "Infinity" and "-Infinity".
"""

import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from analysis.curves import CurveInfo
from analysis.findings import Finding, Verdict
from fluxoid.recording.header import RunHeader
from fluxoid.recording.messages import CurveEnd, CurveStart, End, Event, Findings, Message, PointRow, Start
from instruments.roles import Identity
from procedures.point import Column

FORMAT = 1
_CRC = b',"crc":"'
_TAIL = len(_CRC) + len('00000000"}')
_KINDS: dict[type, str] = {
    Start: "start",
    CurveStart: "curve",
    CurveEnd: "curve_end",
    Event: "event",
    Findings: "findings",
    End: "end",
}


class LineError(ValueError):
    """A line that is not a message; the text says why."""


def encode(message: Message) -> bytes:
    """The line of a message, with its newline.

    Raises:
        TypeError: a value is of no JSON type.
    """
    body = _point_body(message) if isinstance(message, PointRow) else _body(message)
    return b'%b,"crc":"%08x"}\n' % (body, zlib.crc32(body))


def decode(line: bytes) -> Message:
    """The message of a line (without newline).

    Raises:
        LineError: the checksum is missing or wrong, or the content is no message of this format.
    """
    body, tail = line[:-_TAIL], line[-_TAIL:]
    if tail != b'%b%08x"}' % (_CRC, zlib.crc32(body)):
        raise LineError("its checksum is missing or does not match")
    try:
        return _message(json.loads(line))
    except (KeyError, TypeError, ValueError) as error:
        raise LineError(f"it is not a message of format {FORMAT}: {error!r}") from error


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """A value as JSON can hold it, floats that are not finite as words."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _word(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    raise TypeError(f"cannot record a {type(value).__name__}: {value!r}")


def finding_from_dict(data: Mapping[str, Any]) -> Finding:
    """The inverse of :meth:`analysis.findings.Finding.as_dict`."""
    value, error = data["value"], data["error"]
    return Finding(
        quantity=data["quantity"],
        value=None if value is None else float(value),
        error=None if error is None else float(error),
        unit=data["unit"],
        verdict=Verdict(data["verdict"]),
        reason=data["reason"],
        method=data["method"],
        conditions=dict(data["conditions"]),
        curves=tuple(data["curves"]),
        window={name: (float(low), float(high)) for name, (low, high) in data["window"].items()},
    )


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _point_body(point: PointRow) -> bytes:
    values = ",".join(map(float.__repr__, point.values))
    if "n" in values:  # nan and inf are the only spellings with an n
        values = ",".join(
            "null" if v != v else repr(v) if math.isfinite(v) else f'"{_word(v)}"' for v in point.values
        )
    return f'{{"kind":"point","flags":{point.flags},"values":[{values}]'.encode("ascii")


def _body(message: Message) -> bytes:
    content = plain(message)
    if isinstance(message, Findings):
        content["findings"] = [plain(finding.as_dict()) for finding in message.findings]
    text = json.dumps({"kind": _KINDS[type(message)], **content}, allow_nan=False, separators=(",", ":"))
    return text[:-1].encode("ascii")


def _message(data: dict[str, Any]) -> Message:
    del data["crc"]
    kind = data.pop("kind")
    if kind == "point":
        return PointRow(tuple([math.nan if v is None else float(v) for v in data["values"]]), data["flags"])
    if kind == "start":
        return _start(data)
    if kind == "curve":
        columns = tuple(Column(**column) for column in data["columns"])
        return CurveStart(data["time_s"], CurveInfo(**data["info"]), columns)
    if kind == "findings":
        return Findings(data["time_s"], tuple(finding_from_dict(item) for item in data["findings"]))
    kinds: dict[str, type[CurveEnd] | type[Event] | type[End]] = {"curve_end": CurveEnd, "event": Event, "end": End}
    return kinds[kind](**data)


def _start(data: dict[str, Any]) -> Start:
    header = data["header"]
    identities = {role: Identity(**identity) for role, identity in header["identities"].items()}
    return Start(data["time_s"], data["unix_time_s"], RunHeader(**header | {"identities": identities}))
