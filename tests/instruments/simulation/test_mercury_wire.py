"""Mercury iPS and iTC byte for byte."""

import math

import pytest

from instruments.simulation.devices.mercury_ips import MercuryIPS, node_name

SIG = b"DEV:GRPZ:PSU:SIG:"


def talk(box, *exchanges):
    for sent, expected in exchanges:
        assert box.respond(sent) == expected, sent


def test_power_supply_at_rest(bench):
    talk(
        bench.ips,
        (b"*IDN?", b"IDN:OXFORD INSTRUMENTS:MERCURY IPS:152250046:2.5.04.000"),
        (b"READ:" + SIG + b"FLD", b"STAT:DEV:GRPZ:PSU:SIG:FLD:0.0000T"),
        (b"READ:" + SIG + b"SWHT", b"STAT:DEV:GRPZ:PSU:SIG:SWHT:OFF"),
        (b"READ:DEV:GRPZ:PSU:ACTN", b"STAT:DEV:GRPZ:PSU:ACTN:HOLD"),
        (b"READ:DEV:GRPZ:PSU:STAT", b"STAT:DEV:GRPZ:PSU:STAT:00000000"),
        (b"READ:DEV:GRPZ:PSU:ATOB", b"STAT:DEV:GRPZ:PSU:ATOB:8.0000A/T"),
        (b"READ:DEV:GRPZ:PSU:IND", b"STAT:DEV:GRPZ:PSU:IND:25.0000H"),
        (b"READ:SYS:ALRM", b"STAT:SYS:ALRM:"),
        (b"SET:" + SIG + b"FSET:1.5", b"STAT:SET:DEV:GRPZ:PSU:SIG:FSET:1.5000:VALID"),
        (b"READ:" + SIG + b"FSET", b"STAT:DEV:GRPZ:PSU:SIG:FSET:1.5000T"),
        (b"READ:" + SIG + b"CSET", b"STAT:DEV:GRPZ:PSU:SIG:CSET:12.0000A"),
    )


def test_what_cannot_be_interpreted(bench):
    talk(
        bench.ips,
        (b"", None),
        (b"*idn?", b"*idn?:INVALID"),
        (b"GET:SYS:ALRM", b"GET:INVALID"),
        (b"read:SYS:ALRM", b"read:INVALID"),
        (b"READ:DEV:GRPZ:PSU:SIG:FELD", b"READ:DEV:GRPZ:PSU:SIG:FELD:INVALID"),
        (b"READ:DEV:GRPZ:SPSU:SIG:FLD", b"READ:DEV:GRPZ:SPSU:INVALID"),
        (b"READ:DEV:GRPX:PSU:SIG:FLD", b"NOT_FOUND"),
        (b"SET:" + SIG + b"FSET:high", b"STAT:SET:DEV:GRPZ:PSU:SIG:FSET:high:INVALID"),
        (b"SET:" + SIG + b"FSET:nan", b"STAT:SET:DEV:GRPZ:PSU:SIG:FSET:nan:INVALID"),
        (b"SET:" + SIG + b"FLD:1", b"STAT:SET:DEV:GRPZ:PSU:SIG:FLD:1:INVALID"),
    )


def test_rate_and_field_beyond_the_supply_are_refused(bench):
    """5 V over 25 H are 12 A/min, 1.5 T/min at 0.125 T/A; 120 A are 15 T."""
    talk(
        bench.ips,
        (b"SET:" + SIG + b"RFST:1.5", b"STAT:SET:DEV:GRPZ:PSU:SIG:RFST:1.5000:VALID"),
        (b"SET:" + SIG + b"RFST:1.51", b"STAT:SET:DEV:GRPZ:PSU:SIG:RFST:1.51:INVALID"),
        (b"READ:" + SIG + b"RFST", b"STAT:DEV:GRPZ:PSU:SIG:RFST:1.5000T/m"),
        (b"SET:" + SIG + b"RFST:-0.1", b"STAT:SET:DEV:GRPZ:PSU:SIG:RFST:-0.1:INVALID"),
        (b"SET:" + SIG + b"RCST:-1", b"STAT:SET:DEV:GRPZ:PSU:SIG:RCST:-1:INVALID"),
        (b"READ:" + SIG + b"RCST", b"STAT:DEV:GRPZ:PSU:SIG:RCST:12.0000A/m"),
        (b"SET:" + SIG + b"FSET:-15.1", b"STAT:SET:DEV:GRPZ:PSU:SIG:FSET:-15.1:INVALID"),
    )


