"""Keithley 2450 source-meter in its own SCPI, voltage source only: limit, overvoltage protection, readings.

Source: Model 2450 reference manual (2450-901-01), SCPI command reference; form of the identity as in QCoDeS. A
limit below 10 % of a fixed measurement range is refused (data sheet: the least limit), with error -221 for want of
a better number. With another command set than SCPI only the identification and ``*LANG`` are understood. Not
simulated: current source, trigger model, buffers (a reading is not kept), :MEASure's change of the function.
"""

from instruments.clock import Clock
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.devices.keithley_2400 import OVER_RANGE, Keithley2400
from instruments.simulation.devices.keithley_6221 import any_word, number_text, on_or_off
from instruments.simulation.wire import Refusal, illegal_value, parse_float
from instruments.simulation.wire_ieee import Arguments

_LIMITED_BIT, _PROTECTED_BIT, _READ_BACK_BIT, _OUTPUT_BIT = 0x20, 0x04, 0x08, 0x80
_PROTECTIONS = ("NONE", *(f"PROT{level}" for level in (2, 5, 10, 20, 40, 60, 80, 100, 120, 140, 160, 180)))
_FUNCTIONS = {"VOLT": "VOLT:DC", "CURR": "CURR:DC"}
_LANGUAGES = ("SCPI", "SCPI2400", "TSP")


