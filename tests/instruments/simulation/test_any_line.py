"""Whatever is written to a simulated instrument, it answers, refuses or keeps silent; it never fails inside."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyvisa_fluxoid
from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.multipyvu import encode
from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.wire_ieee import IeeeInstrument
from instruments.simulation.wire_mercury import MercuryInstrument
from tests.instruments.simulation.samples import SETTINGS, GatedResistor

CONFIGS = Path(__file__).parents[3] / "configs" / "stations"
RACK = {path.stem: f"{path}?clock=virtual&seed=31415" for path in sorted(CONFIGS.glob("*.yaml"))}
#: Instruments that no station has.
BENCH = (
    RackInstrument("keithley_2450", "GPIB0::24::INSTR"),
    RackInstrument("sr865a", "GPIB0::8::INSTR", {"ballast_ohm": 1000.0}),
)
NUMBERS = st.one_of(
    st.sampled_from(["nan", "inf", "-inf", "1e999", "", "ON", "OFF", "'x'", "A", "MAX", "HOLD", "0x1", "1.5.2"]),
    st.integers(-10, 300).map(str),
    st.floats(-1e6, 1e6).map(repr),
)
ARGUMENTS = st.lists(NUMBERS, max_size=6).map(",".join)


def headers(instrument):
    if isinstance(instrument, IeeeInstrument):
        return [header.removesuffix("?") for header in instrument.table._handlers if header != "*TRG"]
    if isinstance(instrument, MercuryInstrument):
        return [f"READ:{path}" for path in instrument._readers] + [f"SET:{path}" for path in instrument._writers]
    return ["FIELD", "TEMP", "CHAMBER", "START", "CLOSE", "ALIVE"]


def rack_of(stem):
    if stem in RACK:
        return pyvisa_fluxoid.rack(RACK[stem])
    clock = VirtualClock()
    return build_rack(clock, Cryostat(clock, SETTINGS, GatedResistor(), "out_of_plane", seed=1), BENCH)


def every_box():
    """Where each instrument stands: of several with the same commands, one."""
    found = {}
    for stem in (*RACK, "bench"):
        for address, box in rack_of(stem).ports().items():
            found.setdefault((type(box.instrument), *headers(box.instrument)), (stem, address))
    return list(found.values())


@pytest.mark.parametrize(("stem", "address"), every_box())
def test_no_line_makes_it_fail(stem, address):
    rack = rack_of(stem)
    box = rack.box(address)
    commands = st.builds(
        lambda header, mark, arguments: f"{header}{mark}{arguments}",
        st.sampled_from(headers(box.instrument)),
        st.sampled_from([" ", "? ", "?", ":", ""]),
        ARGUMENTS,
    )
    lines = st.one_of(
        st.lists(commands, min_size=1, max_size=3).map(lambda parts: ";".join(parts).encode()),
        st.binary(max_size=40),
    )

    @settings(max_examples=150, database=None)
    @given(line=lines, wait_s=st.sampled_from([0.0, 0.01, 1.0, 60.0]))
    def check(line, wait_s):
        if box.takes_bytes:
            action, _, query = line.decode("latin-1").partition(" ")
            line = encode({"id": "1", "action": action, "query": query, "result": ""})
        reply = box.respond(line)
        assert reply is None or isinstance(reply, bytes)
        rack.clock.sleep(wait_s)
        box.clear()

    check()
    assert box.status_byte(reply_waiting=False) in range(256)
