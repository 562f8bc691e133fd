"""The Lake Shore 372, the Keithley 2400 and two lock-ins of configs/stations/dilution_9t.yaml, byte for byte."""

import math

import pytest

from instruments.opening import open_station
from tests.instruments.simulated_station import CONFIGS, simulated_station
from tests.instruments.simulation.samples import GatedResistor

ADDRESSES = {
    "bridge": "TCPIP0::192.168.1.32::7777::SOCKET",
    "lock_in": "GPIB0::8::INSTR",
    "hall": "GPIB0::9::INSTR",
    "gate": "GPIB0::24::INSTR",
}


class Dilution:
    def __init__(self, sample=None):
        self.simulated = simulated_station(
            path=CONFIGS / "stations" / "dilution_9t.yaml", sample=sample or GatedResistor()
        )
        self.clock, self.cryostat = self.simulated.clock, self.simulated.cryostat

    def wait(self, time_s):
        self.clock.sleep(time_s)
        self.cryostat.advance()

    def __getattr__(self, name):
        return self.simulated.rack.box(ADDRESSES[name])


def talk(box, *exchanges):
    for sent, expected in exchanges:
        assert box.respond(sent) == expected, sent


def numbers(reply):
    return [float(text) for text in reply.replace(b";", b",").split(b",")]


@pytest.fixture
def rack():
    return Dilution()


