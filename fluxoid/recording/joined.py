"""All curves of a kind in one group, a row of NaN between two, so that viewers draw no line back."""

from collections.abc import Sequence

import h5py
import numpy as np

from fluxoid.recording import layout

NAME = "all_curves"


def write_joined_curves(entry: h5py.Group, curves: Sequence[h5py.Group]) -> str:
    """Write ``all_curves`` for the kind of the first curve and ``all_curves_<axis>`` for any other kind.

    Returns:
        The name of the first group.
    """
    by_kind: dict[str, list[h5py.Group]] = {}
    for curve in curves:
        by_kind.setdefault(curve.attrs["kind"], []).append(curve)
    for number, (kind, members) in enumerate(by_kind.items()):
        group = _join(entry, kind, members)
        entry.file.flush()
        entry[NAME if number == 0 else f"{NAME}_{layout.AXES[kind]}"] = group
    return NAME


def _join(entry: h5py.Group, kind: str, curves: Sequence[h5py.Group]) -> h5py.Group:
    columns = list(dict.fromkeys(name for curve in curves for name in curve.attrs["columns"]))
    group = layout.new_group(entry, None, "NXdata")
    layout.set_plot(group, kind, f"All {kind} curves", columns)
    group.attrs["curve_names"] = np.array([curve.attrs["curve_name"] for curve in curves], dtype=layout.TEXT)
    for name in columns:
        source = next(curve[name] for curve in curves if name in curve)
        parts = [curve[name][:] if name in curve else np.full(len(curve["flags"]), np.nan) for curve in curves]
        joined = group.create_dataset(name, data=_with_gaps(parts, np.nan))
        for attribute, value in source.attrs.items():
            joined.attrs[attribute] = value
    flags = [curve["flags"][:] for curve in curves]
    layout.describe_flags(group.create_dataset("flags", data=_with_gaps(flags, 0)))
    indices = [
        np.full(len(part), curve.attrs["index"], dtype=np.int32) for curve, part in zip(curves, flags, strict=True)
    ]
    numbers = group.create_dataset("curve_index", data=_with_gaps(indices, -1))
    numbers.attrs["long_name"] = "Number of the curve in the run; -1 between two curves"
    return group


def _with_gaps(parts: Sequence[np.ndarray], gap: float) -> np.ndarray:
    pieces = [piece for part in parts for piece in (part, np.array([gap], dtype=part.dtype))]
    return np.concatenate(pieces[:-1])