def test_ramp_holds_when_it_arrives(bench):
    for line in (b"SWHT:ON", b"FSET:1", b"RFST:1"):
        assert bench.ips.respond(b"SET:" + SIG + line).endswith(b":VALID")
    bench.clock.sleep(30.0)
    talk(bench.ips, (b"SET:DEV:GRPZ:PSU:ACTN:RTOS", b"STAT:SET:DEV:GRPZ:PSU:ACTN:RTOS:VALID"))
    bench.clock.sleep(30.0)
    talk(
        bench.ips,
        (b"READ:" + SIG + b"FLD", b"STAT:DEV:GRPZ:PSU:SIG:FLD:0.5000T"),
        (b"READ:DEV:GRPZ:PSU:ACTN", b"STAT:DEV:GRPZ:PSU:ACTN:RTOS"),
        (b"READ:" + SIG + b"VOLT", b"STAT:DEV:GRPZ:PSU:SIG:VOLT:3.3333V"),  # 25 H x 8 A/min
    )
    bench.clock.sleep(31.0)
    talk(
        bench.ips,
        (b"READ:DEV:GRPZ:PSU:ACTN", b"STAT:DEV:GRPZ:PSU:ACTN:HOLD"),
        (b"READ:" + SIG + b"PFLD", b"STAT:DEV:GRPZ:PSU:SIG:PFLD:1.0000T"),
    )


def test_clamp_must_go_through_hold(bench):
    talk(
        bench.ips,
        (b"SET:DEV:GRPZ:PSU:ACTN:CLMP", b"STAT:SET:DEV:GRPZ:PSU:ACTN:CLMP:VALID"),
        (b"SET:DEV:GRPZ:PSU:ACTN:RTOS", b"STAT:SET:DEV:GRPZ:PSU:ACTN:RTOS:DENIED"),
        (b"SET:DEV:GRPZ:PSU:ACTN:HOLD", b"STAT:SET:DEV:GRPZ:PSU:ACTN:HOLD:VALID"),
        (b"SET:DEV:GRPZ:PSU:ACTN:RTOS", b"STAT:SET:DEV:GRPZ:PSU:ACTN:RTOS:VALID"),
        (b"SET:DEV:GRPZ:PSU:ACTN:GO", b"STAT:SET:DEV:GRPZ:PSU:ACTN:GO:INVALID"),
    )


def ramp_supply_to_1T(bench):
    """With the switch closed, so that the coil stays at zero."""
    for line in (SIG + b"FSET:1", SIG + b"RFST:1", b"DEV:GRPZ:PSU:ACTN:RTOS"):
        bench.ips.respond(b"SET:" + line)
    bench.clock.sleep(90.0)


def test_heater_is_refused_unless_currents_match(bench):
    ramp_supply_to_1T(bench)
    talk(
        bench.ips,
        (b"READ:" + SIG + b"FLD", b"STAT:DEV:GRPZ:PSU:SIG:FLD:1.0000T"),
        (b"READ:" + SIG + b"PFLD", b"STAT:DEV:GRPZ:PSU:SIG:PFLD:0.0000T"),
        (b"SET:" + SIG + b"SWHT:ON", b"STAT:SET:DEV:GRPZ:PSU:SIG:SWHT:ON:DENIED"),
        (b"READ:" + SIG + b"SWHT", b"STAT:DEV:GRPZ:PSU:SIG:SWHT:OFF"),
    )


def test_unchecked_heater_quenches_and_latches(bench):
    ramp_supply_to_1T(bench)
    talk(
        bench.ips,
        (b"SET:" + SIG + b"SWHN:ON", b"STAT:SET:DEV:GRPZ:PSU:SIG:SWHN:ON:VALID"),
        (b"READ:DEV:GRPZ:PSU:STAT", b"STAT:DEV:GRPZ:PSU:STAT:00000001"),
    )
    bench.clock.sleep(60.0)
    talk(
        bench.ips,
        (b"READ:DEV:GRPZ:PSU:STAT", b"STAT:DEV:GRPZ:PSU:STAT:00000100"),
        (b"SET:DEV:GRPZ:PSU:ACTN:RTOS", b"STAT:SET:DEV:GRPZ:PSU:ACTN:RTOS:DENIED"),
        (b"READ:SYS:ALRM", b"STAT:SYS:ALRM:GRPZ\tQuench detected;"),
    )


def test_magnet_without_switch(bench):
    bench.cryostat.magnet.switch_fitted = False
    talk(
        bench.ips,
        (b"READ:" + SIG + b"SWHT", b"STAT:DEV:GRPZ:PSU:SIG:SWHT:N/A"),
        (b"SET:" + SIG + b"SWHT:ON", b"STAT:SET:DEV:GRPZ:PSU:SIG:SWHT:ON:N/A"),
    )


@pytest.mark.parametrize(("firmware", "node"), [("2.5.04.000", "PSU"), ("2.6.04.000", "SPSU"), ("3.0", "SPSU")])
def test_node_follows_firmware(bench, firmware, node):
    assert node_name(firmware) == node
    supply = MercuryIPS(bench.cryostat, firmware=firmware)
    assert supply.respond(f"READ:DEV:GRPZ:{node}:ACTN".encode()) == f"STAT:DEV:GRPZ:{node}:ACTN:HOLD".encode()


