"""The simulated IPS 120-10 and ITC 503 on their wire, and pymeasure's own drivers on them."""

import pytest
from pymeasure.instruments.oxfordinstruments import IPS120_10, ITC503

from tests.instruments.simulation.line import Line

GPIB, SERIAL = "GPIB0::25::INSTR", "ASRL3::INSTR"


class Box(Line):
    read_termination = write_termination = "\r"

    def tell(self, *commands):
        for command in commands:
            assert self.ask(command) == command[0], command


@pytest.fixture(params=[GPIB, SERIAL])
def ips(make_bench, request):
    return Box(make_bench, "ips_120", request.param)


def test_version_status_and_what_is_refused_in_local(ips):
    assert ips.ask("V") == "IPS120-10  Version 3.07  (c) OXFORD 1996"
    assert ips.ask("X") == "X00A0C0H0M10P03"
    for command in ("A0", "J1", "T0.1", "H1", "M1"):
        assert ips.ask(command) == f"?{command}"
    ips.tell("C3", "A0")
    assert ips.ask("X") == "X00A0C3H0M10P03"
    for wrong in ("A3", "A", "C4", "H3", "J", "Jx", "J15.1", "T-1", "R3", "R", "K1", "Rx"):
        assert ips.ask(wrong) == f"?{wrong}"


def test_q_has_no_reply_and_sets_the_digits(ips):
    """15 A at the bench's 0.125 T/A would be 1.875 T."""
    ips.tell("C3", "J1.23456")
    assert ips.ask("R8") == "R+1.235"
    ips.line.write("Q4")
    assert ips.ask("R8") == "R+1.23456"
    assert ips.ask("R5") == "R+9.8765"
    ips.line.write("Q0")
    assert ips.ask("R5") == "R+9.88"


def test_no_reply_after_a_dollar_an_isobus_address_and_a_stray_line_feed(ips):
    ips.line.write("$C3")
    ips.line.write("$J0.5")
    assert ips.ask("@3R8") == "R+0.500"
    ips.line.write_raw(b"\nR8\r\n")
    assert ips.line.read() == "R+0.500"


def test_a_ramp_arrives_stays_in_to_set_point_and_follows_a_new_one(ips):
    """0.6 T/min is 0.01 T/s."""
    ips.tell("C3", "H1")
    assert ips.ask("X")[8:10] == "1M"
    ips.later(21.0)
    ips.tell("T0.6", "J0.5", "A1")
    assert ips.ask("X") == "X00A1C3H1M11P03"
    ips.later(25.0)
    assert ips.cryostat.magnet.coil_field_T == pytest.approx(0.25)
    assert float(ips.ask("R1")[1:]) == pytest.approx(25.0 * 0.01 / 0.125)  # L dI/dt
    ips.later(26.0)
    assert ips.ask("X") == "X00A1C3H1M10P03"
    assert ips.ask("R7") == "R+0.500"
    ips.tell("J1")  # it goes at once: why a new set point must come before A1
    assert ips.ask("X") == "X00A1C3H1M11P03"
    ips.tell("A0")
    ips.later(60.0)
    assert ips.cryostat.magnet.coil_field_T == pytest.approx(0.5, abs=1e-3)
    ips.tell("A2")
    ips.later(60.0)
    assert ips.ask("X") == "X00A2C3H1M10P03"
    ips.tell("A4")
    assert ips.ask("A1") == "?A1"
    ips.tell("A0", "A1")


def test_a_ramp_that_the_voltage_limits_says_so(ips):
    """5 V over 25 H are 0.2 A/s, or 1.5 T/min: all that it can be told."""
    assert ips.ask("C3") == "C"
    assert ips.ask("T1.6") == "?T1.6"
    ips.cryostat.magnet.lead_resistance_ohm = 0.01
    ips.tell("H1")
    ips.later(21.0)
    ips.tell("T1.5", "J5", "A1")
    ips.later(60.0)
    assert ips.ask("X") == "X01A1C3H1M13P03"


def test_persistent_then_h1_with_a_mismatch_is_answered_and_not_done(ips):
    ips.tell("C3", "H1")
    ips.later(21.0)
    ips.tell("T0.6", "J0.1", "A1")
    ips.later(11.0)
    ips.tell("A0", "H0")
    ips.later(21.0)
    ips.tell("A2")
    ips.later(11.0)
    assert ips.ask("X") == "X00A2C3H2M10P03"
    assert (ips.ask("R7"), ips.ask("R18"), ips.ask("R16")) == ("R+0.000", "R+0.100", "R+0.80")
    ips.tell("H1")
    assert ips.ask("X")[8] == "2"
    ips.tell("H2")  # unchecked
    ips.later(21.0)
    assert ips.ask("X") == "X10A0C7H2M10P03"


