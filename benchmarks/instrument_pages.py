"""The pages of docs/reference/instruments, one a driver, from what the code says of itself.

Options come from the schema of station files, commands from the table of the simulated instrument, sources and what
is not simulated from the docstrings of the modules.

Run ``python -m benchmarks.instrument_pages``; a test fails when a page is not what this writes now.
"""

import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

from instruments import drivers
from instruments.addresses import EXAMPLE
from instruments.clock import VirtualClock
from instruments.drivers.catalogue import DRIVERS
from instruments.instrument_sections import InstrumentsSection
from instruments.roles import MagnetState
from instruments.sections.common import InstrumentSection
from instruments.simulation.cryostat import Cryostat
from instruments.simulation.files import cryostat_settings
from instruments.simulation.nodes import NodeTree
from instruments.simulation.rack import Option, RackInstrument, build_rack
from instruments.simulation.resistor import Resistor
from instruments.simulation.wire import WireInstrument
from instruments.simulation.wire_ieee import IeeeInstrument
from instruments.simulation.wire_mercury import MercuryInstrument
from instruments.station_file import load_station

FOLDER = Path(__file__).parents[1] / "docs" / "reference" / "instruments"
STATION = Path(__file__).parents[1] / "configs" / "stations" / "teslatron_pt12.yaml"
#: What a simulated instrument cannot be built without, and what gives it its heater.
LEAST_OPTIONS: Mapping[str, Mapping[str, Option]] = {
    "mercury_itc": {"sensor": "MB1.T1", "heater": "DB1.H1"},
    "itc_503": {"sensor": 1, "role": "temperature"},
    "lakeshore_372": {"channel": 1, "heater": "sample"},
    **{f"lakeshore_{model}": {"channel": "A", "output": 1} for model in (335, 336, 340, 350)},
    **{name: {"ballast_ohm": 1000.0} for name in ("sr830", "sr860", "sr865a", "signal_recovery_7265", "mfli")},
}
WRITTEN = "<!-- Written by python -m benchmarks.instrument_pages from the code: change that, not this page. -->"
_SHARED_BY_ALL = ("instruments.simulation.wire", "instruments.drivers.checked")
_NOT_SIMULATED = re.compile(r"Not\s+simulated: (.+?\.)(?=\s|$)", re.DOTALL)


def simulated(driver: str) -> WireInstrument | NodeTree:
    """The twin of a driver, alone on a cryostat."""
    clock = VirtualClock()
    cryostat = Cryostat(clock, cryostat_settings(load_station(STATION)), Resistor(), "out_of_plane", 1)
    address = EXAMPLE if DRIVERS[driver].on_data_server else "GPIB0::1::INSTR"
    rack = build_rack(clock, cryostat, [RackInstrument(driver, address, LEAST_OPTIONS.get(driver, {}))])
    return rack.box(address).instrument


def sections(driver: str) -> dict[str, type[InstrumentSection]]:
    """By role of the driver, the section of a station file that describes it."""
    found = {}
    for role, field in InstrumentsSection.model_fields.items():
        for kind in _classes(field.annotation):
            if driver in get_args(kind.model_fields["driver"].annotation):
                found[role] = kind
    return found


def _classes(annotation: object) -> Iterator[type[InstrumentSection]]:
    if isinstance(annotation, type) and issubclass(annotation, InstrumentSection):
        yield annotation
    for part in get_args(annotation):
        yield from _classes(part)


def title(driver: str) -> str:
    """Maker and model."""
    text = inspect.getdoc(next(iter(sections(driver).values()))) or ""
    return re.split(r"[,:.](?:\s|$)", text)[0]


def _options(driver: str) -> Iterator[str]:
    for role, section in sections(driver).items():
        own = {name: field for name, field in section.model_fields.items() if name not in ("driver", "address")}
        if not own:
            yield f"| `{role}` | none | | |"
        for name, field in own.items():
            needed = "yes" if field.is_required() else "no"
            yield f"| `{role}` | `{field.alias or name}` | {field.description} | {needed} |"


def _markdown(module: ModuleType) -> str:
    """A module's docstring in Markdown, its first line in bold."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", inspect.getdoc(module) or "")
    first, _, rest = text.replace("``", "`").partition("\n")
    return f"**{first}**\n{rest}".strip()


def _ancestry(kinds: Iterable[type], package: str, driver_stem: str) -> list[ModuleType]:
    """Modules of a package that classes are made from, without those of other instruments."""
    names = dict.fromkeys(base.__module__ for kind in kinds for base in kind.__mro__)
    others = {*DRIVERS} - {driver_stem}
    own = [name for name in names if name.startswith(package) and name not in _SHARED_BY_ALL]
    return [import_module(name) for name in own if name.rpartition(".")[2] not in others]


def _driver_modules(stem: str) -> list[ModuleType]:
    """The driver's own modules, and what it shares with its relatives."""
    names = [info.name for info in pkgutil.iter_modules(drivers.__path__)]
    own = [import_module(f"{drivers.__name__}.{name}") for name in names if f"{name}_".startswith(f"{stem}_")]
    named = [kind for module in own for _, kind in inspect.getmembers(module, inspect.isclass)]
    kinds = [kind for kind in named if kind.__module__ in {module.__name__ for module in own}]
    shared = _ancestry(kinds, drivers.__name__, stem)
    return own + [module for module in shared if module not in own]


