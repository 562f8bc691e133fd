"""The lock-in's filter against theory: step and ramp, noise bandwidth and correlation, overload."""

import math
from dataclasses import replace

import numpy as np
import pytest

from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.lock_in_filter import FilterCascade, equivalent_noise_bandwidth
from instruments.simulation.devices.sr830 import SR830
from tests.instruments.simulation.samples import NBS2, SETTINGS

TC_S = 0.3


def quiet(order):
    cascade = FilterCascade(np.random.default_rng(1))
    cascade.set_order(order)
    return cascade


def step_response(order, a):
    """Share of a step that n equal RC stages show after a time constants: 1 - exp(-a) (1 + a + ... )."""
    return 1.0 - math.exp(-a) * sum(a**k / math.factorial(k) for k in range(order))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_step(order):
    cascade = quiet(order)
    cascade.jump(1.0 + 2.0j)
    for poll in range(1, 11):
        cascade.advance(0.7 * TC_S, 1.0 + 2.0j, TC_S, 0.0)
        assert cascade.output == pytest.approx((1 + 2j) * step_response(order, 0.7 * poll), rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_ramp_lags_by_the_sum_of_the_time_constants(order):
    cascade = quiet(order)
    for poll in range(1, 41):
        cascade.advance(1.5, 1.5 * poll + 0j, TC_S, 0.0)
    assert cascade.output.real == pytest.approx(60.0 - order * TC_S, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_how_often_it_is_polled_does_not_matter(order):
    often, once = quiet(order), quiet(order)
    for poll in range(1, 101):
        often.advance(0.01, 0.02 * poll + 0j, TC_S, 0.0)
    once.advance(1.0, 2.0 + 0j, TC_S, 0.0)
    assert often.output == pytest.approx(once.output, rel=1e-9)


def test_noise_bandwidths_of_the_manual():
    found = [equivalent_noise_bandwidth(1.0, order) for order in (1, 2, 3, 4)]
    assert found == [1 / 4, 1 / 8, 3 / 32, 5 / 64]


@pytest.mark.parametrize("spacing", [20.0, 1.0, 0.05])
@pytest.mark.parametrize(("order", "bandwidth"), [(1, 1 / 4), (2, 1 / 8), (3, 3 / 32), (4, 5 / 64)])
def test_noise_has_the_bandwidth_of_theory_however_it_is_polled(order, bandwidth, spacing):
    """Ensembles of filters started at rest: after 20 time constants each shows S sqrt(ENBW) in X and in Y."""
    density = 3e-9
    size = 400
    outputs = []
    for seed in range(size):
        cascade = FilterCascade(np.random.default_rng(seed))
        cascade.set_order(order)
        for _ in range(round(20 / spacing) if spacing >= 1.0 else 1):
            cascade.advance(spacing * TC_S if spacing >= 1.0 else 20 * TC_S, 0j, TC_S, density)
        if spacing < 1.0:
            for _ in range(20):
                cascade.advance(spacing * TC_S, 0j, TC_S, density)
        outputs += [cascade.output.real, cascade.output.imag]
    rms_V = float(np.sqrt(np.mean(np.square(outputs))))
    assert rms_V == pytest.approx(density * math.sqrt(bandwidth / TC_S), rel=4 / math.sqrt(2 * 2 * size))


@pytest.mark.parametrize("a", [0.1, 0.5, 2.0])
def test_correlation_of_successive_readings(a):
    """12 dB per octave: the autocorrelation of two equal stages is exp(-a) (1 + a)."""
    cascade = quiet(2)
    cascade.advance(100 * TC_S, 0j, TC_S, 1.0)
    values = []
    for _ in range(20000):
        cascade.advance(a * TC_S, 0j, TC_S, 1.0)
        values.append(cascade.output)
    x = np.array(values)
    found = float(np.mean((x[1:] * x[:-1].conj()).real) / np.mean(np.abs(x) ** 2))
    expected = math.exp(-a) * (1 + a)
    effective = 2 * 20000 * (1 - expected) / (1 + expected)
    assert found == pytest.approx(expected, abs=5 * math.sqrt((1 - expected**2) / effective))


def test_very_short_steps_add_up():
    """Rounding in the smallest noise factors must not fail, nor make noise from nothing."""
    cascade = quiet(4)
    for _ in range(1000):
        cascade.advance(1e-7, 0j, TC_S, 1.0)
    assert abs(cascade.output) < 1e-6


def test_lock_in_noise_on_the_wire(make_bench):
    """3 nV/rtHz at 300 ms, 12 dB: 3 nV sqrt(1/2.4 Hz) = 1.94 nV in X; readings 10 s apart are independent."""
    bench = make_bench(noise_V_per_sqrtHz=3e-9)
    bench.lock_in.respond(b"OFLT 9;OFSL 1;SENS 16;SLVL 4")
    bench.clock.sleep(60.0)
    values = []
    for _ in range(2000):
        bench.clock.sleep(10.0)
        values.append(float(bench.lock_in.respond(b"OUTP? 1")))
    assert np.mean(values) == pytest.approx(4e-4, abs=4 * 1.94e-9 / math.sqrt(2000))
    assert np.std(values) == pytest.approx(3e-9 / math.sqrt(2.4), rel=0.1)


def test_overload_latches_and_clears_on_read(bench):
    """0.4 mV at a full scale of 0.2 mV shows 0.218 mV, sets bit 2, and goes on doing so until the range fits."""
    box = bench.lock_in
    box.respond(b"OFLT 9;OFSL 1;SENS 16;SLVL 4")
    bench.clock.sleep(60.0)
    assert box.respond(b"LIAS?") == b"0"
    box.respond(b"SENS 15")
    assert float(box.respond(b"OUTP? 1")) == pytest.approx(1.09 * 200e-6, rel=1e-5)
    assert box.respond(b"LIAS? 2") == b"1"
    assert box.respond(b"LIAS?") == b"4"
    box.respond(b"SENS 16")
    assert box.respond(b"LIAS?") == b"4"  # from before the range was changed
    assert box.respond(b"LIAS?") == b"0"
    assert float(box.respond(b"OUTP? 1")) == pytest.approx(400e-6, rel=1e-5)


def test_external_reference_is_unlocked(bench):
    bench.lock_in.respond(b"FMOD 0")
    assert bench.lock_in.respond(b"LIAS?") == b"8"
    bench.lock_in.respond(b"FMOD 1;*CLS")
    assert bench.lock_in.respond(b"LIAS?") == b"0"


def test_phase_turns_x_into_y(bench):
    bench.lock_in.respond(b"SENS 20;PHAS 90")
    bench.clock.sleep(60.0)
    x_V, y_V = (float(text) for text in bench.lock_in.respond(b"SNAP? 1,2").split(b","))
    assert x_V == pytest.approx(0.0, abs=1e-9)
    assert y_V == pytest.approx(-0.1e-3, rel=1e-5)
    bench.lock_in.respond(b"APHS")
    assert bench.lock_in.respond(b"PHAS?") == b"0"


def test_auto_gain_and_offset(bench):
    bench.lock_in.respond(b"SLVL 4")
    bench.clock.sleep(60.0)
    assert bench.lock_in.respond(b"AGAN;SENS?") == b"16"
    bench.lock_in.respond(b"AOFF 1")
    assert bench.lock_in.respond(b"OEXP? 1") == b"80,0"
    assert float(bench.lock_in.respond(b"OUTP? 1")) == pytest.approx(0.0, abs=1e-9)


def test_a_signal_beyond_the_input_overloads_it(bench):
    """1 V over 1 kOhm drive 1 mA: 1.1 kOhm show 1.1 V."""
    bench.cryostat.resistance_ohm = 1100.0
    bench.clock.sleep(1.0)
    assert int(bench.lock_in.respond(b"LIAS?")) & 1
    bench.lock_in.respond(b"SLVL 0.5;*CLS")
    bench.clock.sleep(1.0)
    assert not int(bench.lock_in.respond(b"LIAS?")) & 1


def test_nothing_is_wired_to_the_current_input(bench):
    bench.clock.sleep(10.0)
    bench.lock_in.respond(b"ISRC 2")
    bench.clock.sleep(10.0)
    assert float(bench.lock_in.respond(b"OUTP? 3")) == pytest.approx(0.0, abs=1e-7)


class Rising(Cryostat):
    """A sample whose voltage rises by 7 % a second, as in a steep transition."""

    def lock_in_signal_V(self, current_rms_A, frequency_Hz=0.0, contacts="longitudinal"):
        return 1e-6 * math.exp(0.07 * self._now_s), 0.0


def test_a_bent_input_is_followed_however_rarely_it_is_asked():
    clock = VirtualClock()
    sample = replace(NBS2, signal=replace(NBS2.signal, voltage_noise_V_per_sqrtHz=0.0))
    cryostat = Rising(clock, SETTINGS, sample, "in_plane", seed=1)
    lock_in = SR830(clock, cryostat, 1000.0, name="test")
    for command in (b"OFLT 9", b"OFSL 1", b"SENS 12"):  # 300 ms, two poles, 20 uV
        lock_in.respond(command)
    shown = []
    for _ in range(10):
        clock.sleep(2.1)
        cryostat.read_thermometer("sample")  # somebody else asks first
        shown.append(float(lock_in.respond(b"OUTP? 1")))
    # an exponential comes out of each pole divided by 1 + 0.07 x 0.3
    expected = 1e-6 * math.exp(0.07 * clock.now()) / (1 + 0.07 * 0.3) ** 2
    assert shown[-1] == pytest.approx(expected, rel=3e-4)
