"""Oxford Mercury iTC: temperature sensors, one of them with a heater loop.

Source: MercuryiTC manual (Issue 05), command reference. A loop is addressed through its sensor. Voltage and
resistance of a sensor are those of a made-up resistance thermometer (5 kOhm at 4.2 K) at 10 uA; temperatures do not
depend on them.
"""

import math
from dataclasses import dataclass
from typing import Literal

from instruments.simulation.cryostat import Cryostat
from instruments.simulation.wire import Refusal
from instruments.simulation.wire_mercury import MercuryInstrument, Reader, Writer, fixed, number, word

_EXCITATION_A = 10e-6
_HEATER_OHM = 20.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor's UID, what it is mounted on, and the heater of its loop, if it has one."""

    uid: str
    place: Literal["insert", "sample"]
    heater: str | None = None


def sensor_resistance_ohm(temperature_K: float) -> float:
    """Falling power law through 5 kOhm at 4.2 K and 60 Ohm at 300 K."""
    exponent = math.log(5000.0 / 60.0) / math.log(300.0 / 4.2)
    return 60.0 * math.pow(300.0 / max(temperature_K, 1e-3), exponent)


def _not_applicable(_: str = "") -> str:
    raise Refusal(0, "N/A", 0)


class MercuryITC(MercuryInstrument):
    """The controller's wire over the cryostat's insert. ``alarms`` maps boards to texts, for fault schedules."""

    def __init__(
        self,
        cryostat: Cryostat,
        sensors: tuple[Sensor, ...],
        *,
        firmware: str = "2.6.04.000",
        serial: str = "232150255",
    ) -> None:
        super().__init__(f"IDN:OXFORD INSTRUMENTS:MERCURY ITC:{serial}:{firmware}")
        self._cryostat = cryostat
        self._thermal = cryostat.thermal
        self._stored = {"P": 20.0, "I": 2.0, "D": 0.0, "FSET": 0.0}
        self._words = {"PIDT": "OFF", "FAUT": "OFF", "SWMD": "OFF"}
        self._rate_K_per_min = 0.0
        self._ramp_enabled = False
        self.alarms: dict[str, str] = {}
        devices = []
        for sensor in sensors:
            self._bind_sensor(sensor)
            devices.append(f"DEV:{sensor.uid}:TEMP")
            if sensor.heater is not None:
                self._bind_heater(sensor.heater)
                devices.append(f"DEV:{sensor.heater}:HTR")
        self.add("SYS:CAT", lambda: ":".join(devices))
        self.add("SYS:ALRM", lambda: "".join(f"{board}\t{text};" for board, text in self.alarms.items()))

    def _bind_sensor(self, sensor: Sensor) -> None:
        place = sensor.place
        temperature = f"DEV:{sensor.uid}:TEMP:"
        read = self._cryostat.read_thermometer
        self.add(temperature + "SIG:TEMP", lambda: fixed(read(place), "K"))
        self.add(temperature + "SIG:RES", lambda: fixed(sensor_resistance_ohm(read(place)), "O"))
        self.add(
            temperature + "SIG:VOLT",
            lambda: fixed(1e3 * _EXCITATION_A * sensor_resistance_ohm(read(place)), "mV"),
        )
        loop = temperature + "LOOP:"
        if sensor.heater is None:
            self._bind_no_loop(loop)
        else:
            self._bind_loop(loop, sensor.heater)

    def _bind_no_loop(self, loop: str) -> None:
        self.add(loop + "ENAB", lambda: "OFF", lambda text: "OFF" if text == "OFF" else _not_applicable())
        self.add(loop + "HTR", lambda: "None")
        for noun in ("TSET", "HSET", "RSET", "RENA", *self._stored, *self._words):
            self.add(loop + noun, lambda: "N/A", _not_applicable)

    def _bind_loop(self, loop: str, heater: str) -> None:
        thermal = self._thermal
        self.add(loop + "HTR", lambda: heater)
        self.add(loop + "ENAB", lambda: "ON" if thermal.loop_on else "OFF", self._set_enabled)
        self.add(loop + "TSET", lambda: fixed(thermal.setpoint_K, "K"), self._set_setpoint)
        self.add(loop + "HSET", self._now(lambda: fixed(thermal.heater_percent)), self._set_heater)
        self.add(loop + "RSET", lambda: fixed(self._rate_K_per_min, "K/m"), self._set_rate)
        self.add(loop + "RENA", lambda: "ON" if self._ramp_enabled else "OFF", self._set_ramp_enabled)
        for noun, high in (("P", 2000.0), ("I", 2000.0), ("D", 2000.0), ("FSET", 100.0)):
            self.add(loop + noun, self._stored_number(noun), self._store(noun, high))
        for noun in self._words:
            self.add(loop + noun, self._stored_word(noun), self._store_word(noun))

    def _bind_heater(self, uid: str) -> None:
        heater = f"DEV:{uid}:HTR:"
        max_power_W = self._thermal.heater_power_W
        signal = heater + "SIG:"
        self.add(signal + "POWR", self._now(lambda: fixed(self._power_W(), "W")))
        self.add(signal + "VOLT", self._now(lambda: fixed(math.sqrt(self._power_W() * _HEATER_OHM), "V")))
        self.add(signal + "CURR", self._now(lambda: fixed(math.sqrt(self._power_W() / _HEATER_OHM), "A")))
        self.add(heater + "VLIM", lambda: fixed(math.sqrt(max_power_W * _HEATER_OHM)))
        self.add(heater + "RES", lambda: fixed(_HEATER_OHM))
        self.add(heater + "PMAX", lambda: fixed(max_power_W))

    def _now(self, reader: Reader) -> Reader:
        def read() -> str:
            self._cryostat.advance()
            return reader()

        return read

    def _power_W(self) -> float:
        return self._thermal.heater_power_W * self._thermal.heater_percent / 100.0

    def _stored_number(self, noun: str) -> Reader:
        return lambda: fixed(self._stored[noun])

    def _stored_word(self, noun: str) -> Reader:
        return lambda: self._words[noun]

    def _store(self, noun: str, high: float) -> Writer:
        def store(text: str) -> str:
            self._stored[noun] = number(text, 0.0, high)
            return fixed(self._stored[noun])

        return store

    def _store_word(self, noun: str) -> Writer:
        def store(text: str) -> str:
            self._words[noun] = word(text, "ON", "OFF")
            return text

        return store

    def _set_enabled(self, text: str) -> str:
        on = word(text, "ON", "OFF") == "ON"
        self._cryostat.advance()
        self._thermal.set_loop(on)
        return text

    def _set_setpoint(self, text: str) -> str:
        value = number(text, 0.0, 2000.0)
        self._cryostat.advance()
        self._thermal.set_setpoint(value)
        return fixed(value)

    def _set_heater(self, text: str) -> str:
        value = number(text, 0.0, 100.0)
        self._cryostat.advance()
        self._thermal.set_manual_heater(value)
        return fixed(value)

    def _set_rate(self, text: str) -> str:
        value = number(text, 0.0, 100_000.0)
        self._cryostat.advance()
        self._rate_K_per_min = value
        self._thermal.set_ramp(value, enabled=self._ramp_enabled)
        return fixed(value)

    def _set_ramp_enabled(self, text: str) -> str:
        enabled = word(text, "ON", "OFF") == "ON"
        self._cryostat.advance()
        self._ramp_enabled = enabled
        self._thermal.set_ramp(self._rate_K_per_min, enabled=enabled)
        return text
