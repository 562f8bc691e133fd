"""The simulated Model 4G on its wire. The bench's coil makes 0.125 T/A = 1.25 kG/A; its switch takes 20 s."""

import pytest

from tests.instruments.simulation.line import Line

ADDRESS = "GPIB0::21::INSTR"


class Supply(Line):
    read_termination = "\r\n"

    def __init__(self, make_bench, **options):
        super().__init__(make_bench, "cryomagnetics_4g", ADDRESS, {"current_limit_A": 80, **options})

    def tell(self, *commands, events=0):
        self.ask("*ESR?")
        for command in commands:
            self.line.write(command)
            assert int(self.ask("*ESR?")) == events, command


@pytest.fixture
def supply(make_bench):
    return Supply(make_bench)


def test_nothing_is_set_in_local_and_what_is_refused(supply):
    assert supply.ask("*IDN?") == "Cryomagnetics,4G,2239,1.02,208"
    supply.tell("LOCAL")
    for command in ("ULIM 1", "SWEEP UP", "PSHTR ON", "RATE 0 0.1", "UNITS A"):
        supply.tell(command, events=16)
    supply.tell("REMOTE", "ULIM 10", "LLIM -10", "RATE 0 0.05", "RANGE 0 20")
    assert supply.ask("ULIM?;LLIM?;RATE? 0;RANGE? 0;SWEEP?") == "10.0000kG;-10.0000kG;0.0500;20.0000;standby"
    for wrong in (
        "ULIM 101",
        "ULIM -11",
        "LLIM 11",
        "LLIM x",
        "RATE 6 1",
        "RANGE 4 1",
        "SWEEP ASIDE",
        "PSHTR 3",
        "RATE 1",
    ):
        assert supply.tell(wrong, events=32 if wrong == "LLIM x" else 16) is None
    supply.tell("NONSENSE", events=32)


def test_both_units(supply):
    """80 kG would be 64 A."""
    supply.tell("REMOTE", "ULIM 80", "UNITS A")
    assert (supply.ask("UNITS?"), supply.ask("ULIM?"), supply.ask("IMAG?")) == ("A", "64.0000A", "0.0000A")
    supply.tell("ULIM 32", "UNITS G")
    assert supply.ask("ULIM?") == "40.0000kG"


def test_a_sweep_ends_at_its_limit_and_still_says_up(supply):
    """0.08 A/s are 0.01 T/s."""
    supply.open_switch("REMOTE", "PSHTR ON")
    supply.tell("RATE 0 0.08", "ULIM 5", "SWEEP UP SLOW")
    assert (supply.ask("*STB?"), supply.ask("SWEEP?")) == ("1", "sweep up")
    supply.clock.sleep(25.0)
    assert supply.coil_T() == pytest.approx(0.25)
    assert supply.ask("VMAG?") == "2.0000V"  # 25 H x 0.08 A/s
    supply.clock.sleep(30.0)
    assert (supply.ask("IMAG?"), supply.ask("IOUT?")) == ("5.0000kG", "5.0000kG")
    assert (supply.ask("*STB?"), supply.ask("SWEEP?")) == ("1", "sweep up")
    supply.tell("SWEEP PAUSE")
    assert (supply.ask("*STB?"), supply.ask("SWEEP?")) == ("0", "sweep paused")
    supply.tell("SWEEP ZERO")
    supply.clock.sleep(51.0)
    assert supply.coil_T() == 0.0
    assert supply.ask("SWEEP?") == "zeroing"


def test_the_rate_changes_with_the_range(supply):
    """To 4 A (0.5 T) at 0.08 A/s in 50 s, from there at 0.04 A/s."""
    supply.open_switch("REMOTE", "PSHTR ON")
    supply.tell("RANGE 0 4", "RATE 0 0.08", "RATE 1 0.04", "ULIM 10", "SWEEP UP SLOW")
    supply.clock.sleep(100.0)
    assert supply.coil_T() == pytest.approx(0.75, abs=1e-3)
    supply.tell("SWEEP DOWN FAST")  # at range 5's 0.1 A/s
    supply.clock.sleep(10.0)
    assert supply.coil_T() == pytest.approx(0.625, abs=1e-3)
    assert supply.ask("SWEEP?") == "sweep down fast"
    supply.tell("SWEEP DOWN")  # stays fast until SLOW is said
    assert supply.ask("SWEEP?") == "sweep down fast"


def test_every_line_comes_back_where_it_echoes(make_bench):
    supply = Supply(make_bench, echoes=True)
    assert supply.ask("IOUT?") == "IOUT?"
    assert supply.line.read() == "0.0000kG"
    assert supply.ask("REMOTE") == "REMOTE"


def test_a_quench_latches_until_it_is_reset(supply):
    supply.open_switch("REMOTE", "PSHTR ON")
    supply.tell("RATE 0 0.08", "ULIM 5", "SWEEP UP SLOW")
    supply.clock.sleep(25.0)
    supply.cryostat.advance()
    supply.cryostat.magnet.quench("a test")
    supply.tell("SWEEP UP", events=16)
    supply.clock.sleep(300.0)
    assert int(supply.ask("*STB?")) & 4
    supply.tell("QRESET")
    assert supply.ask("*STB?") == "2"


def test_a_switch_heated_at_unequal_currents_quenches(supply):
    supply.cryostat.magnet.coil_current_A = 8.0
    assert (supply.ask("IMAG?"), supply.ask("IOUT?")) == ("10.0000kG", "0.0000kG")
    supply.open_switch("REMOTE", "PSHTR ON")
    assert int(supply.ask("*STB?")) & 4


def test_no_switch(supply):
    supply.cryostat.magnet.switch_fitted = False
    supply.tell("REMOTE")
    supply.tell("PSHTR ON", events=16)
    supply.tell("PSHTR?", events=16)
