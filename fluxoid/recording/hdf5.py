"""The file people open: HDF5 with NeXus groups, readable by ordinary tools while it grows and after a crash.

The default file format is kept (older tools read it) and no lock is taken, so that no viewer can stop the writer.
The file appears under its name only when its skeleton is whole, and a new curve is linked into it only after its
datasets are on disk. While it grows, the file on disk is kept longer than HDF5 believes it to be: HDF5 may write
the length before the contents, and a file shorter than its stated length does not open.

Bytes depend on the messages alone, not on how they were batched or on the time of day: points are appended in
steps that end at chunk boundaries, and every step is flushed, because HDF5 allots file space when it flushes.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import h5py
import numpy as np

from fluxoid.recording import layout
from fluxoid.recording.joined import write_joined_curves
from fluxoid.recording.messages import CurveEnd, CurveStart, End, Event, Findings, Message, PointRow, Start

HDF5_NAME = "run.h5"


#: More than one step can add to the file.
RESERVE_BYTES = 1 << 20
#: Headers are put into blocks of this size, so that the end of the file, which a reader in mid-flush may still see
#: where it was, moves rarely.
METADATA_BLOCK_BYTES = 1 << 20


class Hdf5Writer:
    """Writes a run, message by message, into a new file."""

    def __init__(self, path: Path, start: Start) -> None:
        self._start = start
        self._rows: list[PointRow] = []
        self._curves: list[h5py.Group] = []
        self._open: _OpenCurve | None = None
        unfinished = path.with_name(path.name + ".new")
        with h5py.File(unfinished, "w", locking=False) as file:
            layout.write_skeleton(file, start)
        os.replace(unfinished, path)
        self._file = h5py.File(path, "r+", locking=False, meta_block_size=METADATA_BLOCK_BYTES)
        self._entry: h5py.Group = self._file["entry"]
        self._raw = path.open("r+b", buffering=0)
        self._reserve()

    def write(self, messages: Sequence[Message]) -> None:
        """Append messages and flush, so that whoever opens the file now finds them."""
        for message in messages:
            if isinstance(message, PointRow):
                self._rows.append(message)
            else:
                self._append_rows()
                self._handle(message)
                self._flush()
        self._append_rows()

    def tick(self) -> None:
        """Nothing is ever left unflushed."""

    def close(self) -> None:
        """Release the file; a run without an end stays marked as running."""
        self._file.flush()
        self._raw.truncate(self._file.id.get_filesize())
        self._raw.close()
        self._file.close()

    def _flush(self) -> None:
        self._file.flush()
        self._reserve()

    def _reserve(self, extra_bytes: int = 0) -> None:
        """Make the file on disk longer than what HDF5 may need until the next flush, which may cut it."""
        needed = self._file.id.get_filesize() + extra_bytes + RESERVE_BYTES
        if os.fstat(self._raw.fileno()).st_size < needed:
            self._raw.truncate(needed + RESERVE_BYTES)

    def _handle(self, message: CurveStart | CurveEnd | Event | Findings | End | Start) -> None:
        match message:
            case CurveStart():
                self._start_curve(message)
            case CurveEnd():
                self._end_curve(message.status)
            case Event():
                layout.append(self._entry["log"], time=message.time_s, level=message.level, text=message.text)
            case Findings():
                self._replace("findings", layout.new_findings(self._entry, message))
            case End():
                self._end(message)
            case Start():
                raise ValueError("a run starts once")

    def _start_curve(self, message: CurveStart) -> None:
        self._end_curve("interrupted")
        name = layout.group_name(message.info.name, self._entry)
        group = layout.new_curve(self._entry, message, index=len(self._curves))
        self._flush()
        self._entry[name] = group
        if not self._curves:
            self._entry.attrs["default"] = name
        self._curves.append(self._entry[name])
        self._open = _OpenCurve(self._curves[-1], [column.name for column in message.columns])

    def _append_rows(self) -> None:
        if not self._rows:
            return
        if self._open is None:
            raise ValueError("points came outside a curve")
        values = np.array([row.values for row in self._rows], dtype=np.float64)
        flags = np.array([row.flags for row in self._rows], dtype=layout.FLAGS_DTYPE)
        self._rows = []
        self._open.append(values, flags, self._flush)

    def _end_curve(self, status: str) -> None:
        if self._open is not None:
            layout.set_status(self._open.group["status"], status)
            self._open = None

    def _replace(self, name: str, group: h5py.Group) -> None:
        self._flush()
        if name in self._entry:
            del self._entry[name]
        self._entry[name] = group

    def _end(self, message: End) -> None:
        self._end_curve("interrupted")
        if self._curves:
            self._reserve(2 * self._raw.seek(0, os.SEEK_END))  # all data once more
            self._entry.attrs["default"] = write_joined_curves(self._entry, self._curves)
            self._flush()
        elapsed_s = message.time_s - self._start.time_s
        layout.set_text(self._entry, "end_time", layout.iso_time(self._start.unix_time_s + elapsed_s))
        self._entry["run_status"].attrs["reason"] = layout.storable(message.reason)
        layout.set_status(self._entry["run_status"], message.status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _OpenCurve:
    """The datasets of the curve that is being measured."""

    def __init__(self, group: h5py.Group, columns: Sequence[str]) -> None:
        self.group = group
        self._columns = [group[name] for name in columns]
        self._flags = group["flags"]
        self._length = 0

    def append(self, values: np.ndarray, flags: np.ndarray, flush: Callable[[], None]) -> None:
        """Append rows: ``values`` of shape (rows, columns), ``flags`` of shape (rows,)."""
        done = 0
        while done < len(flags):
            first = self._length
            count = min(len(flags) - done, layout.CHUNK_ROWS - first % layout.CHUNK_ROWS)
            self._length += count
            for number, dataset in enumerate(self._columns):
                dataset.resize((self._length,))
                dataset[first:] = values[done : done + count, number]
            self._flags.resize((self._length,))
            self._flags[first:] = flags[done : done + count]
            flush()
            done += count
