"""Where supplies tell fewer digits than they keep: limits that meet, and rates that would be none."""

from pathlib import Path

import pytest

from instruments.errors import LimitError
from instruments.opening import open_station
from instruments.roles import MagnetState
from tests.instruments.simulated_station import STATIONS, box_of, simulated_station, with_section, written_station

SHIPPED = (STATIONS / "teslatron_pt12.yaml").read_text("utf-8")
LINES = (
    "driver: cryomagnetics_4g",
    "address: GPIB0::21::INSTR",
    "tesla_per_ampere: 0.11 T/A",
    "switch: true",
    "switch_time: 30 s",
)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_4g_goes_back_onto_the_limit_that_it_has_just_passed(tmp_path: Path, sign: int) -> None:
    """The limit stands at 72.72727 A and is told as 72.7273 A, which the other limit would have to be too."""
    simulated = written_station(tmp_path, with_section(SHIPPED, "magnet", *LINES))
    coil = simulated.cryostat.magnet
    coil.coil_current_A = coil.noted_current_A = sign * 72.72727
    magnet = open_station(simulated.plan, simulated.clock, simulated.manager).magnet
    assert magnet is not None
    word = b"LLIM" if sign < 0 else b"ULIM"
    for line in (b"REMOTE", b"UNITS A", b"%s %.5f" % (word, sign * 72.72727)):
        box_of(simulated, "magnet").respond(line)
    coil.supply_current_A = sign * 72.7330
    told_T = sign * 72.7273 * 0.11
    magnet.start_supply_ramp(told_T, 0.1)
    simulated.clock.sleep(10.0)
    assert magnet.status().state is MagnetState.PERSISTENT
    assert magnet.read_supply_field() == pytest.approx(told_T, abs=3e-4)


def test_a_mercury_is_not_told_a_rate_that_it_would_show_as_zero() -> None:
    simulated = simulated_station()
    simulated.cryostat.magnet.heater_on, simulated.cryostat.magnet.switch_warmth = True, 1.0
    magnet = open_station(simulated.plan, simulated.clock, simulated.manager).magnet
    assert magnet is not None
    with pytest.raises(LimitError, match=r"at least 0\.0001 up to"):
        magnet.start_ramp(0.1, 1e-9)
    assert magnet.status().state is MagnetState.HOLDING