class TestLakeShore372:
    def test_settings_are_answered_as_the_instrument_answers(self, rack):
        assert rack.bridge.terminator == b"\r\n"
        talk(
            rack.bridge,
            (b"*IDN?", b"LSCI,MODEL372,LSA23JD,1.3"),
            (b"SCAN?", b"06,1"),
            (b"SCAN 8,0;SCAN?", b"08,0"),
            (b"OUTMODE? 0", b"2,6,1,0,0,001"),
            (b"HTRSET? 0", b"+120.000,0,+0000.00,1"),
            (b"RDGST? 6;RDGST? 7;RDGST? 8", b"000;001;000"),  # nothing is connected to channel 7
            (b"KRDG? 7", b"+0.00000E+00"),
            (b"RAMP 0,1,0.05;RAMP? 0;RAMPST? 0", b"1,+0.050;0"),
            (b"RAMP?", b"1,+0.050"),  # output 0 when none is named
            (b"PID 0,5,30,0;PID? 0", b"+5.0000,+30.0000,+0.0000"),
            (b"setp 0,0.09;SETP? 0", b"+0.090000"),
            (b"RANGE? 0;HTR?;HTRST? 0", b"0;+00.000;0"),
            (b"RANGE 1,0;RANGE 2,1;RANGE? 2;RANGE?", b"1;0"),
            (b"INSET? 6;INTYPE? 6;TLIMIT? 6", b"1,007,003,21,1;0,07,1,10,0,1;+0000"),
            (b'TLIMIT 6,2;TLIMIT? 6;INNAME 6,"MXC";INNAME? 6', b"2;MXC            "),
            (b"", None),
        )

    def test_an_error_leaves_the_rest_of_the_line_alone(self, rack):
        talk(
            rack.bridge,
            (b"*CLS", None),
            (b"NONSENSE;RANGE? 0;*ESR?", b"0;32"),
            (b"RAMP 0,1,0.0005;*ESR?", b"16"),
            (b"RAMP 0,1,101;*ESR?", b"16"),
            (b"RANGE 0,9;RANGE? 0;*ESR?", b"0;16"),
            (b"KRDG? 17;*ESR?", b"16"),
            (b"OUTMODE 0,5,8,1,0,0,1;*ESR?", b"16"),  # the mixing chamber's thermometer is on channel 6
            (b"*ESR?", b"0"),
            (b"*ESE 32;*STB?", b"4"),
            (b"NONSENSE;*STB?", b"36"),
        )

    def test_readings_have_six_digits(self, rack):
        reply = rack.bridge.respond(b"KRDG? 6")
        assert len(reply) == len(b"+5.00000E-02")
        offset_K = rack.cryostat.thermometer_offset_K
        assert float(reply) == pytest.approx(0.05 + offset_K, abs=3e-4)
        ohm = float(rack.bridge.respond(b"SRDG? 6"))
        assert ohm == pytest.approx(1e3 * math.exp(math.sqrt(1 / (0.05 + offset_K))), rel=1e-2)

    def test_the_set_point_that_is_answered_moves_with_the_ramp(self, rack):
        rack.bridge.respond(b"RAMP 0,1,0.1;SETP 0,0.15;OUTMODE 0,5,6,1,0,0,1;RANGE 0,6")
        rack.wait(30.0)
        ramping, setpoint_K = numbers(rack.bridge.respond(b"RAMPST? 0;SETP? 0"))
        assert ramping == 1
        assert setpoint_K == pytest.approx(0.1, abs=1e-6)
        rack.wait(31.0)
        assert rack.bridge.respond(b"RAMPST? 0;SETP? 0") == b"0;+0.150000"

    def test_holding_needs_the_current_whose_heat_is_cooled_away(self, rack):
        """5 mW/K^2 (0.0081 - 0.000225) K^2 = 39.4 uW = 120 Ohm (0.573 mA)^2: 5.73 % of 10 mA."""
        rack.bridge.respond(b"SETP 0,0.09;OUTMODE 0,5,6,1,0,0,1;RANGE 0,6")
        rack.wait(3600.0)
        assert float(rack.bridge.respond(b"HTR?")) == pytest.approx(5.73, abs=0.005)
        rack.bridge.respond(b"HTRSET 0,120,0,0,2")
        assert float(rack.bridge.respond(b"HTR?")) == pytest.approx(39.4e-6, rel=2e-3)

    def test_a_range_that_is_too_small_holds_what_it_can(self, rack):
        """(316 uA)^2 120 Ohm = 12.0 uW hold T^2 = 0.000225 + 0.0024 K^2."""
        rack.bridge.respond(b"SETP 0,0.09;OUTMODE 0,5,6,1,0,0,1;RANGE 0,3")
        rack.wait(3600.0)
        assert rack.cryostat.thermal.insert_K == pytest.approx(math.sqrt(0.000225 + 0.00239654), abs=1e-6)
        assert rack.bridge.respond(b"HTR?") == b"+100.000"

    def test_manual_output_is_a_share_of_the_current(self, rack):
        """10 % of 10 mA is 1 mA: 120 uW hold T^2 = 0.000225 + 0.024 K^2."""
        rack.bridge.respond(b"MOUT 0,10;RANGE 0,6")
        rack.wait(3600.0)
        assert rack.cryostat.thermal.insert_K == pytest.approx(math.sqrt(0.024225), abs=1e-6)
        assert rack.bridge.respond(b"HTR?;MOUT? 0") == b"+10.000;+10.0000"

    def test_an_open_heater_turns_its_range_off_and_says_so_once(self, rack):
        rack.bridge.respond(b"SETP 0,0.09;OUTMODE 0,5,6,1,0,0,1;RANGE 0,6")
        rack.wait(600.0)
        rack.bridge.instrument.fail_heater(1)
        talk(rack.bridge, (b"RANGE? 0;HTRST? 0;HTRST? 0", b"0;1;0"))
        rack.wait(7200.0)
        assert rack.cryostat.thermal.insert_K == pytest.approx(0.015, abs=1e-6)

    def test_reset_turns_the_heater_off(self, rack):
        rack.bridge.respond(b"SETP 0,0.09;OUTMODE 0,5,6,1,0,0,1;RANGE 0,6")
        talk(rack.bridge, (b"*RST;RANGE? 0;OUTMODE? 0", b"0;2,6,1,0,0,001"))
        assert not rack.cryostat.thermal.loop_on


