"""The pages on instruments are what the code says now, one for each driver."""

import pytest

from benchmarks.instrument_pages import FOLDER, pages, simulated
from instruments.drivers.catalogue import DRIVERS

NAMES = sorted({*DRIVERS, "README"})


@pytest.fixture(scope="module", name="written")
def _written():
    return pages()


def test_every_driver_has_a_page_and_nothing_else_has(written):
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(written) == [f"{name}.md" for name in NAMES]
    index = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"({driver}.md)" in index for driver in DRIVERS)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_not_stale(written, name):
    on_disk = (FOLDER / f"{name}.md").read_text("utf-8")
    assert on_disk == written[f"{name}.md"], "the code has changed; run python -m benchmarks.instrument_pages"


@pytest.mark.parametrize(
    ("driver", "lines"),
    [
        ("mercury_ips", ["| `SET:DEV:GRPZ:PSU:SIG:FSET` | `READ:DEV:GRPZ:PSU:SIG:FSET` |"]),
        ("ips_120", ["| `magnet` | `switch` |", "`R7`", "* slow sweep"]),
        ("itc_503", ["`R10`", "`s`", "`r`"]),
        ("keithley_2450", ["* other trigger models", "`*LANG?`", "`SOURce[1]:CURRent:VLIMit[:LEVel]:TRIPped?`"]),
        ("lakeshore_340", ["| `CSET` | `CSET?` |"]),
        ("multipyvu", ["`FIELD?`", "`TEMP`"]),
        ("signal_recovery_7265", ["`XY.`", "`ADF`"]),
        ("sr830", ["| `SENS` | `SENS?` |", "|  | `SNAP?` |"]),
    ],
)
def test_a_page_has_what_its_instrument_understands(written, driver, lines):
    assert [line for line in lines if line not in written[f"{driver}.md"]] == []


@pytest.mark.parametrize("driver", ["sr830", "keithley_2400", "ami_430"])
def test_every_query_of_a_page_is_known_to_the_instrument(driver):
    twin = simulated(driver)
    queries = [command for command in twin.commands() if command.endswith("?")]
    assert len(queries) > 10
    for query in queries:
        (call,) = twin.table.parse(query.replace("[", "").replace("]", ""))
        assert call.handler is not None, query
