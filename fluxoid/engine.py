"""The run engine: takes points from procedures, hands them to recorder, live analysis and view, and whatever
happens leaves the rack in its safe state and the data whole.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.curves import Curve, CurveInfo
from analysis.findings import Finding
from analysis.studies import analyze_all
from fluxoid.campaign import Campaign, PlannedCurve
from fluxoid.live import LiveAnalysis
from fluxoid.recording.messages import EndStatus, Level
from fluxoid.recording.record import RecordedCurve, curve_of
from fluxoid.recording.recorder import Recorder
from fluxoid.resume import points_of
from fluxoid.view.status import RunStatus
from instruments.errors import DeadlineExceeded, FluxoidError, GuardTripped, StoppedByOperator
from instruments.station import Station
from procedures.bench import Bench
from procedures.gate import bring_gate_home
from procedures.guards import standard_guards
from procedures.moves import go_to_field
from procedures.point import UNUSABLE, Column, Point
from procedures.switch import tell_persistent

#: Ways to end that leave good data behind and need no look at the program.
ORDERLY = (StoppedByOperator, GuardTripped, DeadlineExceeded)


class View(Protocol):
    """Something that shows a run to people; read only."""

    def update(self, status: RunStatus) -> None:
        """Show this state now or soon."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, in words, and what it found."""

    status: EndStatus
    reason: str
    findings: list[Finding]
    duration_s: float
    points: int
    by_operator: bool = False


class RunEngine:
    """One run of a campaign on an open station."""

    def __init__(
        self,
        station: Station,
        campaign: Campaign,
        recorder: Recorder,
        view: View,
        should_stop: Callable[[], bool],
        virtual: bool,
        before: Mapping[str, RecordedCurve] | None = None,
    ) -> None:
        """``before`` holds curves of an earlier run, by name, which are taken over instead of measured."""
        self._station = station
        self._campaign = campaign
        self._recorder = recorder
        self._view = view
        self._virtual = virtual
        self._before = before or {}
        self._curves: list[Curve] = []
        self._events: list[str] = []
        self._findings: list[Finding] = []
        self._index = 0
        self._points = 0
        self._start_s = station.clock.now()
        self._bench = Bench(station, standard_guards(station), should_stop, self._log, on_look=self._look)

    def run(self) -> Outcome:
        """Measure every curve; analyse; leave the rack safe.

        Raises:
            Exception: a mistake in the program, after the rack was made safe and the file closed.
        """
        status: EndStatus = "failed"
        reason = "the program failed"
        by_operator = False
        with ExitStack() as stack:
            stack.callback(lambda: self._recorder.finish(status, reason))
            try:
                self._measure_all()
                self._finish_field()
                status, reason = "finished", ""
            except ORDERLY as stop:
                status, reason = "interrupted", str(stop)
                by_operator = isinstance(stop, StoppedByOperator)
                self._log("warning", reason)
            except FluxoidError as error:
                reason = str(error)
                self._log("error", reason)
            except BaseException as error:
                reason = f"{type(error).__name__}: {error}"
                self._log("error", reason)
                raise
            finally:
                self._make_safe()
                # over all points, so that what is stored never depends on timing
                if self._points:
                    self._findings = analyze_all(self._curves, len(self._campaign.curves))
                    self._recorder.findings(self._findings)
        duration_s = self._station.clock.now() - self._start_s
        return Outcome(status, reason, self._findings, duration_s, self._points, by_operator)

    def _measure_all(self) -> None:
        with LiveAnalysis(len(self._campaign.curves)) as live:
            for index, planned in enumerate(self._campaign.curves):
                self._index = index
                self._measure(planned, live)

    def _measure(self, planned: PlannedCurve, live: LiveAnalysis) -> None:
        columns = planned.procedure.COLUMNS
        self._recorder.start_curve(planned.info, columns)
        live.start_curve(planned.info)
        taken = _Taken(planned.info, columns)
        complete = False
        try:
            for point in self._points_of(planned):
                self._points += 1
                self._recorder.add(point)
                values = point.values
                if not point.flags & UNUSABLE:
                    taken.add(values)
                    live.add(values)
                self._findings = live.findings()
                self._show(values)
            complete = True
        finally:
            if taken.size:
                self._curves.append(taken.curve(complete))
            self._recorder.end_curve("complete" if complete else "stopped")
        self._findings = live.end_curve()
        self._recorder.findings(self._findings)

    def _points_of(self, planned: PlannedCurve) -> Iterator[Point]:
        recorded = self._before.get(planned.info.name)
        if recorded is None:
            return planned.procedure.points(self._bench)
        self._log("info", f"{planned.info.name} is taken over from the earlier run")
        return points_of(recorded)

    def _finish_field(self) -> None:
        bring_gate_home(self._bench)
        if self._station.magnet is not None:
            self._bench.say("all curves measured; ramping the field to zero")
            go_to_field(self._bench, 0.0, self._campaign.field_rate_T_per_min)

    def _make_safe(self) -> None:
        self._bench.attempt(lambda: bring_gate_home(self._bench))
        for failure in self._station.make_safe():
            self._log("error", failure)
        self._bench.attempt(lambda: tell_persistent(self._bench))

    def _log(self, level: Level, text: str) -> None:
        self._recorder.event(level, text)
        self._events.append(text if level == "info" else f"{level.upper()}: {text}")
        del self._events[:-20]

    def _look(self, _: Bench) -> None:
        """While something is waited for, people want to see how far it is."""
        readings = {}
        if self._station.sample_thermometer is not None:
            readings["temperature_K"] = self._station.sample_thermometer.read_temperature().value
        if self._station.magnet is not None:
            readings["field_T"] = self._station.magnet.read_field()
        self._show(readings)

    def _show(self, readings: Mapping[str, float]) -> None:
        curve = self._campaign.curves[self._index]
        self._view.update(
            RunStatus(
                title=self._campaign.title,
                phase=self._bench.phase,
                curve_name=curve.info.name,
                curve_index=self._index,
                curves_total=len(self._campaign.curves),
                elapsed_s=self._station.clock.now() - self._start_s,
                expected_s=self._campaign.expected_s,
                readings=readings,
                events=self._events,
                findings=self._findings,
                virtual=self._virtual,
            )
        )


class _Taken:
    """The good points of one curve."""

    def __init__(self, info: CurveInfo, columns: Sequence[Column]) -> None:
        self._info = info
        self._names = [column.name for column in columns]
        self._rows: list[tuple[float, ...]] = []

    def add(self, values: Mapping[str, float]) -> None:
        self._rows.append(tuple(values[name] for name in self._names))

    @property
    def size(self) -> int:
        return len(self._rows)

    def curve(self, complete: bool) -> Curve:
        arrays = dict(zip(self._names, np.array(self._rows, dtype=float).T, strict=True))
        return curve_of(self._info, arrays, complete)
