"""Names, groups and attributes of the HDF5 file, after the NeXus base classes (manual.nexusformat.org)."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import h5py
import numpy as np

from analysis.curves import CurveInfo
from fluxoid.recording.lines import plain
from fluxoid.recording.messages import CurveStart, Findings, Start
from instruments.roles import ReadingFlag, Scalar
from procedures.point import Column

CHUNK_ROWS = 256
FLAGS_DTYPE = np.uint16
#: What a viewer draws of each kind: signal and axis.
SIGNALS: Mapping[str, str] = {
    "R(T)": "resistance_ohm",
    "R(B)": "resistance_ohm",
    "R(Vg)": "resistance_ohm",
    "dI/dV": "conductance_S",
}
AXES: Mapping[str, str] = {"R(T)": "temperature_K", "R(B)": "field_T", "R(Vg)": "gate_V", "dI/dV": "bias_V"}
TEXT = h5py.string_dtype("utf-8")
# A fixed width, so that a status changes by overwriting one small block in place.
_STATUS = h5py.string_dtype("utf-8", 16)
_FINDING_TEXTS = ("quantity", "unit", "verdict", "reason", "method")


def storable(text: str) -> str:
    """A text as HDF5 can hold it: no NUL, valid UTF-8; anything else is spelled out with backslashes."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def iso_time(unix_time_s: float) -> str:
    """ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(unix_time_s, UTC).isoformat(timespec="microseconds")


def new_group(parent: h5py.Group, name: str | None, nx_class: str) -> h5py.Group:
    """A group with its NeXus class; without a name it is not linked into the file yet."""
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def set_text(group: h5py.Group, name: str, text: str) -> h5py.Dataset:
    """Write a scalar text dataset."""
    return group.create_dataset(name, data=storable(text), dtype=TEXT)


def set_status(dataset: h5py.Dataset, status: str) -> None:
    """Overwrite a status in place."""
    dataset[()] = status


def write_skeleton(file: h5py.File, start: Start) -> None:
    """Everything that is known before the first curve."""
    header = start.header
    file.attrs["NX_class"] = "NXroot"
    file.attrs["default"] = "entry"
    file.attrs["creator"] = "fluxoid"
    entry = new_group(file, "entry", "NXentry")
    set_text(entry, "title", header.title)
    started = set_text(entry, "start_time", iso_time(start.unix_time_s))
    started.attrs["unix_time_s"] = start.unix_time_s
    started.attrs["clock_s"] = start.time_s
    status = entry.create_dataset("run_status", data="running", dtype=_STATUS)
    status.attrs["reason"] = ""
    entry.attrs["simulated"] = header.simulated
    if header.seed is not None:
        entry.attrs["seed"] = header.seed
    set_text(new_group(entry, "sample", "NXsample"), "name", header.sample_name)
    _write_instruments(entry, start)
    config = new_group(entry, "config", "NXcollection")
    for file_name, text in header.files().items():
        note = new_group(config, file_name.removesuffix(".yaml"), "NXnote")
        set_text(note, "type", "application/yaml")
        set_text(note, "file_name", file_name)
        set_text(note, "data", text)
    program = new_group(entry, "program", "NXprocess")
    set_text(program, "program", "fluxoid")
    for name, version in header.versions.items():
        program.attrs[name] = storable(version)
    log = new_group(entry, "log", "NXcollection")
    growing(log, "time", np.float64).attrs["units"] = "s"
    growing(log, "level", TEXT)
    growing(log, "text", TEXT)


def _write_instruments(entry: h5py.Group, start: Start) -> None:
    instrument = new_group(entry, "instrument", "NXinstrument")
    for role in dict.fromkeys([*start.header.identities, *start.header.instruments]):
        group = new_group(instrument, role, "NXcollection")
        identity = start.header.identities.get(role)
        if identity is not None:
            who = new_group(group, "identity", "NXcollection")
            set_attributes(who, plain(identity))
        set_attributes(new_group(group, "settings", "NXcollection"), start.header.instruments.get(role, {}))


def set_attributes(group: h5py.Group, values: Mapping[str, Scalar]) -> None:
    """One attribute for each value."""
    for name, value in values.items():
        group.attrs[name] = storable(value) if isinstance(value, str) else value


def growing(group: h5py.Group, name: str, dtype: object, fill: float | None = None) -> h5py.Dataset:
    """An empty column that rows are appended to."""
    return group.create_dataset(
        name, shape=(0,), maxshape=(None,), chunks=(CHUNK_ROWS,), dtype=dtype, fillvalue=fill, track_times=False
    )


def append(group: h5py.Group, **row: float | str) -> None:
    """Append one row to the columns of a group."""
    for name, value in row.items():
        dataset = group[name]
        dataset.resize((len(dataset) + 1,))
        dataset[-1] = storable(value) if isinstance(value, str) else value


def group_name(curve: str, entry: h5py.Group) -> str:
    """A valid NeXus name for a curve that is still free in the entry."""
    name = re.sub(r"[^A-Za-z0-9_.]+", "_", curve).strip("_.") or "curve"
    reserved = ("findings", "end_time", "all_curves", *(f"all_curves_{axis}" for axis in AXES.values()))
    wanted, number = name, 1
    while wanted in entry or wanted in reserved:
        number += 1
        wanted = f"{name}_{number}"
    return wanted


def new_curve(entry: h5py.Group, start: CurveStart, index: int) -> h5py.Group:
    """The group of a curve with empty columns, not linked into the file yet."""
    info, names = start.info, [column.name for column in start.columns]
    group = new_group(entry, None, "NXdata")
    set_plot(group, info.kind, info.name, names)
    group.attrs["curve_name"] = storable(info.name)
    group.attrs["kind"] = info.kind
    group.attrs["index"] = index
    group.attrs["columns"] = names
    _write_accuracies(group, info)
    group.create_dataset("status", data="running", dtype=_STATUS)
    conditions = new_group(group, "conditions", "NXcollection")
    set_attributes(conditions, info.conditions)
    for column in start.columns:
        # NaN, so that rows whose values a crash kept from the disk are not taken for zeros.
        describe(growing(group, column.name, np.float64, np.nan), column)
    describe_flags(growing(group, "flags", FLAGS_DTYPE))
    return group


def set_plot(group: h5py.Group, kind: str, title: str, columns: list[str]) -> None:
    """What a viewer draws of an NXdata group without being told."""
    axis, signal = AXES[kind], SIGNALS[kind]
    group.attrs["title"] = storable(title)
    if signal in columns:
        group.attrs["signal"] = signal
    if axis in columns:
        group.attrs["axes"] = [axis]
        group.attrs[f"{axis}_indices"] = 0


def describe(dataset: h5py.Dataset, column: Column) -> None:
    """Unit and names of a column."""
    dataset.attrs["units"] = storable(column.unit)
    dataset.attrs["long_name"] = storable(column.long_name)
    dataset.attrs["label"] = storable(column.label)


def describe_flags(dataset: h5py.Dataset) -> None:
    """What the bits of the flags mean (attribute names of the CF conventions)."""
    dataset.attrs["long_name"] = "Flags of the reading"
    dataset.attrs["flag_masks"] = np.array([flag.value for flag in ReadingFlag], dtype=FLAGS_DTYPE)
    dataset.attrs["flag_meanings"] = " ".join(str(flag.name) for flag in ReadingFlag)


def new_findings(entry: h5py.Group, message: Findings) -> h5py.Group:
    """The findings as columns and, whole, as JSON; not linked into the file yet."""
    found = [plain(finding.as_dict()) for finding in message.findings]
    group = new_group(entry, None, "NXcollection")
    group.attrs["time_s"] = message.time_s
    set_text(group, "findings_json", json.dumps(found))
    for name in _FINDING_TEXTS:
        texts = [storable(item[name]) for item in found]
        group.create_dataset(name, shape=(len(texts),), dtype=TEXT, data=texts)
    for name in ("conditions", "curves", "window"):
        texts = [json.dumps(item[name]) for item in found]
        group.create_dataset(name, shape=(len(texts),), dtype=TEXT, data=texts)
    for name in ("value", "error"):
        numbers = [getattr(finding, name) for finding in message.findings]
        group.create_dataset(name, data=np.array([np.nan if n is None else n for n in numbers], dtype=np.float64))
    return group


def _write_accuracies(group: h5py.Group, info: CurveInfo) -> None:
    group.attrs["temperature_accuracy_K"] = info.temperature_accuracy_K
    group.attrs["field_accuracy"] = info.field_accuracy
    if info.smearing_K:
        group.attrs["smearing_K"] = info.smearing_K
    if info.thickness_m is not None:
        group.attrs["thickness_m"] = info.thickness_m
