"""The simulated 7265, byte for byte: 1 V over 1 kOhm drive 1 mA through 0.1 Ohm."""

import pytest

from instruments.simulation.devices.signal_recovery_7265 import SignalRecovery7265


@pytest.fixture
def lock_in(clock, resistor):
    instrument = SignalRecovery7265(clock, resistor, 1000.0, name="test")
    instrument.respond(b"OA. 1;OF. 17;SEN 16;TC 12;SLOPE 1")
    clock.sleep(30.0)
    return instrument


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"ID", b"7265"),
        (b"id", b"7265"),
        (b"XY.", b"1.0000E-04,0.0000E+00"),
        (b"XY", b"5000,0"),  # 100 uV of 200 uV, in 1/10000
        (b"X.", b"1.0000E-04"),
        (b"MAG", b"5000"),
        (b"SEN", b"16"),
        (b"SEN.", b"2.000E-04"),
        (b"TC.", b"2.000E-01"),
        (b"OA", b"1000"),
        (b"OF.", b"1.700000E+01"),
        (b"FRQ.", b"1.700000E+01"),
        (b"SLOPE;TC", b"1\r\n12"),
        (b"XY.;ST", b"1.0000E-04,0.0000E+00\r\n1"),
        (b"", None),
        (b"SEN 17", None),
    ],
)
def test_replies(lock_in, line, reply):
    assert lock_in.respond(line) == reply


@pytest.mark.parametrize(
    ("line", "status"), [(b"SENS 3", 2), (b"SEN?", 2), (b"*IDN?", 2), (b"SEN 28", 4), (b"OA. 6", 4), (b"TC X", 4)]
)
def test_the_status_says_what_was_wrong_with_the_command_before(lock_in, line, status):
    assert lock_in.respond(line) is None
    assert int(lock_in.respond(b"ST")) & 6 == status
    assert lock_in.respond(b"SEN;ST") == b"16\r\n1"


def test_an_overload_is_shown_while_it_lasts(lock_in):
    lock_in.respond(b"SEN 14")  # 50 uV: twice
    assert lock_in.respond(b"N") == b"2"
    assert int(lock_in.respond(b"ST")) & 0x10
    assert lock_in.respond(b"X.") == b"1.0000E-04"
    lock_in.respond(b"SEN 13")  # 20 uV: five times, held at three
    assert lock_in.respond(b"N") == b"18"
    assert lock_in.respond(b"X.") == b"6.0000E-05"
    lock_in.respond(b"SEN 16")
    assert lock_in.respond(b"N") == b"0"


def test_without_a_reference_it_is_unlocked(clock, lock_in):
    lock_in.respond(b"IE 2")
    clock.sleep(30.0)
    assert lock_in.respond(b"N") == b"128"
    assert int(lock_in.respond(b"ST")) & 8
    assert lock_in.respond(b"FRQ.") == b"0.000000E+00"
    lock_in.respond(b"IE 0")
    assert lock_in.respond(b"N;FRQ.") == b"0\r\n1.700000E+01"


def test_auto_phase_and_factory_settings(clock, lock_in):
    lock_in.respond(b"REFP. 30")
    clock.sleep(30.0)
    lock_in.respond(b"AQN")
    assert float(lock_in.respond(b"REFP.")) == pytest.approx(0.0, abs=0.01)
    lock_in.respond(b"ADF 1")
    assert lock_in.respond(b"OA.") == b"0.000000E+00"
