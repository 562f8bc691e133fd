"""A station file to be filled in, from what was found on the buses.

What nobody can ask an instrument (limits, wiring, calibration) is left as a word that is no value, so that
``fluxoid check`` names every such line until a person has filled it in.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from fluxoid.bus_scan import Found
from instruments.configuration import Section
from instruments.drivers.catalogue import DRIVERS
from instruments.errors import ConfigurationError
from instruments.instrument_sections import InstrumentsSection
from instruments.station import RIVALS

BLANK = "fill in"
_COMMENT_COLUMN = 30
#: A 6221 can source and reverse, but with its 2182A on the bus or on its own serial port: one of the two.
_PLAYS_ONE_ROLE = ("keithley_6221",)

_LIMITS = f"""\
wiring:
  lock_in_ballast: {BLANK}    # resistor in series with the lock-in's sine output, such as 1 kOhm
  longitudinal_channel: 1     # voltmeter's input at the longitudinal contacts
  hall_channel: 2             # and at the Hall contacts

limits:                       # nothing beyond them is ever sent: take them from the data sheets of your cryostat
  magnet:
    field: {BLANK}            # largest field, of either sign, such as 12 T
    ramp:                     # fastest ramp by range of field; more lines for more ranges, the last up to the field
      - {{up_to: {BLANK}, rate: {BLANK}}}    # such as {{up_to: 12 T, rate: 0.2 T/min}}
  temperature: {{base: {BLANK}, highest: {BLANK}, rate: {BLANK}}}    # such as 1.5 K, 300 K, 5 K/min
  excitation: {{current: {BLANK}, compliance: {BLANK}}}    # through the sample, such as 1 mA, 10 V
"""
_GATE = (
    "  # such as -50 V, 50 V, 1 V/s, 10 nA; the leakage is the source's compliance\n"
    f"  gate: {{lowest: {BLANK}, highest: {BLANK}, slew: {BLANK}, leakage: {BLANK}}}\n"
)
_ACCURACY = (
    "  # limits of error, as data sheets give them: sample thermometer, and field relative, such as 10 mK, 0.1 %\n"
    f"  accuracy: {{thermometer: {BLANK}, field: {BLANK}}}\n"
)


def draft(found: Sequence[Found], backend: str) -> str:
    """The text of the file."""
    roles, rest = _assign(found)
    lines = [
        "# Written by `fluxoid station new` from what answered on the buses. Fill in what it cannot know: every",
        f"# '{BLANK}' is refused by `fluxoid check` and `fluxoid station` until it is a value.",
        "name: New station",
        f"{f'backend: {backend}':<{_COMMENT_COLUMN}}# visa (the vendor's VISA library) | pyvisa-py | simulated",
        "",
        "instruments:                  # check who plays which role: the scan can only guess",
    ]
    for role, instrument in roles.items():
        lines += _instrument(role, instrument)
    lines += [f"  # also there: {each.address}  {each.identity or each.problem}" for each in rest]
    gate = _GATE if "gate" in roles else ""
    return "\n".join(lines) + "\n\n" + _LIMITS + gate + _ACCURACY


def write_draft(path: Path, text: str) -> None:
    """Write a new file.

    Raises:
        ConfigurationError: there is one already, which is left as it is, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{path}: exists already and is left as it is; name another with --out") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from error


def _assign(found: Sequence[Found]) -> tuple[Mapping[str, Found], list[Found]]:
    """The first instrument that can play a role gets it; a thermometer box both roles of temperature."""
    roles: dict[str, Found] = {}
    rest: list[Found] = []
    for each in found:
        able = DRIVERS[each.driver].roles if each.driver else ()
        free = [role for role in able if role not in roles]
        free = free[:1] if each.driver in _PLAYS_ONE_ROLE else _together(free)
        for role in free:
            roles[role] = each
        if not free:
            rest.append(each)
    return {role: roles[role] for role in InstrumentsSection.roles if role in roles}, rest


def _together(roles: Sequence[str]) -> list[str]:
    """Those that one instrument can play all, the first before the others."""
    kept: list[str] = []
    for role in roles:
        if not any(RIVALS.get(role) == each or RIVALS.get(each) == role for each in kept):
            kept.append(role)
    return kept


def _instrument(role: str, found: Found) -> list[str]:
    lines = [
        f"{f'  {role}:':<{_COMMENT_COLUMN}}# {found.identity}",
        f"    driver: {found.driver}",
        f"    address: {found.address}",
    ]
    for name, field in _section(role, str(found.driver)).model_fields.items():
        if field.is_required() and name not in ("driver", "address"):
            entry = f"    {field.alias or name}: {BLANK}"
            lines.append(f"{entry:<{_COMMENT_COLUMN}}# {field.description}")
    return lines


def _section(role: str, driver: str) -> type[Section]:
    """The schema of a driver in a role."""
    pending = [InstrumentsSection.model_fields[role].annotation]
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, Section):
            if driver in get_args(kind.model_fields["driver"].annotation):
                return kind
        else:
            pending += get_args(kind)
    raise AssertionError(f"the catalogue says that {driver} plays {role}, and no section of station files does")