def test_a_quench_latches_shows_run_down_and_refuses_ramps(ips):
    ips.tell("C3", "H1")
    ips.later(21.0)
    ips.tell("T0.6", "J1", "A1")
    ips.later(30.0)
    ips.cryostat.magnet.quench("a test")
    assert ips.ask("X")[:8] == "X10A0C7H"
    assert ips.ask("A1") == "?A1"
    ips.later(300.0)
    assert ips.ask("X") == "X10A0C7H0M10P03"
    assert ips.cryostat.magnet.acknowledge_quench()
    assert ips.ask("X") == "X00A1C3H0M10P03"


def test_no_switch(make_bench):
    ips = Box(make_bench, "ips_120", GPIB)
    ips.cryostat.magnet.switch_fitted = False
    assert ips.ask("X") == "X00A0C0H8M10P03"
    ips.tell("C3")
    assert ips.ask("H1") == "?H1"


def test_stock_driver(make_bench):
    ips = Box(make_bench, "ips_120", GPIB)
    stock = IPS120_10(GPIB, visa_library=ips.manager.visalib)
    assert stock.version.startswith("IPS120-10")
    stock.control_mode = "RU"
    stock.switch_heater_status = True
    ips.later(21.0)
    stock.sweep_rate = 0.6
    stock.field_setpoint = 0.2
    stock.activity = "to setpoint"
    assert stock.sweep_status == "sweeping"
    ips.later(21.0)
    assert stock.sweep_status == "at rest"
    assert stock.demand_field == pytest.approx(0.2)
    stock.adapter.close()


@pytest.fixture
def itc(make_bench):
    return Box(make_bench, "itc_503", GPIB, {"sensor": 1, "role": "temperature"}, {"sensor": 3})


def test_itc_reads_sensors_and_refuses_in_local(itc):
    assert itc.ask("V").startswith("ITC503 Version 1.11")
    assert [itc.ask(f"R{number}") for number in (1, 2, 3)] == ["R300.0", "R0.000", "R300.0"]
    assert itc.ask("X") == "X0A0C0S00H1L0"
    assert itc.ask("T290") == "?T290"
    itc.tell("C3", "T290", "A1", "P20", "I2", "D0", "G5")
    assert [itc.ask(f"R{number}") for number in (0, 4, 8, 9, 7)] == ["R290.0", "R-10.000", "R20.0", "R2.0", "R5.0"]
    for wrong in ("T1700", "A4", "H2", "O100", "S33", "x129", "r", "R11", "s1"):
        assert itc.ask(wrong) == f"?{wrong}"


def test_itc_sweeps_through_its_table(itc):
    """To 290 K in 5 min, 2 min there, to 295 K in 1 min; the other steps have no time."""
    itc.tell("C3", "T300", "A1")
    for step in range(1, 17):
        row = {1: (290, 5, 2), 2: (295, 1, 0)}.get(step, (295, 0, 0))
        for parameter, value in enumerate(row, start=1):
            itc.tell(f"x{step}", f"y{parameter}", f"s{value}")
    itc.tell("x1", "y2")
    assert itc.ask("r") == "r5.000"
    itc.tell("S1")
    states = []
    for time_s in (150.0, 210.0, 90.0, 31.0):
        itc.later(time_s)
        states.append((itc.ask("X")[6:9], itc.ask("R0")))
    assert states == [("S01", "R295.0"), ("S02", "R290.0"), ("S03", "R292.5"), ("S00", "R295.0")]


def test_itc_stops_a_sweep_where_it_is(itc):
    itc.tell("C3", "T300", "A1", "x1", "y1", "s290", "y2", "s10", "S1")
    itc.later(300.0)
    assert itc.ask("T280") == "?T280"
    itc.tell("S0")
    assert (itc.ask("X"), itc.ask("R0")) == ("X0A1C3S00H1L0", "R295.0")


def test_itc_heater_by_hand_stays_where_the_loop_left_it(itc):
    """Half the voltage is a quarter of the power."""
    itc.tell("C3", "O50")
    assert (itc.ask("R5"), itc.ask("R6")) == ("R50.0", "R20.0")
    assert itc.cryostat.thermal.heater_percent == pytest.approx(25.0)
    itc.tell("T290", "A1")
    itc.later(600.0)
    held = itc.ask("R5")
    itc.tell("A0")
    assert itc.ask("R5") == held != "R0.0"


def test_itc_stock_driver(itc):
    stock = ITC503(GPIB, visa_library=itc.manager.visalib)
    stock.control_mode = "RU"
    stock.temperature_setpoint = 295.0
    stock.heater_gas_mode = "AM"
    itc.later(600.0)
    assert stock.temperature_1 == pytest.approx(295.0, abs=0.1)
    stock.program_sweep([294.0, 290.0], [1.0, 4.0], [0.0, 0.0])
    stock.sweep_status = 1
    itc.later(60.0 + 120.0)
    assert stock.sweep_status == 3
    assert stock.temperature_setpoint == pytest.approx(292.0, abs=0.05)
    itc.later(200.0)
    assert stock.temperature_setpoint == pytest.approx(290.0, abs=0.05)
    stock.adapter.close()
