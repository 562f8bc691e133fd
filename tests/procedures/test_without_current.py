"""A source that somebody turns off in the middle: without a current every sample would look superconducting."""

from dataclasses import replace
from pathlib import Path

import pytest

from instruments.errors import GuardTripped, RefusedError
from instruments.opening import open_station
from instruments.roles import ReadingFlag
from procedures.bench import Bench
from procedures.readout import DcReversalReadout, LockInReadout
from tests.instruments.simulated_station import (
    STATIONS,
    box_of,
    simulated_station,
    teslatron_with,
    with_section,
    written_station,
)
from tests.instruments.simulation.samples import GatedResistor

GS200 = ("driver: gs200", "address: GPIB0::12::INSTR")


@pytest.mark.parametrize("section", [(), GS200], ids=["keithley_6221", "gs200"])
def test_dc_reversal_stops_when_the_output_goes_off(tmp_path: Path, section: tuple[str, ...]) -> None:
    text = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
    if section:
        text = with_section(text, "current_source", *section)
    simulated = written_station(tmp_path, text, sample=GatedResistor())
    bench = Bench(open_station(simulated.plan, simulated.clock, simulated.manager))
    readout = DcReversalReadout(1e-4, 1.0, 1.0, 1.0, channel=1)
    readout.prepare(bench)
    assert readout.measure(bench).resistance_ohm == pytest.approx(1e3, rel=1e-4)
    box_of(simulated, "current_source").respond(b":OUTP 0")
    with pytest.raises(GuardTripped, match="output went off by itself"):
        readout.measure(bench)


def test_an_mfli_says_that_its_output_is_off(tmp_path: Path) -> None:
    simulated = simulated_station(path=teslatron_with(tmp_path), sample=GatedResistor())
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    bench = Bench(station)
    readout = LockInReadout(1e-4, 17.0, 0.1, 24, 0.2)
    readout.prepare(bench)
    assert readout.measure(bench).resistance_ohm == pytest.approx(1e3, rel=2e-3)
    box_of(simulated, "lock_in").put("sigouts/0/on", int, 0)
    with pytest.raises(RefusedError, match="signal output, which was on, is off"):
        readout.measure(bench)
    readout.release(bench)
    assert station.lock_in is not None
    station.lock_in.read_xy()  # off on purpose: the noise of the input may be looked at


def test_an_mfli_that_follows_another_needs_no_output(tmp_path: Path) -> None:
    simulated = simulated_station(path=teslatron_with(tmp_path), sample=GatedResistor())
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    readout = LockInReadout(1e-4, 17.0, 0.1, 24, 0.2)
    assert station.lock_in is not None
    station.lock_in.configure(replace(readout.settings(1e3), external_reference=True))
    assert ReadingFlag.REFERENCE_UNLOCKED in station.lock_in.read_xy().flags
