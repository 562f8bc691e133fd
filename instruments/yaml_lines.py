"""A YAML 1.2 file as plain data that still knows on which line everything stands.

Only mappings, lists, text, numbers, true/false and nothing come out; tags that build other objects are refused.
"""

import difflib
import os
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from instruments.errors import ConfigurationError

Key = str | int
Location = tuple[Key, ...]

#: Aliases can make a short file stand for endlessly many values; no file of ours has this many.
MOST_VALUES = 100_000
_CORE = "tag:yaml.org,2002:"
_TEXT_TAGS = {"str", "timestamp", "merge", "value"}
_OTHER_TAGS = {"int", "float", "bool", "null", "map", "seq"}
_IN_OUR_WORDS = {
    "mapping values are not allowed here": "a second ':' here; the indentation differs from the line above, or text"
    " that contains ': ' needs quotes",
    "found character '\\t' that cannot start any token": "a tab; YAML is indented with spaces",
    "found unexpected end of stream": "the file ends inside a quoted text",
    "but found another document": "a second document ('---'); a file holds one",
}


def show_path(path: Path) -> str:
    """A path as people want to read it: relative when it lies below the working directory."""
    absolute = Path(os.path.abspath(path))
    try:
        return absolute.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(absolute)


def suggest(word: object, allowed: Iterable[str]) -> str:
    """``; did you mean 'x'?`` or nothing; nothing too where there is no choice."""
    words = list(allowed)
    close = difflib.get_close_matches(str(word), words, n=1) if len(words) > 1 else []
    return f"; did you mean {close[0]!r}?" if close else ""


def show_location(location: Location) -> str:
    """``limits.magnet.field``; items of a list count from one: ``measure #1.fields #4``."""
    text = ""
    for key in location:
        text += f" #{key + 1}" if isinstance(key, int) else f".{key}" if text else str(key)
    return text.strip()


@dataclass
class YamlDocument:
    """One file: its text, its data, the lines they stand on, and what was wrong already while reading them."""

    path: Path
    text: str
    data: dict[str, Any]
    lines: dict[Location, int]
    problems: list[str] = field(default_factory=list)

    def line(self, location: Location) -> int:
        """Line, from one, of a key or list item; of the nearest section around it when it is not there."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def problem(self, location: Location, text: str, shown: Location | None = None) -> str:
        """``file:line: field: text``; ``shown`` names another field than the one that gives the line."""
        place = show_location(location if shown is None else shown)
        return f"{show_path(self.path)}:{self.line(location)}: {place + ': ' if place else ''}{text}"

    def value(self, location: Location) -> object:
        """What stands at a location; None where there is nothing."""
        found: Any = self.data
        for key in location:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return None
        return found


def read_yaml(path: Path) -> YamlDocument:
    """Read a file whose top level is a mapping.

    Raises:
        ConfigurationError: the file is missing, unreadable, not UTF-8, empty, not YAML, or not a mapping.
    """
    text = _read_text(path)
    parser = YAML(typ="safe", pure=True)
    root = _compose(parser, path, text)
    if root is None:
        raise ConfigurationError(f"{show_path(path)}: the file is empty")
    document = YamlDocument(path, text, {}, {(): 1})
    data = _Builder(document, parser).build(root, (), ())
    if not isinstance(data, dict):
        raise ConfigurationError(f"{show_path(path)}:1: expected 'key: value' lines; found {_kind(data)}")
    document.data = data
    return document


def _kind(data: object) -> str:
    return "a list" if isinstance(data, list) else "a single value"


def _read_text(path: Path) -> str:
    shown = show_path(path)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(f"{shown}: there is no such file{_neighbour(path)}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{shown}: not text in UTF-8 (at byte {error.start}); save it as UTF-8") from None
    except (OSError, ValueError) as error:
        if os.path.isdir(path):
            raise ConfigurationError(f"{shown}: this is a folder; expected a YAML file") from None
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"{shown}: cannot be read: {reason.lower()}") from None


def _neighbour(path: Path) -> str:
    if not os.path.isdir(path.parent):
        return f"; there is no folder {show_path(path.parent)} either"
    close = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*.y*ml")], n=1, cutoff=0.5)
    return f"; did you mean {show_path(path.parent / close[0])}?" if close else ""


def _compose(parser: YAML, path: Path, text: str) -> Node | None:
    try:
        root: Node | None = parser.compose(text)
        return root
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        words = _IN_OUR_WORDS.get(str(error.problem), str(error.problem or error.context))
        words = words.replace("'<stream end>'", "the end of the file").replace("'<block end>'", "less indentation")
        raise ConfigurationError(f"{show_path(path)}{place}: not YAML: {words}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        raise ConfigurationError(
            f"{show_path(path)}:{line}:{column}: not YAML: the character {text[error.position]!r} is not allowed"
        ) from None
    except RecursionError:
        raise ConfigurationError(f"{show_path(path)}: not YAML: nested too deeply") from None
    except (YAMLError, ValueError) as error:
        first = (str(error).splitlines() or ["it cannot be parsed"])[0]
        raise ConfigurationError(f"{show_path(path)}: not YAML: {first}") from None


class _Builder:
    """Turns ruamel's nodes into plain data and fills in lines and problems on the way."""

    def __init__(self, document: YamlDocument, parser: YAML) -> None:
        self._document = document
        self._parser = parser
        self._built = 0

    def build(self, node: Node, location: Location, around: tuple[int, ...]) -> object:
        if id(node) in around:
            self._report(location, node, "this alias stands inside what it refers to")
            return None
        self._built += 1
        if self._built > MOST_VALUES:
            raise ConfigurationError(f"{show_path(self._document.path)}: more than {MOST_VALUES} values")
        tag = str(node.tag)
        if tag.removeprefix(_CORE) not in _TEXT_TAGS | _OTHER_TAGS:
            self._report(location, node, f"found the tag {tag!r}; tags are not used here")
            return node.value if isinstance(node, ScalarNode) else None
        around = (*around, id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, location, around)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*location, i), around) for i, item in enumerate(node.value)]
        return self._scalar(node, location)

    def _item(self, node: Node, location: Location, around: tuple[int, ...]) -> object:
        self._document.lines.setdefault(location, node.start_mark.line + 1)
        return self.build(node, location, around)

    def _mapping(self, node: Node, location: Location, around: tuple[int, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or not isinstance(key_node.value, Hashable):
                self._report(location, key_node, "a key must be a word")
                continue
            key = str(key_node.value)
            here = (*location, key)
            if key in data:
                first = self._document.lines[here]
                self._report(here, key_node, f"the key {key!r} is already on line {first}; keep one of them")
                continue
            self._document.lines[here] = line
            data[key] = self.build(value_node, here, around)
        return data

    def _scalar(self, node: Node, location: Location) -> object:
        tag = str(node.tag).removeprefix(_CORE)
        if tag in _TEXT_TAGS:
            return node.value
        try:
            return self._parser.constructor.construct_object(node)
        except (YAMLError, ValueError):
            self._report(location, node, f"found {node.value[:40]!r}, which cannot be read as {tag}")
            return node.value

    def _report(self, location: Location, node: Node, text: str) -> None:
        place = show_location(location)
        line = node.start_mark.line + 1
        self._document.problems.append(
            f"{show_path(self._document.path)}:{line}: {place + ': ' if place else ''}{text}"
        )
