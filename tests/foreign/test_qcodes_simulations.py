"""Our drivers on QCoDeS's own simulation files (pyvisa-sim), which it tests its drivers with.

Where a file speaks like the instrument, the driver works on it unmodified; where it does not, the driver says so in
words, and the reason beside it says what is untrue there. A number of these files are static: what is set stays
where it is, and nothing moves.
"""

import importlib.resources
import importlib.util

import pytest
from pymeasure.adapters import VISAAdapter

from instruments.clock import VirtualClock
from instruments.drivers.ami_430 import Ami430
from instruments.drivers.cryomagnetics_4g import Cryomagnetics4G
from instruments.drivers.gs200 import Gs200, Gs200Gate
from instruments.drivers.keithley_2450 import Keithley2450, Keithley2450Gate
from instruments.drivers.lakeshore_336 import LakeShore335, LakeShore336, loop_for
from instruments.drivers.lakeshore_372 import LakeShore372, LakeShore372Sensor
from instruments.drivers.mercury_ips import MercuryIps
from instruments.errors import CommunicationError, IdentityError, ReplyError
from instruments.limits import GateLimits, MagnetLimits, RampSegment, TemperatureLimits
from instruments.roles import MagnetState

if importlib.util.find_spec("qcodes") is None:
    pytest.skip("qcodes is not installed: pip install fluxoid[foreign]", allow_module_level=True)

FIELD = MagnetLimits(2.0, (RampSegment(2.0, 0.5),))
TEMPERATURE = TemperatureLimits(1.5, 320.0, 10.0)
GATE = GateLimits(-10.0, 10.0, 1.0, 1e-3)


@pytest.fixture
def simulation():
    """A connection to a device of one of the files."""
    opened = []

    def connect(name: str, number: int, end: str = "\n") -> VISAAdapter:
        with importlib.resources.as_file(importlib.resources.files("qcodes.instrument.sims") / name) as path:
            opened.append(
                VISAAdapter(
                    f"GPIB::{number}::INSTR",
                    visa_library=f"{path}@sim",
                    read_termination=end,
                    write_termination=end,
                    timeout=50,
                )
            )
        return opened[-1]

    yield connect
    for adapter in opened:
        adapter.close()


@pytest.fixture
def ami(simulation):
    return Ami430(simulation("AMI430.yaml", 1), limits=FIELD, clock=VirtualClock(), has_switch=False)


@pytest.fixture
def mercury(simulation):
    return MercuryIps(simulation("MercuryiPS.yaml", 1), limits=FIELD, clock=VirtualClock(), has_switch=False)


@pytest.fixture
def cryomagnetics(simulation):
    return Cryomagnetics4G(
        simulation("cryo4g.yaml", 1), limits=FIELD, clock=VirtualClock(), tesla_per_ampere=0.1, has_switch=False
    )


class TestAmi430:
    def test_status_field_and_hold(self, ami):
        assert ami.status().state is MagnetState.HOLDING
        assert ami.read_field() == pytest.approx(0.123)
        ami.hold()
        assert ami.status().state is MagnetState.HOLDING

    def test_its_name_is_not_the_instruments(self, ami):
        with pytest.raises(IdentityError, match="AMI430_simulation"):
            ami.identify()

    def test_the_supplys_own_current_is_not_there(self, ami):
        with pytest.raises(ReplyError, match=r"answered 'ERROR' to 'CURR:SUPP\?'"):
            ami.read_supply_field()

    def test_a_ramp_rate_is_taken_with_an_upper_bound_of_zero_only(self, ami):
        """The instrument's segments end at a current or field; and it answers to no setting, this file to a wrong
        one."""
        with pytest.raises(ReplyError, match="answered 'ERROR'"):
            ami.start_ramp(0.5, 0.1)
        assert ami.status().state is MagnetState.HOLDING


class TestMercuryIps:
    def test_its_model_has_another_name(self, mercury):
        with pytest.raises(IdentityError, match="SIMULATED MERCURY iPS"):
            mercury.identify()

    def test_nothing_is_asked_of_what_is_not_known(self, mercury):
        """Its firmware says how the supply is addressed."""
        with pytest.raises(IdentityError):
            mercury.start_ramp(0.5, 0.1)

    def test_an_answer_without_the_question_in_it_is_no_answer(self, mercury):
        """The instrument repeats the noun and adds the unit: STAT:DEV:GRPZ:PSU:SIG:FLD:0.0000T."""
        with pytest.raises(ReplyError, match="answered '0' to 'READ:DEV:GRPZ:PSU:SIG:FLD'"):
            mercury.read_noun("DEV:GRPZ:PSU:SIG:FLD")