class Keithley2450(Keithley2400):
    """Registers of the source-meter; the cryostat's gate carries its voltage."""

    voltage_ranges_V = (0.02, 0.2, 2.0, 20.0, 200.0)
    current_ranges_A = (10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0)
    least_share = 0.1
    identity_format = "KEITHLEY INSTRUMENTS,MODEL 2450,{},1.7.12b"

    def __init__(
        self,
        clock: Clock,
        cryostat: Cryostat,
        *,
        name: str = "keithley_2450",
        serial: str = "04400001",
        language: str = "SCPI",
    ) -> None:
        self.language = language
        super().__init__(clock, cryostat, name=name, serial=serial)

    def _load_defaults(self) -> None:
        super()._load_defaults()
        self.protection = "NONE"
        self.measured = "CURR"

    def _protected(self) -> bool:
        """Whether the overvoltage protection keeps the source below what is programmed."""
        return self.output and abs(self.voltage_V) > self._ceiling_V()

    def _ceiling_V(self) -> float:
        return OVER_RANGE * 200.0 if self.protection == "NONE" else float(self.protection.removeprefix("PROT"))

    def _sourced_V(self) -> float:
        return min(max(super()._sourced_V(), -self._ceiling_V()), self._ceiling_V())

    def _read_elements(self, arguments: Arguments) -> str:
        """``:READ?`` with an optional buffer and the elements of the answer; the reading alone without."""
        elements = [text.upper() for text in arguments.texts[1:]] or ["READ"]
        if not self.output:
            raise Refusal(5001, "Not permitted with output off", 0x10)
        values = self._measured()
        status = _OUTPUT_BIT | _READ_BACK_BIT
        status |= _LIMITED_BIT if self._in_compliance() else 0
        status |= _PROTECTED_BIT if self._protected() else 0
        answers = {"SOUR": values["VOLT"], "READ": values[self.measured], "REL": self._clock.now(), "STAT": 8.0}
        answers["SOURSTAT"] = float(status)
        return ",".join(f"{_element(answers, element):.6E}" for element in elements)

    # settings

    def _set_measured(self, arguments: Arguments) -> None:
        word = arguments[0].strip("'\"").upper().partition(":")[0]
        self.measured = next((known for known in _FUNCTIONS if word.startswith(known)), "")
        if not self.measured:
            self.measured = "CURR"
            raise illegal_value()

    def _set_protection(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in _PROTECTIONS:
            raise illegal_value()
        self.protection = word
        self._drive()

    def _set_language(self, arguments: Arguments) -> None:
        word = arguments[0].upper()
        if word not in _LANGUAGES:
            raise illegal_value()
        self.language = word

    def _bind(self) -> None:
        self.table.add("*LANG", self._set_language)
        self.table.add("*LANG?", lambda _: self.language)
        if self.language != "SCPI":
            return
        for source in ("SOURce", "SOURce1"):
            self._bind_source(source)
        for sense in ("SENSe", "SENSe1"):
            self._bind_sense(sense)
        for output in ("OUTPut", "OUTPut1"):
            self.table.add(output + "[:STATe]", self._set_output)
            self.table.add(output + "[:STATe]?", lambda _: str(int(self.output)))
        self.add_setting("OUTPut:VOLTage:SMODe", "NORM", any_word)
        self.table.add("ROUTe:TERMinals", self._set_terminals)
        self.add_query("ROUTe:TERMinals?", lambda: self.terminals)
        self.add_setting("FORMat[:DATA]", "ASC", any_word)
        self.table.add("READ?", self._read_elements)
        self.add_query("SYSTem:ERRor[:NEXT]?", self.next_error)
        self.add_query("SYSTem:LFRequency?", lambda: "50")
        self.add_query("STATus:QUEStionable:CONDition?", lambda: "0")

    def _bind_source(self, source: str) -> None:
        add, voltage = self.table.add, source + ":VOLTage"
        level = voltage + "[:LEVel][:IMMediate][:AMPlitude]"
        add(level, self._set_voltage)
        add(level + "?", lambda _: f"{self.voltage_V:.6G}")
        add(voltage + ":RANGe", self._set_source_range)
        add(voltage + ":RANGe?", lambda _: f"{self.range_V:.6G}")
        add(voltage + ":RANGe:AUTO", self._set_source_auto)
        add(voltage + ":RANGe:AUTO?", lambda _: str(int(self.source_auto)))
        add(voltage + ":ILIMit[:LEVel]", self._set_compliance)
        add(voltage + ":ILIMit[:LEVel]?", lambda _: f"{self.compliance_A:.6E}")
        add(voltage + ":ILIMit[:LEVel]:TRIPped?", lambda _: str(int(self._in_compliance())))
        add(voltage + ":PROTection[:LEVel]", self._set_protection)
        add(voltage + ":PROTection[:LEVel]?", lambda _: self.protection)
        add(voltage + ":PROTection[:LEVel]:TRIPped?", lambda _: str(int(self._protected())))
        self.add_setting(voltage + ":READ:BACK", "1", on_or_off)
        self.add_setting(voltage + ":DELay", f"{0.0:.6E}", number_text)
        self.add_setting(voltage + ":DELay:AUTO", "1", on_or_off)
        add(source + ":FUNCtion[:MODE]", self._set_function)
        add(source + ":FUNCtion[:MODE]?", lambda _: self.function)

    def _bind_sense(self, sense: str) -> None:
        add = self.table.add
        add(sense + ":FUNCtion[:ON]", self._set_measured)
        add(sense + ":FUNCtion[:ON]?", lambda _: f'"{_FUNCTIONS[self.measured]}"')
        add(sense + ":CURRent[:DC]:RANGe[:UPPer]", self._set_measure_range)
        add(sense + ":CURRent[:DC]:RANGe[:UPPer]?", lambda _: f"{self._measuring_range_A():.6G}")
        add(sense + ":CURRent[:DC]:RANGe:AUTO", self._set_measure_auto)
        add(sense + ":CURRent[:DC]:RANGe:AUTO?", lambda _: str(int(self.measure_auto)))
        self.add_setting(sense + ":COUNt", "1", lambda text: str(int(parse_float(text, 1, 300000))))
        for quantity in ("CURRent", "VOLTage"):
            add(f"{sense}:{quantity}[:DC]:NPLCycles", self._set_cycles)
            add(f"{sense}:{quantity}[:DC]:NPLCycles?", lambda _: f"{self.cycles:.6G}")
            for switch, default in (("RSENse", "0"), ("AZERo[:STATe]", "1"), ("AVERage[:STATe]", "0")):
                self.add_setting(f"{sense}:{quantity}[:DC]:{switch}", default, on_or_off)
        add(sense + ":VOLTage[:DC]:RANGe[:UPPer]?", lambda _: f"{self.range_V:.6G}")
        self.add_setting(sense + ":VOLTage[:DC]:RANGe:AUTO", "1", on_or_off)


def _element(answers: dict[str, float], element: str) -> float:
    """The value of an element named in its long or short form."""
    long_forms = {
        "SOURCE": "SOUR",
        "READING": "READ",
        "RELATIVE": "REL",
        "STATUS": "STAT",
        "SOURSTATUS": "SOURSTAT",
    }
    name = long_forms.get(element, element)
    if name not in answers:
        raise illegal_value()
    return answers[name]
