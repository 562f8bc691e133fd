"""A plain resistor in place of a sample, for whoever tries an instrument and not a sample."""

from dataclasses import dataclass

from instruments.simulation.specimen import ChannelKind, GateTruth, SignalTruth, Surroundings

_HALL_OHM_PER_T = 1e-3
_SIGNAL = SignalTruth(5e-9, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Resistor:
    """10 Ohm at every temperature and field; its Hall contacts see 1 mOhm/T.

    The noise is that of a preamplifier, 5 nV per root hertz.
    """

    name: str = "resistor"
    resistance_ohm: float = 10.0
    orientations: tuple[str, ...] = ("out_of_plane", "in_plane")
    signal: SignalTruth = _SIGNAL
    gate: GateTruth | None = None

    def dc_voltage(self, contacts: ChannelKind, current_A: float, at: Surroundings) -> float:
        """Voltage in V across the contacts."""
        hall = contacts == "hall"
        return current_A * (_HALL_OHM_PER_T * at.field_T if hall else self.resistance_ohm)

    def ac_voltage(
        self, contacts: ChannelKind, current_rms_A: float, bias_current_A: float, at: Surroundings
    ) -> float:
        """First harmonic in V rms: a resistor does not see the bias."""
        return self.dc_voltage(contacts, current_rms_A, at)