class TestKeithley2400:
    READY = b":SENS:CURR:RANG 1e-6;:SENS:CURR:PROT 20e-9;:SOUR:VOLT:RANG 200;:FORM:ELEM VOLT,CURR,STAT"

    def test_settings_are_answered_as_the_instrument_answers(self, rack):
        talk(
            rack.gate,
            (b":SOUR:VOLT?;:OUTP?;:SOUR:FUNC?;:ROUT:TERM?", b"0.000000E+00;0;VOLT;FRON"),
            (b":SOURce:VOLTage:LEVel:IMMediate:AMPLitude 5;:SOUR:VOLT?", b"5.000000E+00"),
            (b":SOUR:VOLT 0", None),
            (self.READY, None),
            (b":SENSe:CURRent:PROTection:LEVel?;:SENS:CURR:RANG?", b"2.000000E-08;1.000000E-06"),
            (b":FORM:ELEM?;:SENS:CURR:NPLC?", b"VOLT,CURR,STAT;1.00"),
            (b":SYST:ERR?", b'0,"No error"'),
        )

    @pytest.mark.parametrize(
        ("line", "error"),
        [
            (b":SENS:CURR:PROT 0.5e-9", b'-222,"Parameter data out of range"'),
            (b":SENS:CURR:RANG 1e-3;:SENS:CURR:PROT 20e-9", b'-221,"Settings conflict"'),  # below 0.1 % of 1 mA
            (b":SENS:CURR:RANG 1e-6;:SENS:CURR:PROT 5e-9;:SENS:CURR:RANG 1e-5", b'-221,"Settings conflict"'),
            (b":SOUR:VOLT 211", b'-222,"Parameter data out of range"'),
            (b":SOUR:VOLT:RANG 20;:SOUR:VOLT 50", b'-222,"Parameter data out of range"'),
            (b":READ?", b'803,"Not permitted with output off"'),
            (b":FORM:ELEM SOMETHING", b'-224,"Illegal parameter value"'),
        ],
    )
    def test_refusals(self, rack, line, error):
        assert rack.gate.respond(line) is None
        assert rack.gate.respond(b":SYST:ERR?") == error

    def test_a_reading_takes_its_time_and_shows_voltage_current_and_status(self, rack):
        rack.gate.respond(self.READY + b";:OUTP 1;:SOUR:VOLT 100")
        rack.wait(60.0)
        before_s = rack.clock.now()
        voltage_V, current_A, status = numbers(rack.gate.respond(b":READ?"))
        assert rack.clock.now() - before_s == pytest.approx(0.04)  # two power-line cycles of 20 ms
        assert voltage_V == pytest.approx(100.0, abs=0.02)
        assert current_A == pytest.approx(1e-10, abs=1.5e-10)  # 100 V over 1 TOhm, and the meter's noise of 20 pA
        assert int(status) & 0x8 == 0
        assert rack.gate.respond(b":SENS:CURR:PROT:TRIP?;:STAT:MEAS:COND?") == b"0;64"

    def test_a_step_charges_at_the_compliance_and_says_so(self, rack):
        """20 nA into 1 nF are 20 V/s: 100 V take five seconds."""
        rack.gate.respond(self.READY + b";:OUTP 1;:SOUR:VOLT 100")
        assert rack.gate.respond(b":SENS:CURR:PROT:TRIP?") == b"1"
        rack.wait(2.46)
        voltage_V, current_A, status = numbers(rack.gate.respond(b":READ?"))
        assert voltage_V == pytest.approx(49.6, abs=0.1)
        assert current_A == pytest.approx(20e-9, abs=1e-10)
        assert int(status) & 0x8
        assert rack.gate.respond(b":SENS:CURR:PROT:TRIP?;:STAT:MEAS:COND?") == b"1;16448"
        rack.wait(3.0)
        assert rack.gate.respond(b":SENS:CURR:PROT:TRIP?") == b"0"

    def test_the_source_has_steps_of_5_mV_on_its_widest_range(self, rack):
        rack.gate.respond(self.READY + b";:OUTP 1;:SOUR:VOLT 1.0021")
        rack.wait(10.0)
        assert rack.gate.respond(b":SOUR:VOLT?") == b"1.002100E+00"
        assert rack.cryostat.gate.plate_V == pytest.approx(1.0, abs=1e-4)

    def test_measure_turns_the_output_on(self, rack):
        assert rack.gate.respond(b":MEAS:CURR?") is not None
        assert rack.gate.respond(b":OUTP?") == b"1"

    def test_other_jacks_turn_the_output_off(self, rack):
        talk(rack.gate, (b":OUTP 1;:ROUT:TERM FRON;:OUTP?", b"1"), (b":ROUT:TERM REAR;:OUTP?", b"0"))

    def test_the_sample_feels_the_gate_and_the_gate_warms_it(self, rack):
        rack.bridge.respond(b"SETP 0,0.09;OUTMODE 0,5,6,1,0,0,1;RANGE 0,6")
        rack.wait(3600.0)
        rack.gate.respond(self.READY + b";:OUTP 1")
        for step in range(400):
            rack.gate.respond(f":SOUR:VOLT {0.25 * (step + 1)}".encode())
            rack.wait(0.25)
        # 4.2 uJ/V^2 (0.25 V)^2 every 0.25 s are 1.05 uW over 2 mW/K^2
        assert rack.cryostat.true_temperature_K() == pytest.approx(math.sqrt(0.0081 + 5.25e-4), abs=2e-5)
        at = rack.cryostat._surroundings()
        assert at.gate_V == pytest.approx(99.75, abs=0.02)  # half a loop of 0.5 V behind

    def test_a_field_ramp_warms_the_sample(self, rack):
        """4.5 J s/T^2 (0.1 T/min)^2 = 12.5 uW: the loop gives up as much, the link needs 6.25e-3 K^2 for it."""
        rack.bridge.respond(b"SETP 0,0.09;OUTMODE 0,5,6,1,0,0,1;RANGE 0,6")
        rack.wait(3600.0)
        station = open_station(rack.simulated.plan, rack.clock, rack.simulated.manager)
        station.magnet.start_ramp(1.0, 0.1)
        rack.wait(590.0)
        assert rack.cryostat.true_temperature_K() == pytest.approx(math.sqrt(0.0081 + 0.00625), abs=2e-5)
        rack.wait(10.0 + 300.0)  # one look, in which the ramp ends: its heat is not spread over what follows
        assert rack.cryostat.true_temperature_K() == pytest.approx(0.09, abs=1e-5)
        assert station.close() == []


