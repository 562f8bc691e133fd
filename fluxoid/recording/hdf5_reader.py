"""Reading a run from its HDF5 file alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from analysis.curves import CurveInfo
from fluxoid.recording.header import RunHeader
from fluxoid.recording.layout import CHUNK_ROWS
from fluxoid.recording.lines import finding_from_dict
from fluxoid.recording.messages import Event
from fluxoid.recording.record import NOT_FINISHED, RecordedCurve, RunRecord
from instruments.errors import RecordingError
from instruments.roles import Identity, Scalar
from procedures.point import Column

_UNREADABLE = (OSError, KeyError, RuntimeError)
#: A look that meets the writer in mid-flush can fail; a second one a moment later does not.
_ATTEMPTS = 5


def read_hdf5(path: Path) -> RunRecord:
    """Read a run from a file written by :class:`fluxoid.recording.hdf5.Hdf5Writer`, also while it grows.

    Raises:
        RecordingError: the file cannot be opened, or is not such a file.
    """
    for _ in range(_ATTEMPTS):
        try:
            with h5py.File(path, "r", locking=False) as file:
                return _read(file["entry"])
        except _UNREADABLE as error:
            failure = error
    raise RecordingError(f"cannot read {path} as a run: {failure}") from failure


def _read(entry: h5py.Group) -> RunRecord:
    groups = [group for group in entry.values() if isinstance(group, h5py.Group) and "curve_name" in group.attrs]
    groups.sort(key=lambda group: int(group.attrs["index"]))
    warnings: list[str] = []
    status = _text(entry["run_status"])
    found = json.loads(_text(entry["findings/findings_json"])) if "findings" in entry else []
    return RunRecord(
        header=_header(entry),
        start_unix_s=float(entry["start_time"].attrs["unix_time_s"]),
        curves=tuple([_curve(group, warnings) for group in groups]),
        events=_events(entry["log"]),
        findings=tuple(finding_from_dict(item) for item in found),
        status=NOT_FINISHED if status == "running" else status,
        reason=str(entry["run_status"].attrs["reason"]),
        warnings=tuple(warnings),
    )


def _header(entry: h5py.Group) -> RunHeader:
    texts = {name: _text(note["data"]) for name, note in entry["config"].items()}
    program = {name: str(value) for name, value in entry["program"].attrs.items() if name != "NX_class"}
    roles = {role: group for role, group in entry["instrument"].items() if isinstance(group, h5py.Group)}
    identities = {
        role: Identity(**{name: str(value) for name, value in _attributes(group["identity"]).items()})
        for role, group in roles.items()
        if "identity" in group
    }
    return RunHeader(
        title=_text(entry["title"]),
        experiment=texts["experiment"],
        station=texts["station"],
        sample=texts.get("sample"),
        sample_name=_text(entry["sample/name"]),
        seed=int(entry.attrs["seed"]) if "seed" in entry.attrs else None,
        simulated=bool(entry.attrs["simulated"]),
        identities=identities,
        instruments={role: _attributes(group["settings"]) for role, group in roles.items()},
        versions=program,
    )


def _events(log: h5py.Group) -> tuple[Event, ...]:
    times, levels, texts = log["time"][:], log["level"].asstr()[:], log["text"].asstr()[:]
    return tuple(Event(float(t), level, text) for t, level, text in zip(times, levels, texts, strict=False))


def _curve(group: h5py.Group, warnings: list[str]) -> RecordedCurve:
    names = [str(name) for name in group.attrs["columns"]]
    rows = _rows(group, [*names, "flags"], warnings)
    attributes = group.attrs
    info = CurveInfo(
        name=str(attributes["curve_name"]),
        kind=attributes["kind"],
        conditions=_attributes(group["conditions"]),
        temperature_accuracy_K=float(attributes["temperature_accuracy_K"]),
        field_accuracy=float(attributes["field_accuracy"]),
        thickness_m=float(attributes["thickness_m"]) if "thickness_m" in attributes else None,
        smearing_K=float(attributes.get("smearing_K", 0.0)),
    )
    described = tuple(_column(name, group[name].attrs) for name in names)
    columns = {name: rows[name] for name in names}
    complete = _text(group["status"]) == "complete"
    return RecordedCurve(info, columns, rows["flags"], complete, described)


def _rows(group: h5py.Group, names: list[str], warnings: list[str]) -> dict[str, Any]:
    """Rows that are whole. A crash, or a look in mid-writing, can find columns of unequal length, and a last
    chunk that the file does not reach yet.
    """
    length = longest = min(len(group[name]) for name in names)
    while True:
        try:
            rows = {name: group[name][:length] for name in names}
            break
        except _UNREADABLE:
            if length == 0:
                raise
            length = (length - 1) // CHUNK_ROWS * CHUNK_ROWS
    if length < longest:
        warnings.append(f"curve {group.attrs['curve_name']!r}: {longest - length} rows at its end cannot be read")
    return rows


def _column(name: str, attributes: Mapping[str, Any]) -> Column:
    return Column(name, attributes["label"], attributes["units"], attributes["long_name"])


def _attributes(group: h5py.Group) -> dict[str, Any]:
    return {name: _scalar(value) for name, value in group.attrs.items() if name != "NX_class"}


def _scalar(value: Any) -> Scalar:  # noqa: ANN401 - whatever HDF5 holds
    plain: Scalar = value.item() if isinstance(value, np.generic) else value
    return plain


def _text(dataset: h5py.Dataset) -> str:
    return str(dataset.asstr()[()])