def _commands(twin: WireInstrument | NodeTree) -> Iterator[str]:
    """A table of what sets or does, and what asks; a list where that cannot be told from the command."""
    if isinstance(twin, NodeTree):
        settings = set(twin.settings())
        yield "Nodes below the device. Can be set: " + ", ".join(f"`{path}`" for path in twin.settings()) + ".\n"
        told = [path for path in twin.commands() if path not in settings]
        yield "Can only be read: " + ", ".join(f"`{path}`" for path in [*told, *twin.streams]) + "."
        return
    if not isinstance(twin, IeeeInstrument | MercuryInstrument):
        yield ", ".join(f"`{command}`" for command in twin.commands()) + "."
        return
    resets = twin.settings if isinstance(twin, IeeeInstrument) else {}
    rows: dict[str, list[str]] = {}
    for command in twin.commands():
        asks = command.endswith("?") or command.startswith("READ:")
        key = command.removesuffix("?").removeprefix("READ:").removeprefix("SET:")
        rows.setdefault(key, ["", ""])[asks] = f"`{command}`"
    if any(letter.islower() for key in rows for letter in key):
        yield "Capitals are the short form; nodes in brackets may be left out.\n"
    heads = ["sets or does", "asks", *(["only kept; at the start, and after `*RST`"] if resets else [])]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    yield from (f"| {' | '.join([*cells, resets.get(key, '')][: len(heads)])} |" for key, cells in rows.items())


def _states(twin: WireInstrument | NodeTree, stem: str) -> Iterator[str]:
    source = "".join(inspect.getsource(module) for module in _driver_modules(stem))
    told = [state.value for state in MagnetState if f"MagnetState.{state.name}" in source]
    if told:
        yield f"* The driver tells one of: {', '.join(told)}."
    if isinstance(twin, WireInstrument) and type(twin).status_byte is not WireInstrument.status_byte:
        yield "* Status byte: " + " ".join((inspect.getdoc(type(twin).status_byte) or "").split()).replace(
            "``", "`"
        )
    if isinstance(twin, IeeeInstrument):
        yield "* Standard event register (`*ESR?`) and its mask (`*ESE`), mask of the service request (`*SRE`)."


def page(driver: str) -> str:
    """One page."""
    twin = simulated(driver)
    stem = type(twin).__module__.rpartition(".")[2]
    twin_modules = _ancestry([type(twin)], "instruments.simulation", stem)
    dialects = [module for module in twin_modules if ".wire_" in module.__name__]
    twin_texts = [
        _markdown(module) for module in twin_modules if module not in dialects[1:]
    ]  # it says what is special
    states, missing = list(_states(twin, stem)), _NOT_SIMULATED.findall("\n\n".join(twin_texts))
    lines = [
        f"# {title(driver)}\n",
        WRITTEN + "\n",
        f"Driver `{driver}`; roles: {', '.join(f'`{role}`' for role in DRIVERS[driver].roles)}.\n",
        "## In a station file, beside `driver` and `address`\n",
        "| role | option | meaning | must be given |",
        "|---|---|---|---|",
        *_options(driver),
        "\n## The driver, and where its facts come from\n",
        "\n\n".join(map(_markdown, _driver_modules(stem))),
        "\n## The simulated instrument, and where its facts come from\n",
        "\n\n".join(twin_texts),
        *(["\n### States\n", *states] if states else []),
        "\n### Commands understood\n",
        *_commands(twin),
        "\n### Not simulated\n",
        f"* Any {'node' if isinstance(twin, NodeTree) else 'command'} that is not in the list above: it is taken"
        " for one that the instrument does not know.",
        *(f"* {' '.join(part.split())}" for part in missing),
    ]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Text of every page by the name of its file."""
    index = [
        "# Instruments\n",
        WRITTEN + "\n",
        "| driver | instrument | roles |",
        "|---|---|---|",
        *(
            f"| [`{name}`]({name}.md) | {title(name)} | {', '.join(DRIVERS[name].roles)} |"
            for name in sorted(DRIVERS)
        ),
    ]
    return {"README.md": "\n".join(index) + "\n", **{f"{name}.md": page(name) for name in sorted(DRIVERS)}}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