class TestCryomagnetics4G:
    def test_who_it_is(self, cryomagnetics):
        identity = cryomagnetics.identify()
        assert (identity.vendor, identity.model, identity.serial) == ("Cryomagnetics", "4G", "2239")

    def test_numbers_have_no_unit(self, cryomagnetics):
        with pytest.raises(ReplyError, match=r"answered '0.0' to 'IOUT\?'; expected a number in A"):
            cryomagnetics.read_supply_field()

    @pytest.mark.parametrize(("verb", "query"), [("status", "SWEEP"), ("hold", "ESR")])
    def test_it_has_no_sweep_to_ask_for_and_no_event_register(self, cryomagnetics, verb, query):
        with pytest.raises(CommunicationError, match=query):
            getattr(cryomagnetics, verb)()


@pytest.mark.parametrize(
    ("kind", "name"), [(LakeShore335, "lakeshore_model335.yaml"), (LakeShore336, "lakeshore_model336.yaml")]
)
class TestLakeShoreControllers:
    @pytest.fixture
    def bridge(self, simulation, kind, name):
        return kind(simulation(name, 2, "\r\n"))

    @pytest.fixture
    def loop(self, bridge):
        return loop_for(bridge)(bridge, channel="A", output=1, range_index=1, limits=TEMPERATURE)

    def test_temperature_and_heater(self, bridge, loop):
        assert bridge.query("KRDG? A").number() == 100.0
        assert bridge.query("RDGST? A").integer(0, 255) == 0
        assert 0.0 <= loop.read_heater() <= 1.0

    def test_its_name_is_not_the_instruments(self, loop):
        with pytest.raises(IdentityError, match="m0d3l"):
            loop.identify()

    @pytest.mark.parametrize("verb", ["read_temperature", "loop_is_on", "read_setpoint"])
    def test_a_line_of_several_questions_is_answered_in_several(self, loop, verb):
        """pyvisa-sim cuts at the semicolon; the instrument joins its answers in one line."""
        with pytest.raises(ReplyError, match="expected 2 answers separated by semicolons"):
            getattr(loop, verb)()

    def test_so_nothing_can_be_set(self, loop):
        """Each setting is sent with the question whether it was taken; the loop is looked at before."""
        with pytest.raises(ReplyError, match="expected 2 answers separated by semicolons"):
            loop.start_ramp(50.0, 1.0)


class TestLakeShore372:
    @pytest.fixture
    def bridge(self, simulation):
        return LakeShore372(simulation("lakeshore_model372.yaml", 3, "\r\n"))

    def test_temperature(self, bridge):
        assert bridge.query("KRDG? 6").number() == 4.0
        assert bridge.query("RDGST? 6").integer(0, 255) == 0

    def test_its_name_is_not_the_instruments(self, bridge):
        with pytest.raises(IdentityError, match="m0d3l"):
            bridge.identify()

    def test_a_line_of_several_questions_is_answered_in_several(self, bridge):
        with pytest.raises(ReplyError, match="expected 3 answers separated by semicolons"):
            LakeShore372Sensor(bridge, channel=6, limits=TEMPERATURE).read_temperature()


class TestGs200:
    @pytest.fixture
    def gate(self, simulation):
        return Gs200Gate(Gs200(simulation("Yokogawa_GS200.yaml", 1)), limits=GATE)

    def test_who_it_is(self, gate):
        assert gate.identify().model == "GS200"

    def test_function(self, gate):
        assert gate.meter.query(":SOUR:FUNC?").text == "VOLT"

    @pytest.mark.parametrize(("verb", "query"), [("read_setpoint", ":SOUR:LEV"), ("output_is_on", ":OUTP")])
    def test_it_has_no_level_and_knows_long_words_only(self, gate, verb, query):
        """The instrument takes OUTP and OUTPUT alike."""
        with pytest.raises(ReplyError, match=rf"answered 'ERROR' to '{query}\?'"):
            getattr(gate, verb)()

    def test_so_it_is_not_turned_on(self, gate):
        with pytest.raises(ReplyError, match="answered 'ERROR'"):
            gate.set_output(True)


class TestKeithley2450:
    @pytest.fixture
    def gate(self, simulation):
        return Keithley2450Gate(Keithley2450(simulation("Keithley_2450.yaml", 2)), limits=GATE)

    def test_command_set_and_functions(self, gate):
        assert gate.meter.query("*LANG?").text == "SCPI"
        assert gate.meter.query(":SENS:FUNC?").text == '"CURR:DC"'

    @pytest.mark.parametrize(("number", "name"), [(1, "wrong mode"), (2, "correct mode")])
    def test_its_name_is_not_the_instruments(self, simulation, number, name):
        with pytest.raises(IdentityError, match=name):
            Keithley2450(simulation("Keithley_2450.yaml", number)).identify()

    def test_its_output_is_neither_on_nor_off(self, gate):
        with pytest.raises(ReplyError, match=r"answered '' to ':OUTP\?'; expected an integer from 0 to 1"):
            gate.output_is_on()

    def test_so_it_is_not_configured(self, gate):
        with pytest.raises(ReplyError, match=":OUTP"):
            gate.configure(1e-6, 2.0)
