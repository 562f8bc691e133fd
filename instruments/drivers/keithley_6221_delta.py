"""Keithley 6221 in delta mode, with the 2182A on its serial port.

Source: Keithley 6220/6221 reference manual, section 5 (delta; three-point moving average, readings only while it
runs), section 6 (averaging filter), section 13 (elements of a reading), status model (compliance: bit 3 of the
measurement registers); 2182A user's manual for what is relayed to it. That a reading asked for by SENSe:DATA? has a
timestamp, as one in the buffer has, is how section 13 is understood; no 6221 on a bench has been asked.
"""

import math
from collections.abc import Mapping

from instruments.delta_role import DeltaMeter, DeltaSettings
from instruments.drivers.checked import insist
from instruments.drivers.keithley_2182a import FULL_SCALE, INTEGRATION, OVER_RANGE
from instruments.drivers.keithley_6221 import COMPLIANCE_BIT, Keithley6221
from instruments.errors import LimitError, RefusedError
from instruments.limits import Range
from instruments.roles import Identity, Reading, ReadingFlag, Scalar

_INPUT = 1
_DELAY = Range("delta delay", 1e-3, 9999.999, "s")
_MOST_AVERAGES = 300
#: Settings read back to this.
_CLOSE = 1e-3


class Keithley6221Delta(DeltaMeter):
    """A 6221 that reverses its current and reads a 2182A, at its input 1.

    The run goes on in compliance: the readings are flagged, and nothing has to be armed again.

    Args:
        source: the 6221, with the limits of the excitation.
    """

    def __init__(self, source: Keithley6221) -> None:
        self.source = source
        self._read_at_s = math.nan
        self._limited = False
        self._settings: DeltaSettings | None = None

    def identify(self) -> Identity:
        """Ask who is there."""
        return self.source.identify()

    def close(self) -> None:
        """Release the connection."""
        self.source.close()

    @staticmethod
    def check(settings: DeltaSettings) -> None:
        """Refuse what the two instruments do not have.

        Raises:
            LimitError: with what is allowed; nothing was sent.
        """
        FULL_SCALE[_INPUT].check(abs(settings.range_V))
        INTEGRATION.check(settings.integration_plc)
        _DELAY.check(settings.delay_s)
        if not 1 <= settings.averages <= _MOST_AVERAGES:
            raise LimitError(
                f"asked for {settings.averages:g} averages; a 6221 has 1 to {_MOST_AVERAGES}; nothing was sent"
            )
        Keithley6221.check(settings.compliance_V, [settings.current_A])
        if not settings.current_A > 0:
            raise LimitError(
                f"asked for a delta current of {settings.current_A:g} A; expected more than 0 A, for either sign"
                " in turn; nothing was sent"
            )

    def configure(self, settings: DeltaSettings) -> None:
        """Stop what ran, set source, filter and voltmeter; what the voltmeter took is read back by :meth:`arm`.

        Raises:
            LimitError: beyond the limits or the instruments; nothing was sent.
            RefusedError: no 2182A answers on the serial port (nothing was set then), or a setting was not taken.
        """
        source = self.source
        source.limits.check_current(settings.current_A)
        source.limits.check_compliance(settings.compliance_V)
        self.check(settings)
        source.write(":SOUR:SWE:ABOR")
        source.write("*CLS")  # errors of an earlier program, or of having nothing to abort, are not ours
        source.set_output(False)  # a constant current that somebody left there is none that an abort would end
        if source.query(":SOUR:DELT:NVPR?").integer(0, 1) == 0:
            raise RefusedError(
                f"{source.description}: no 2182A answers on its serial port; connect it (RS-232 and trigger link)"
                " and choose RS-232 with the same rate on both; nothing was set"
            )
        source.query(":SYST:COMM:SER:ENT?")  # what an earlier program left there
        source.set(*self._source_commands(settings), *self._filter_commands(settings))
        source.set(*map(_relayed, self._voltmeter_commands(settings)))
        for query, what, expected, unit in (
            (":SOUR:DELT:HIGH?", "high current", settings.current_A, "A"),
            (":SOUR:DELT:LOW?", "low current", -settings.current_A, "A"),
            (":SOUR:CURR:COMP?", "compliance", settings.compliance_V, "V"),
            (":SOUR:DELT:DEL?", "delta delay", settings.delay_s, "s"),
        ):
            bounds = sorted((expected * (1 - _CLOSE), expected * (1 + _CLOSE)))
            source.read_back(query, what, bounds[0], bounds[1], unit)
        source.set(_relayed(f":SENS:VOLT:CHAN{_INPUT}:RANG?;:SENS:VOLT:NPLC?"))
        self._settings = settings

    def arm(self) -> None:
        """Begin to arm, once the voltmeter has told what was set; returns at once.

        Raises:
            RefusedError: nothing is configured, or the voltmeter has not answered or uses other settings; nothing
                was armed.
        """
        source = self.source
        if self._settings is None:
            raise RefusedError(
                f"{source.description}: delta mode is armed once it is configured; nothing was armed"
            )
        reply = source.query(":SYST:COMM:SER:ENT?")
        if not reply.text:
            raise RefusedError(
                f"{source.description}: the 2182A has not told its range through the serial port; nothing was armed"
            )
        range_V, integration_plc = reply.with_text(reply.text.replace(";", ",")).numbers(2)
        wanted_V, wanted_plc = abs(self._settings.range_V), self._settings.integration_plc
        high_V = FULL_SCALE[_INPUT].high
        if not wanted_V / OVER_RANGE <= range_V <= high_V or abs(integration_plc / wanted_plc - 1) > 0.01:
            raise RefusedError(
                f"{source.description}: the 2182A uses the range {range_V:g} V and {integration_plc:g} power-line"
                f" cycles; expected at least {wanted_V:g} V and {wanted_plc:g}; nothing was armed"
            )
        source.write(":SOUR:DELT:ARM")

    def is_armed(self) -> bool:
        """Whether arming is done and nothing has stopped it since."""
        return self.source.query(":SOUR:DELT:ARM?").integer(0, 1) == 1

    def start(self) -> None:
        """Let the current flow and reverse.

        Raises:
            RefusedError: it is not armed, or complained while arming; nothing was started.
        """
        errors = self.source.read_errors()
        if errors or not self.is_armed():
            why = ", ".join(errors) or "no error was told"
            raise RefusedError(f"{self.source.description}: delta mode is not armed ({why}); nothing was started")
        self.source.query(":STAT:MEAS?").integer(0, 65535)  # what was before is not of this run
        self.source.set(":INIT:IMM")
        self._read_at_s, self._limited = math.nan, False

    def read_voltage(self) -> Reading:
        """The newest reading in V, and whether the source was in compliance since the one before.

        Raises:
            RefusedError: delta mode does not run any more (it was stopped at the front panel, for one), or the
                output is off (by the interlock, for one).
        """
        if not self.is_armed():
            raise RefusedError(f"{self.source.description}: delta mode was stopped; nothing can be read")
        if not self.source.output_is_on():
            raise RefusedError(
                f"{self.source.description}: the output is off while delta mode runs; nothing can be read"
            )
        reply = self.source.query(":SENS:DATA:LAT?")
        value, _, time = reply.text.partition(",")
        value_reply, time_reply = reply.with_text(value.strip()), reply.with_text(time.strip())
        events = self.source.query(":STAT:MEAS?").integer(0, 65535)
        now = self.source.query(":STAT:MEAS:COND?").integer(0, 65535)
        self._limited = self._limited or bool((events | now) & COMPLIANCE_BIT)
        flags = ReadingFlag.IN_COMPLIANCE if self._limited else ReadingFlag.GOOD
        if time_reply.is_overflow():  # before the first
            return Reading(math.nan, flags | ReadingFlag.STALE)
        read_at_s = time_reply.number()
        if read_at_s == self._read_at_s:
            flags |= ReadingFlag.STALE
        else:
            self._read_at_s, self._limited = read_at_s, False
        if value_reply.is_overflow():
            return Reading(math.nan, flags | ReadingFlag.OVERLOAD)
        return Reading(value_reply.number(), flags)

    def snapshot(self) -> Mapping[str, Scalar]:
        """Currents, delay, compliance and filter."""
        source = self.source
        return {
            "high_A": source.query(":SOUR:DELT:HIGH?").number(),
            "low_A": source.query(":SOUR:DELT:LOW?").number(),
            "delay_s": source.query(":SOUR:DELT:DEL?").number(),
            "compliance_V": source.query(":SOUR:CURR:COMP?").number(),
            "averages": source.query(":SENS:AVER:COUN?").integer(1, _MOST_AVERAGES)
            if source.query(":SENS:AVER?").integer(0, 1)
            else 1,
            "armed": self.is_armed(),
        }

    def make_safe(self) -> None:
        """Stop, zero current, output off; the rest is tried even when one fails."""
        insist(lambda: self.source.write(":SOUR:SWE:ABOR"), self.source.make_safe)

    @staticmethod
    def _source_commands(settings: DeltaSettings) -> list[str]:
        return [
            ":UNIT V",
            ":FORM:ELEM READ,TST",
            f":SOUR:CURR:COMP {settings.compliance_V:.6g}",
            f":SOUR:DELT:HIGH {settings.current_A:.6e}",
            f":SOUR:DELT:LOW {-settings.current_A:.6e}",
            f":SOUR:DELT:DEL {settings.delay_s:.6g}",
            ":SOUR:DELT:COUN INF",
            ":SOUR:DELT:CAB 0",
            ":SOUR:DELT:CSW 0",
        ]

    @staticmethod
    def _filter_commands(settings: DeltaSettings) -> list[str]:
        if settings.averages == 1:
            return [":SENS:AVER 0"]
        count = f":SENS:AVER:COUN {settings.averages}"
        return [":SENS:AVER:TCON MOV", ":SENS:AVER:WIND 0", count, ":SENS:AVER 1"]

    @staticmethod
    def _voltmeter_commands(settings: DeltaSettings) -> list[str]:
        channel = f":SENS:VOLT:CHAN{_INPUT}"
        return [
            ":SENS:FUNC 'VOLT'",
            f":SENS:CHAN {_INPUT}",
            f":SENS:VOLT:NPLC {settings.integration_plc:g}",
            f"{channel}:RANG {abs(settings.range_V):g}",
            f"{channel}:DFIL OFF",
            f"{channel}:LPAS OFF",
        ]


def _relayed(command: str) -> str:
    return f':SYST:COMM:SER:SEND "{command}"'
