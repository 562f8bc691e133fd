import math
from dataclasses import replace

import numpy as np
import pytest

from instruments.clock import VirtualClock
from instruments.errors import ConfigurationError
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.magnet import MagnetAction
from tests.instruments.simulation.samples import NBS2, SETTINGS

NOISELESS = replace(SETTINGS.thermal, sensor_noise_K=0.0)
QUIET = replace(
    SETTINGS,
    field_noise_T=0.0,
    thermal=NOISELESS,
    voltmeter_noise_V=0.0,
    thermometer_accuracy_K=0.0,
    field_accuracy=0.0,
)


def cryostat(settings=SETTINGS, *, seed=1, orientation="out_of_plane", clock=None):
    made = Cryostat(clock or VirtualClock(), settings, NBS2, orientation, seed)
    made.thermal.set_loop(True)  # hold the start temperature
    return made


def at_field(field_T, **options):
    clock = VirtualClock()
    made = cryostat(QUIET, clock=clock, **options)
    made.magnet.set_target_field(field_T)
    made.magnet.set_field_rate(1.0)
    made.magnet.set_action(MagnetAction.TO_SETPOINT)
    clock.sleep(3600.0)
    return made


def test_time_passes_with_the_clock():
    clock = VirtualClock()
    made = cryostat(QUIET, clock=clock)
    made.magnet.set_target_field(1.0)
    made.magnet.set_field_rate(0.5)
    made.magnet.set_action(MagnetAction.TO_SETPOINT)
    clock.sleep(60.0)
    assert made.read_field_T() == pytest.approx(0.5)
    assert made.true_field_T() == pytest.approx(0.5)


def test_lock_in_signal_is_current_times_resistance():
    made = at_field(0.0)
    in_phase, quadrature = made.lock_in_signal_V(4e-3)
    assert in_phase == pytest.approx(4e-3 * 0.052)
    assert quadrature == 0.0
    # 20 nH at 137 Hz
    assert made.lock_in_signal_V(4e-3, 137.0)[1] == pytest.approx(4e-3 * 2 * math.pi * 137 * 20e-9)


def test_dc_voltage_and_its_reversal():
    made = at_field(12.0)
    thermal_V = 150e-9 + 2e-9 * 60  # an hour of 2 nV/min
    assert made.dc_voltage_V("longitudinal") == pytest.approx(thermal_V)
    made.dc_current_A = 8e-3
    assert made.dc_voltage_V("longitudinal") == pytest.approx(thermal_V)  # output still off
    made.dc_output_on = True
    assert made.dc_voltage_V("longitudinal") == pytest.approx(8e-3 * 0.052 + thermal_V)
    hall_ohm = 12 * 178.3289e-6 + 0.2 * 0.052
    plus = made.dc_voltage_V("hall")
    made.dc_current_A = -8e-3
    minus = made.dc_voltage_V("hall")
    assert (plus - minus) / 16e-3 == pytest.approx(hall_ohm, rel=1e-6)
    assert (plus + minus) / 2 == pytest.approx(thermal_V)


def test_no_hall_voltage_for_a_field_in_the_plane():
    made = at_field(12.0, orientation="in_plane")
    made.dc_current_A, made.dc_output_on = 8e-3, True
    expected = 8e-3 * 0.2 * 0.052 + 150e-9 + 120e-9
    assert made.dc_voltage_V("hall") == pytest.approx(expected)


def test_supply_and_coil_are_told_apart():
    clock = VirtualClock()
    made = cryostat(replace(QUIET, switch_fitted=True), clock=clock)
    made.magnet.set_target_field(1.0)
    made.magnet.set_field_rate(1.0)
    made.magnet.set_action(MagnetAction.TO_SETPOINT)
    clock.sleep(120.0)
    assert made.read_field_T() == 1.0
    assert made.read_persistent_field_T() == 0.0
    assert made.true_field_T() == 0.0


def readings(seed, extra=()):
    clock = VirtualClock()
    made = cryostat(seed=seed, clock=clock)
    rows = []
    for _ in range(20):
        clock.sleep(1.0)
        for name in extra:
            made.noise_source(name).standard_normal(3)
            made.read_thermometer("insert")
            made.read_field_T()
        rows.append((made.read_thermometer("sample"), made.read_dc_voltage_V("hall")))
    return rows


def test_same_seed_same_readings():
    assert readings(7) == readings(7)
    assert readings(7) != readings(8)


def test_reading_one_instrument_more_often_changes_no_other():
    assert readings(7, extra=("lock-in", "another")) == readings(7)


def test_noise_source_is_one_stream_per_name():
    made = cryostat()
    assert made.noise_source("lock-in") is made.noise_source("lock-in")
    assert made.noise_source("lock-in").random() != made.noise_source("source").random()


@pytest.mark.parametrize(
    ("read", "sigma"),
    [
        (Cryostat.read_field_T, 20e-6),
        (lambda made: made.read_thermometer("sample"), 0.3e-3),
        (lambda made: made.read_dc_voltage_V("longitudinal"), 2e-9),
    ],
)
def test_readings_scatter_as_declared(read, sigma):
    made = cryostat()
    values = [read(made) for _ in range(2000)]
    assert np.std(values) == pytest.approx(sigma, rel=0.08)  # 5 standard errors of a deviation


def test_calibrations_are_common_to_a_run_and_scatter_between_seeds():
    runs = [cryostat(replace(SETTINGS, thermal=NOISELESS), seed=seed) for seed in range(400)]
    offsets = [made.read_thermometer("sample") - 10.0 for made in runs]
    # rectangular: the deviation is the limit over the square root of three, and nothing lies outside
    assert np.std(offsets) == pytest.approx(2e-3 / 3**0.5, rel=0.12)
    assert np.max(np.abs(offsets)) <= 2e-3
    assert abs(np.mean(offsets)) < 5 * 2e-3 / 20
    assert runs[0].read_thermometer("insert") == runs[0].read_thermometer("sample")
    assert np.std([made.field_scale_error for made in runs]) == pytest.approx(2e-4 / 3**0.5, rel=0.12)


def test_field_at_the_sample_differs_by_the_scale_error():
    clock = VirtualClock()
    made = cryostat(replace(QUIET, field_accuracy=2e-4), clock=clock)
    made.magnet.set_target_field(10.0)
    made.magnet.set_field_rate(1.0)
    made.magnet.set_action(MagnetAction.TO_SETPOINT)
    clock.sleep(3600.0)
    assert made.read_field_T() == pytest.approx(10.0)
    assert made.true_field_T() == pytest.approx(10.0 * (1 + made.field_scale_error))
    assert made.field_scale_error != 0.0


def test_quench_from_outside():
    made = at_field(5.0)
    made.quench("scheduled")
    assert made.magnet.quenched
    assert made.read_field_T() == 0.0
    assert made.true_field_T() == pytest.approx(5.0)


def test_unknown_orientation_is_refused():
    with pytest.raises(ConfigurationError, match="no orientation 'tilted'; it has out_of_plane, in_plane"):
        cryostat(orientation="tilted")