def test_controller_at_room_temperature(bench):
    talk(
        bench.itc,
        (b"*IDN?", b"IDN:OXFORD INSTRUMENTS:MERCURY ITC:232150255:2.6.04.000"),
        (b"READ:SYS:CAT", b"STAT:SYS:CAT:DEV:DB8.T1:TEMP:DEV:DB1.H1:HTR:DEV:MB1.T1:TEMP"),
        (b"READ:SYS:ALRM", b"STAT:SYS:ALRM:"),
        (b"READ:DEV:DB8.T1:TEMP:SIG:TEMP", b"STAT:DEV:DB8.T1:TEMP:SIG:TEMP:300.0000K"),
        (b"READ:DEV:MB1.T1:TEMP:SIG:TEMP", b"STAT:DEV:MB1.T1:TEMP:SIG:TEMP:300.0000K"),
        (b"READ:DEV:MB1.T1:TEMP:SIG:RES", b"STAT:DEV:MB1.T1:TEMP:SIG:RES:60.0000O"),
        (b"READ:DEV:MB1.T1:TEMP:SIG:VOLT", b"STAT:DEV:MB1.T1:TEMP:SIG:VOLT:0.6000mV"),
        (b"READ:DEV:MB2.T1:TEMP:SIG:TEMP", b"NOT_FOUND"),
        (b"READ:DEV:DB8.T1:TEMP:LOOP:HTR", b"STAT:DEV:DB8.T1:TEMP:LOOP:HTR:DB1.H1"),
        (b"READ:DEV:MB1.T1:TEMP:LOOP:TSET", b"STAT:DEV:MB1.T1:TEMP:LOOP:TSET:N/A"),
        (b"SET:DEV:MB1.T1:TEMP:LOOP:TSET:4", b"STAT:SET:DEV:MB1.T1:TEMP:LOOP:TSET:4:N/A"),
        (b"READ:DEV:DB1.H1:HTR:PMAX", b"STAT:DEV:DB1.H1:HTR:PMAX:50.0000"),
    )


def test_manual_heater(bench):
    """Half of 50 W in 20 ohm: sqrt(25 x 20) V and sqrt(25 / 20) A."""
    talk(
        bench.itc,
        (b"SET:DEV:DB8.T1:TEMP:LOOP:ENAB:OFF", b"STAT:SET:DEV:DB8.T1:TEMP:LOOP:ENAB:OFF:VALID"),
        (b"SET:DEV:DB8.T1:TEMP:LOOP:HSET:50", b"STAT:SET:DEV:DB8.T1:TEMP:LOOP:HSET:50.0000:VALID"),
        (b"SET:DEV:DB8.T1:TEMP:LOOP:HSET:101", b"STAT:SET:DEV:DB8.T1:TEMP:LOOP:HSET:101:INVALID"),
        (b"READ:DEV:DB1.H1:HTR:SIG:POWR", b"STAT:DEV:DB1.H1:HTR:SIG:POWR:25.0000W"),
        (b"READ:DEV:DB1.H1:HTR:SIG:VOLT", f"STAT:DEV:DB1.H1:HTR:SIG:VOLT:{math.sqrt(500):.4f}V".encode()),
        (b"READ:DEV:DB1.H1:HTR:SIG:CURR", b"STAT:DEV:DB1.H1:HTR:SIG:CURR:1.1180A"),
    )


def test_ramp_of_the_set_point(bench):
    loop = b"SET:DEV:DB8.T1:TEMP:LOOP:"
    for setting in (b"TSET:300", b"ENAB:ON", b"RSET:5", b"RENA:ON", b"TSET:290", b"P:12.5", b"FAUT:ON"):
        assert bench.itc.respond(loop + setting).endswith(b":VALID")
    bench.clock.sleep(60.0)
    bench.cryostat.advance()
    assert bench.cryostat.thermal.working_setpoint_K == pytest.approx(295.0)
    talk(
        bench.itc,
        (b"READ:DEV:DB8.T1:TEMP:LOOP:TSET", b"STAT:DEV:DB8.T1:TEMP:LOOP:TSET:290.0000K"),
        (b"READ:DEV:DB8.T1:TEMP:LOOP:RSET", b"STAT:DEV:DB8.T1:TEMP:LOOP:RSET:5.0000K/m"),
        (b"READ:DEV:DB8.T1:TEMP:LOOP:RENA", b"STAT:DEV:DB8.T1:TEMP:LOOP:RENA:ON"),
        (b"READ:DEV:DB8.T1:TEMP:LOOP:P", b"STAT:DEV:DB8.T1:TEMP:LOOP:P:12.5000"),
        (b"SET:DEV:DB8.T1:TEMP:LOOP:TSET:2001", b"STAT:SET:DEV:DB8.T1:TEMP:LOOP:TSET:2001:INVALID"),
    )


def test_alarm_names_board_and_reason(bench):
    bench.itc.instrument.alarms["MB1.T1"] = "Open circuit"
    talk(bench.itc, (b"READ:SYS:ALRM", b"STAT:SYS:ALRM:MB1.T1\tOpen circuit;"))
