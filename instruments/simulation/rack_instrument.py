"""One entry of a simulated rack: which instrument is where, and its options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Option = float | int | str | bool


@dataclass(frozen=True, slots=True)
class RackInstrument:
    """One entry of a station: driver name, VISA address, options.

    Options by driver (all but those marked * may be left out):

    ========================  ===========================================================================
    ``mercury_ips``           group, other_groups (separated by blanks), firmware (2.6 and above: node SPSU),
                              current_limit_A
    ``mercury_itc``           sensor*, heater (with it: the insert's loop; without: beside the sample)
    ``cryomagnetics_4g``      amperes, echoes, current_limit_A
    ``itc_503``               sensor*, role (temperature: the insert's loop; else: beside the sample)
    ``ips_120``               current_limit_A
    ``ami_430``               kilogauss, per_second, greets, current_limit_A
    ``multipyvu``             version
    ``lakeshore_336``         channel*, output (with it: the insert's loop; without: beside the sample);
                              so are ``lakeshore_335``, ``lakeshore_340``, ``lakeshore_350``
    ``lakeshore_372``         channel*, heater (with it: on the mixing chamber; without: beside the sample)
    ``sr830``                 ballast_ohm*, role (hall_lock_in: at the Hall contacts, drives nothing)
    ``sr860`` ``sr865a``      as sr830; greets (as through telnet)
    ``signal_recovery_7265``  as sr830
    ``mfli``                  as sr830; fitted (options of the instrument separated by blanks, such as MD)
    ``keithley_2400``         (none)
    ``gs200``                 role (current_source: at the sample, else at the gate), lead_resistance_ohm
    ``keithley_2450``         language (SCPI, SCPI2400 or TSP)
    ``keithley_6221``         lead_resistance_ohm, nanovoltmeter (whether one is on its serial port; it is with the
                              role delta_meter)
    ``keithley_2182a``        longitudinal_channel, hall_channel, terminator
    any                       serial
    ========================  ===========================================================================

    Entries of one driver at one address are one box (a temperature controller with two sensors).
    """

    driver: str
    address: str
    options: Mapping[str, Option] = field(default_factory=dict)
