"""The simulated 6221 in delta mode, with a 2182A on its serial port: 1 kOhm (leads 20 Ohm), 100 nV offset.

A cycle is the delay of 20 ms and 5 power-line cycles of 20 ms: 120 ms; three conversions make the first reading.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from instruments.clock import VirtualClock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2182a import Keithley2182A
from instruments.simulation.devices.keithley_6221 import Keithley6221
from instruments.simulation.specimen import SignalTruth
from tests.instruments.simulation.samples import SETTINGS, GatedResistor

CYCLE_S = 0.12
SETUP = b":SOUR:DELT:HIGH 1e-4;DEL 0.02;:SOUR:CURR:COMP 1"


@dataclass
class Rig:
    clock: VirtualClock
    cryostat: Cryostat
    source: Keithley6221

    def ask(self, line: bytes) -> bytes | None:
        return self.source.respond(line)

    def error(self) -> bytes | None:
        return self.ask(b"SYST:ERR?")

    def run(self, setup: bytes = SETUP) -> None:
        self.ask(setup)
        self.ask(b":SOUR:DELT:ARM")
        self.clock.sleep(5.0)
        self.ask(b":INIT:IMM")

    def cycles(self, number: float) -> None:
        self.clock.sleep(number * CYCLE_S)


def rig(noise_V: float = 0.0, offset_V: float = 1e-7, drift_V_per_s: float = 0.0, voltmeter: bool = True) -> Rig:
    clock = VirtualClock()
    sample = GatedResistor(signal=SignalTruth(0.0, offset_V, drift_V_per_s))
    cryostat = Cryostat(clock, replace(SETTINGS, voltmeter_noise_V=noise_V), sample, "out_of_plane", seed=3)
    meter = Keithley2182A(clock, cryostat, {1: "longitudinal"}) if voltmeter else None
    return Rig(clock, cryostat, Keithley6221(clock, cryostat, nanovoltmeter=meter))


@pytest.fixture
def made() -> Rig:
    return rig()


def numbers(reply: bytes | None) -> list[float]:
    assert reply is not None
    return [float(part) for part in reply.split(b",")]


class TestStates:
    def test_arming_takes_time_and_nothing_flows(self, made: Rig) -> None:
        made.ask(SETUP)
        made.ask(b":SOUR:DELT:ARM")
        assert made.ask(b":SOUR:DELT:ARM?") == b"0"
        made.ask(b":INIT:IMM")
        assert made.error() == b'-221,"Settings conflict"'
        made.clock.sleep(5.0)
        assert made.ask(b":SOUR:DELT:ARM?") == b"1"
        assert made.cryostat.dc_output_on is False
        made.ask(b":INIT:IMM")
        assert made.ask(b":STAT:OPER:COND?;:OUTP?") == b"8;1"
        assert made.cryostat.dc_current_A == 1e-4

    def test_without_a_voltmeter_it_does_not_arm(self) -> None:
        bare = rig(voltmeter=False)
        assert bare.ask(b":SOUR:DELT:NVPR?") == b"0"
        bare.ask(b":SOUR:DELT:ARM")
        assert bare.error() == b'-241,"Hardware missing"'
        bare.clock.sleep(10.0)
        assert bare.ask(b":SOUR:DELT:ARM?") == b"0"

    def test_the_current_alternates(self, made: Rig) -> None:
        made.run()
        seen = []
        for _ in range(4):
            seen.append(made.cryostat.dc_current_A)
            made.cycles(1)
            made.cryostat.advance()
        assert seen == [1e-4, -1e-4, 1e-4, -1e-4]

    def test_abort_stops_the_current_and_disarms(self, made: Rig) -> None:
        made.run()
        made.cycles(5)
        made.ask(b":SOUR:SWE:ABOR")
        assert made.ask(b":SOUR:DELT:ARM?;:OUTP?;:STAT:OPER:COND?") == b"0;0;1024"
        assert (made.cryostat.dc_current_A, made.cryostat.dc_output_on) == (0.0, False)
        assert made.ask(b":SENS:DATA?") is None
        assert made.error() == b'-221,"Settings conflict"'

    def test_a_count_of_readings_ends_the_run_still_armed(self, made: Rig) -> None:
        made.run(SETUP + b";:SOUR:DELT:COUN 4;:TRAC:POIN 4")
        made.cycles(20)
        assert made.ask(b":SOUR:DELT:ARM?;:TRAC:DATA:TYPE?") == b"1;DELT"
        values = numbers(made.ask(b":TRAC:DATA?"))
        assert values[::2] == pytest.approx([0.1] * 4, rel=1e-6)
        assert values[1::2] == pytest.approx([0.0, 0.12, 0.24, 0.36])
        assert made.cryostat.dc_current_A == 0.0
        made.ask(b":INIT:IMM")
        assert made.cryostat.dc_current_A == 1e-4

    @pytest.mark.parametrize(
        "line",
        [
            b":SOUR:DELT:HIGH 1e-3",
            b":SOUR:DELT:DEL 1",
            b":SOUR:CURR 1e-3",
            b":SENS:AVER 1",
            b":SOUR:CURR:RANG 1e-3",
        ],
    )
    def test_settings_stand_still_while_armed(self, made: Rig, line: bytes) -> None:
        made.run()
        before = made.ask(b":SOUR:DELT:HIGH?;DEL?;:SENS:AVER?;:SOUR:CURR?;:SOUR:CURR:RANG?")
        made.ask(line)
        assert made.error() == b'413,"Not allowed with mode arm"'
        assert made.ask(b":SOUR:DELT:HIGH?;DEL?;:SENS:AVER?;:SOUR:CURR?;:SOUR:CURR:RANG?") == before

    def test_the_output_turned_off_and_reset_end_it(self, made: Rig) -> None:
        for line in (b":OUTP 0", b"*RST", b":SOUR:CLE"):
            made.run()
            made.ask(line)
            assert made.ask(b":SOUR:DELT:ARM?") == b"0"
            assert not made.cryostat.dc_output_on


class TestReadings:
    def test_offset_and_linear_drift_fall_out(self) -> None:
        drifting = rig(offset_V=1e-3, drift_V_per_s=1e-4)
        drifting.run()
        drifting.cycles(30)
        assert numbers(drifting.ask(b":SENS:DATA?"))[0] == pytest.approx(0.1, rel=1e-6)

    def test_the_first_reading_is_the_third_conversion(self, made: Rig) -> None:
        made.run()
        made.cycles(2.9)
        assert made.ask(b":SENS:DATA?") == b"+9.900000E+37,+9.900000E+37"
        made.cycles(0.2)
        assert made.ask(b":SENS:DATA?") == b"+1.000000E-01,+0.000000E+00"
        made.cycles(1)
        assert made.ask(b":SENSE1:DATA:LAT?") == b"+1.000000E-01,+1.200000E-01"

    def test_a_fresh_reading_comes_once(self, made: Rig) -> None:
        made.run()
        made.cycles(3.5)
        assert made.ask(b":SENS:DATA:FRES?") == b"+1.000000E-01,+0.000000E+00"
        assert made.ask(b":SENS:DATA:FRES?") is None
        assert made.error() == b'-230,"Data corrupt or stale"'

    @pytest.mark.parametrize(("unit", "value"), [(b"OHMS", 1000.0), (b"W", 1e-5), (b"SIEM", 1e-3), (b"V", 0.1)])
    def test_units(self, made: Rig, unit: bytes, value: float) -> None:
        made.run(SETUP + b";:UNIT " + unit)
        made.cycles(5)
        assert numbers(made.ask(b":SENS:DATA?"))[0] == pytest.approx(value, rel=1e-6)
        assert made.ask(b":UNIT?") == unit

    def test_elements_come_in_their_own_order(self, made: Rig) -> None:
        made.run(SETUP + b";:FORM:ELEM COMP,SOUR,UNITS,READ")
        made.cycles(5)
        assert made.ask(b":FORM:ELEM?;:SENS:DATA?") == b"READ,UNIT,SOUR,COMP;+1.000000E-01,VDC,+1.000000E-04,F"
        made.ask(b":FORM:ELEM NOISE")
        assert made.error() == b'-224,"Illegal parameter value"'

    def test_beyond_the_range_of_the_voltmeter(self, made: Rig) -> None:
        made.ask(b':SYST:COMM:SER:SEND ":SENS:VOLT:CHAN1:RANG 0.01"')
        made.run()
        made.cycles(5)
        assert numbers(made.ask(b":SENS:DATA?"))[0] == 9.9e37

    @pytest.mark.parametrize("averages", [1, 2, 8])
    def test_noise_of_an_average(self, averages: int) -> None:
        """Weights of N + 2 conversions: 1, 2, 1 over 4; 1, 3, 3, 1 over 8; 1, 3, 4 ... 4, 3, 1 over 4 N."""
        weights = np.zeros(averages + 2)
        for first in range(averages):
            weights[first : first + 3] += np.array([1.0, 2.0, 1.0]) / (4 * averages)
        noisy = rig(noise_V=1e-6, offset_V=0.0)
        filtered = b";:SENS:AVER:TCON MOV;COUN %d;:SENS:AVER 1" % averages if averages > 1 else b""
        noisy.run(b":SOUR:DELT:HIGH 0;DEL 0.02" + filtered)
        seen = []
        for _ in range(2000):
            noisy.cycles(averages + 2)
            seen.append(numbers(noisy.ask(b":SENS:DATA?"))[0])
        expected_V = 1e-6 * np.sqrt(np.sum(weights**2))
        assert np.std(seen[2:]) == pytest.approx(expected_V, rel=5 / np.sqrt(2 * 2000))
        assert abs(np.corrcoef(seen[2:-1], seen[3:])[0, 1]) < 5 / np.sqrt(2000)  # they share no conversion

    def test_the_repeating_filter_tells_one_of_n(self, made: Rig) -> None:
        made.run(SETUP + b";:SENS:AVER:TCON REP;COUN 4;:SENS:AVER 1")
        made.cycles(3 + 7.5)  # eight readings: two averages
        assert made.ask(b":SENS:DATA?") == b"+1.000000E-01,+4.800000E-01"


class TestCompliance:
    """0.1 mA through 1020 Ohm need 102 mV."""

    def test_is_seen_at_either_sign(self, made: Rig) -> None:
        made.run(SETUP)
        made.ask(b":SOUR:CURR:COMP 0.1")
        made.cycles(3.5)
        for _ in range(2):
            assert made.ask(b":STAT:MEAS:COND?;:STAT:MEAS?") == b"8;8"
            made.cycles(1)
            made.cryostat.advance()
            assert abs(made.cryostat.dc_current_A) == pytest.approx(0.1 / 1020.0)

    def test_is_latched_between_two_looks(self, made: Rig) -> None:
        made.run()
        made.cycles(3.5)
        assert made.ask(b":STAT:MEAS:COND?;:STAT:MEAS?") == b"0;0"
        made.ask(b":SOUR:CURR:COMP 0.1")
        made.cycles(2)
        made.ask(b":SOUR:CURR:COMP 1")
        made.cycles(2)
        assert made.ask(b":STAT:MEAS:COND?;:STAT:MEAS?;:STAT:MEAS?") == b"0;8;0"

    def test_aborts_where_it_is_told_to(self, made: Rig) -> None:
        made.run(SETUP + b";:SOUR:CURR:COMP 0.1;:SOUR:DELT:CAB 1")
        made.cycles(5)
        assert made.ask(b":SOUR:DELT:ARM?;:OUTP?;:STAT:OPER?;:STAT:MEAS?") == b"0;0;4;8"
        assert made.cryostat.dc_current_A == 0.0


class TestRelay:
    def test_a_question_and_its_answer_some_time_later(self, made: Rig) -> None:
        made.ask(b':SYST:COMM:SER:SEND "*IDN?"')
        assert made.ask(b":SYST:COMM:SER:ENT?") == b""
        made.clock.sleep(0.5)
        reply = made.ask(b":SYST:COMM:SER:ENT?")
        assert reply is not None
        assert b"MODEL 2182A" in reply
        assert made.ask(b":SYST:COMM:SER:ENT?") == b""

    def test_settings_and_two_answers(self, made: Rig) -> None:
        made.ask(b""":SYST:COMM:SER:SEND ":SENS:FUNC 'VOLT';:SENS:VOLT:NPLC 1;:SENS:VOLT:NPLC?;RANG?\"""")
        made.clock.sleep(0.5)
        assert made.ask(b":SYST:COMM:SER:ENT?") == b"1.00;1.000000E+02"

    def test_nobody_there(self) -> None:
        bare = rig(voltmeter=False)
        bare.ask(b':SYST:COMM:SER:SEND "*IDN?"')
        bare.clock.sleep(1.0)
        assert bare.ask(b":SYST:COMM:SER:ENT?") == b""

    def test_in_use_by_delta(self, made: Rig) -> None:
        made.run()
        made.ask(b':SYST:COMM:SER:SEND "*RST"')
        assert made.error() == b'413,"Not allowed with mode arm"'
