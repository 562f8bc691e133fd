"""The state of a run as views are told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.findings import Finding


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One moment of a run; made for every point, so it holds references and computes nothing.

    ``phase`` names what is being done or waited for. ``curve_index`` counts from 0. Times are the cryostat's, in s:
    ``expected_s`` the whole run, 0 when unknown. ``readings`` are by column name, which holds the unit, and may be
    empty where nothing was read. ``events`` are the latest ones, oldest first; those that need attention begin with
    their level in capitals. ``virtual`` is set in a dry run.
    """

    title: str
    phase: str
    curve_name: str
    curve_index: int
    curves_total: int
    elapsed_s: float
    expected_s: float
    readings: Mapping[str, float] = field(default_factory=dict)
    events: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    virtual: bool = False