class TestTwoLockIns:
    """1 V over 10 MOhm drive 100 nA through 1 kOhm; 1 T makes 20 Ohm at the Hall contacts."""

    @pytest.fixture
    def both(self, rack):
        rack.cryostat.magnet.coil_current_A = rack.cryostat.magnet.supply_current_A = 10.0  # 1 T
        rack.lock_in.respond(b"SLVL 1;FREQ 17;SENS 14;OFLT 8")
        rack.hall.respond(b"FMOD 0;SENS 11;OFLT 8")
        rack.wait(10.0)
        rack.hall.respond(b"LIAS?")
        return rack

    def test_the_second_reads_the_hall_voltage_of_the_firsts_current(self, both):
        field_T = both.cryostat.true_field_T()
        assert float(both.lock_in.respond(b"OUTP? 1")) == pytest.approx(1e-7 * 1000.0, rel=1e-3)
        assert float(both.hall.respond(b"OUTP? 1")) == pytest.approx(1e-7 * 20.0 * field_T, rel=1e-3)
        talk(both.hall, (b"LIAS?", b"0"), (b"FREQ?", b"17"))

    def test_a_step_of_the_drivers_frequency_unlocks_for_a_moment_and_is_followed(self, both):
        both.lock_in.respond(b"FREQ 31.7")
        both.wait(5.0)
        talk(both.hall, (b"LIAS? 3", b"1"), (b"LIAS?", b"0"), (b"FREQ?", b"31.7"))
        x, frequency_Hz = numbers(both.hall.respond(b"SNAP? 1,9"))
        assert frequency_Hz == 31.7
        assert x == pytest.approx(2e-6, rel=2e-3)

    def test_its_own_oscillator_reads_nothing(self, both):
        both.hall.respond(b"FMOD 1")
        both.wait(10.0)
        assert abs(float(both.hall.respond(b"OUTP? 1"))) < 1e-9
        assert both.hall.respond(b"LIAS?") == b"0"

    def test_frequency_is_refused_while_another_gives_it(self, both):
        talk(both.hall, (b"*CLS", None), (b"FREQ 50", None), (b"*ESR?", b"16"), (b"FREQ?", b"17"))

    def test_unlocked_without_a_drive(self, both):
        both.hall.respond(b"LIAS?")
        both.cryostat.drive = None
        both.simulated.cryostat._followers.remove(both.lock_in.instrument)  # its cable is pulled
        both.wait(10.0)
        assert both.hall.respond(b"LIAS?") == b"8"
        assert abs(float(both.hall.respond(b"OUTP? 1"))) < 1e-9
