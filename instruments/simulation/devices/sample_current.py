"""A DC current through the sample and its leads, as far as the source's voltage reaches."""

from instruments.simulation.cryostat import Cryostat

#: Current, in A rms, that the load is looked at with.
_PROBE_A = 1e-3


class SampleCurrent:
    """Where a current source is connected: ``lead_resistance_ohm`` and the sample in series.

    Where the load would need more than the compliance voltage, the current is what the compliance drives. Nothing
    here advances the cryostat: whoever drives has done so, or is one of its followers.
    """

    def __init__(self, cryostat: Cryostat, lead_resistance_ohm: float) -> None:
        self._cryostat = cryostat
        self._lead_resistance_ohm = lead_resistance_ohm

    def load_resistance_ohm(self) -> float:
        """Leads and sample now."""
        in_phase, quadrature = self._cryostat.lock_in_signal_V(_PROBE_A)
        return self._lead_resistance_ohm + abs(complex(in_phase, quadrature)) / _PROBE_A

    def drive(self, current_A: float, compliance_V: float, *, output_on: bool) -> bool:
        """Let a current flow; returns whether the compliance keeps it from being what was asked for."""
        flows_A = current_A if output_on else 0.0
        limited = False
        if flows_A:
            reach_A = compliance_V / self.load_resistance_ohm()
            limited = abs(flows_A) > reach_A
            flows_A = max(-reach_A, min(flows_A, reach_A))
        self._cryostat.dc_current_A = flows_A
        self._cryostat.dc_output_on = output_on
        return limited
