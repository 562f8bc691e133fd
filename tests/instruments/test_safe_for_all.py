"""Whatever one instrument's safe state meets, the instruments after it are brought to theirs."""

import pytest

from instruments.errors import CommunicationError
from instruments.opening import open_station
from tests.instruments.simulated_station import simulated_station


@pytest.mark.parametrize(
    "failure",
    [CommunicationError("no answer"), OSError("cable"), ValueError("a mistake in a driver"), KeyError("x")],
)
def test_the_others_are_made_safe_all_the_same(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = simulated_station()
    station = open_station(simulated.plan, simulated.clock, simulated.manager)
    source, lock_in = station.current_source, station.lock_in
    assert source is not None
    source.configure(1.0, 1e-3)
    source.set_current(1e-4)
    source.set_output(True)

    def fails(_: object) -> None:
        raise failure

    monkeypatch.setattr(type(lock_in), "make_safe", fails)
    (line,) = station.make_safe()
    assert line.startswith("lock_in: make_safe failed: ")
    assert (simulated.cryostat.dc_current_A, simulated.cryostat.dc_output_on) == (0.0, False)
