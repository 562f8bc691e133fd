"""What somebody reads who made a mistake in a file: file, line, field, what was found, what is allowed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, StrictBool

from instruments.configuration import Section, json_schema, load, validate
from instruments.errors import ConfigurationError
from instruments.quantities import Bounds, KelvinPerMinute, Number, Tesla, Whole
from instruments.words import Text, Word
from instruments.yaml_lines import Location, YamlDocument, read_yaml


class Magnet(Section):
    field_T: Tesla = Field(alias="field")
    switch: StrictBool = False


class Sine(Section):
    kind: Literal["sine"]
    amplitude: Number


class Pulse(Section):
    kind: Literal["pulse"]
    count: Annotated[Whole, Bounds(least=1)]


class Ramp(Section):
    low: Number
    high: Number

    def problems(self) -> Iterator[tuple[Location, str]]:
        if self.high <= self.low:
            yield ("high",), f"found {self.high:g}; expected more than low, {self.low:g}"


class Station(Section):
    name: Text
    magnet: Magnet
    rate: KelvinPerMinute = 1.0
    mode: Literal["slow", "fast"] = "slow"
    drive: Annotated[Sine | Pulse, Field(discriminator="kind")] | None = None
    ramps: tuple[Ramp, ...] = ()
    fields: Annotated[tuple[Tesla, ...], Field(min_length=1)] = (0.0,)
    curves: dict[Word, Ramp] = {}  # noqa: RUF012  (pydantic copies it)


GOOD = "name: a\nmagnet:\n  field: 9 T\n"
Problems = Callable[[str | bytes], list[str]]


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Problems:
    monkeypatch.chdir(tmp_path)

    def find(text: str | bytes) -> list[str]:
        Path("x.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        try:
            load(Station, "x.yaml")
        except ConfigurationError as error:
            return str(error).split("\n")
        return []

    return find


def test_values_are_read_and_frozen(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GOOD + "rate: 100 mK/min\nfields: [0 T, 500 mT]\n")
    station = load(Station, path)
    assert (station.magnet.field_T, station.rate, station.fields) == (9.0, 0.1, (0.0, 0.5))
    with pytest.raises(ValueError, match="frozen"):
        station.name = "b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "name: a\n\nmagnet:\n  field: 9 K\n",
            "x.yaml:4: magnet.field: found '9 K', which is in kelvin; expected a field in T",
        ),
        (
            GOOD + "rates: 1 K/min\n",
            "x.yaml:4: unknown key 'rates'; did you mean 'rate'? allowed here: name, magnet, rate, mode,"
            " drive, ramps,"
            " fields, curves",
        ),
        (
            GOOD + "  swtch: true\n",
            "x.yaml:4: magnet: unknown key 'swtch'; did you mean 'switch'? allowed here: field, switch",
        ),
        (GOOD + "  colour: red\n", "x.yaml:4: magnet: unknown key 'colour'; allowed here: field, switch"),
        (GOOD + "mode: fats\n", "x.yaml:4: mode: found 'fats'; expected 'slow' or 'fast'; did you mean 'fast'?"),
        (
            "name: a\nmagnet: {field:9 T}\n",
            "x.yaml:2: magnet: unknown key 'field:9 T'; put a space after the colon of 'field:'; allowed"
            " here: field,"
            " switch",
        ),
        (
            "name: a\nmagnet:\n  switch: true\n",
            "x.yaml:2: magnet: 'field' is missing; expected a field with unit, such as '0.5 T'",
        ),
        ("name: a\n", "x.yaml:1: 'magnet' is missing; expected a section with the keys field, switch"),
        ("magnet: {field: 9 T}\n", "x.yaml:1: 'name' is missing; expected text"),
        ("name: a\nmagnet: 9 T\n", "x.yaml:2: magnet: found '9 T'; expected a section with the keys field, switch"),
        ("name: a\nmagnet:\n", "x.yaml:2: magnet: found nothing; expected a section with the keys field, switch"),
        (GOOD + "name: b\n", "x.yaml:4: name: the key 'name' is already on line 1; keep one of them"),
        (GOOD + "  field: 8 T\n", "x.yaml:4: magnet.field: the key 'field' is already on line 3; keep one of them"),
        (
            GOOD + "  switch: yes\n",
            "x.yaml:4: magnet.switch: found 'yes', which YAML 1.2 reads as text; expected true or false",
        ),
        (GOOD + "  switch: 1\n", "x.yaml:4: magnet.switch: found 1; expected true or false"),
        (GOOD + "rate: 0.1\n", "x.yaml:4: rate: found 0.1; expected a ramp rate with unit, such as '0.1 K/min'"),
        (GOOD + "rate: -1 K/min\n", "x.yaml:4: rate: found '-1 K/min'; expected more than 0 K/min"),
        ("name: 12\nmagnet: {field: 9 T}", "x.yaml:1: name: found 12; expected text; put it in quotes"),
        ("name: ' '\nmagnet: {field: 9 T}", "x.yaml:1: name: found empty text; expected some"),
        (
            GOOD + "fields:\n- 1 T\n- 2\n",
            "x.yaml:6: fields #2: found 2; expected a field with unit, such as '0.5 T'",
        ),
        (
            GOOD + "fields: []\n",
            "x.yaml:4: fields: the list is empty; expected a list; each item: a field with unit, such as '0.5 T'",
        ),
        (
            GOOD + "fields: 1 T\n",
            "x.yaml:4: fields: found '1 T'; expected a list; each item: a field with unit, such as '0.5 T'",
        ),
        (GOOD + "drive: {kind: sine}\n", "x.yaml:4: drive: 'amplitude' is missing; expected a number without unit"),
        (
            GOOD + "drive: {kind: pulse, count: 1, amplitude: 1}\n",
            "x.yaml:4: drive: unknown key 'amplitude'; allowed here: kind, count",
        ),
        (GOOD + "drive: {kind: pulse, count: 0}\n", "x.yaml:4: drive.count: found 0; expected at least 1"),
        (
            GOOD + "drive:\n  kind: puls\n",
            "x.yaml:5: drive.kind: found 'puls'; expected 'sine' or 'pulse'; did you mean 'pulse'?",
        ),
        (GOOD + "drive: {count: 1}\n", "x.yaml:4: drive: 'kind' is missing; expected 'sine' or 'pulse'"),
        (GOOD + "drive: sine\n", "x.yaml:4: drive: found 'sine'; expected a section with kind: 'sine' or 'pulse'"),
        (
            GOOD + "ramps:\n  - low: 1\n    high: 2\n  - low: 3\n    high: 2\n",
            "x.yaml:8: ramps #2.high: found 2; expected more than low, 3",
        ),
        (GOOD + "curves:\n  a: {low: 2, high: 1}\n", "x.yaml:5: curves.a.high: found 1; expected more than low, 2"),
        (
            GOOD + "curves:\n  A b: {low: 1, high: 2}\n",
            "x.yaml:5: curves.A b: found 'A b'; expected one word of lower-case letters, digits and '_'",
        ),
        (GOOD + "? [1, 2]\n: 3\n", "x.yaml:4: a key must be a word"),
        ("name: !slow a\nmagnet: {field: 9 T}\n", "x.yaml:1: name: found the tag '!slow'; tags are not used here"),
    ],
)
def test_one_mistake_one_line(problems: Problems, text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "x.yaml: the file is empty"),
        ("# nothing\n", "x.yaml: the file is empty"),
        ("- 1\n", "x.yaml:1: expected 'key: value' lines; found a list"),
        ("hello\n", "x.yaml:1: expected 'key: value' lines; found a single value"),
        ("a: 1\n\tb: 2\n", "x.yaml:2:1: not YAML: a tab; YAML is indented with spaces"),
        ("a: [1, 2\nb: 3\n", "x.yaml:2:2: not YAML: expected ',' or ']', but got ':'"),
        ("a: {b: 1\n", "x.yaml:2:1: not YAML: expected ',' or '}', but got the end of the file"),
        ("a: 'b\n", "x.yaml:2:1: not YAML: the file ends inside a quoted text"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: not YAML: a second document ('---'); a file holds one"),
        (
            "a: b: c\n",
            "x.yaml:1:5: not YAML: a second ':' here; the indentation differs from the line above, or text that"
            " contains ': ' needs quotes",
        ),
        (b"name: \xe9\n", "x.yaml: not text in UTF-8 (at byte 6); save it as UTF-8"),
        ("a: 1\nb: \x01\n", "x.yaml:2:4: not YAML: the character '\\x01' is not allowed"),
        ("[" * 600, "x.yaml: not YAML: nested too deeply"),
    ],
)
def test_not_a_file_of_ours(problems: Problems, text: str | bytes, expected: str) -> None:
    assert problems(text) == [expected]


def test_many_mistakes_at_once_in_the_order_of_lines(problems: Problems) -> None:
    found = problems("mode: x\nname: a\nmagnet:\n  field: 9\n  sitch: 1\nrate: 1 T\nname: b\nfields: [1 T, 2 V]\n")
    assert [text.split(": ")[0] for text in found] == [f"x.yaml:{n}" for n in (1, 4, 5, 6, 7, 8)]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "station.yaml").write_text(GOOD)
    for path, expected in [
        ("staton.yaml", "staton.yaml: there is no such file; did you mean station.yaml?"),
        ("here/x.yaml", "here/x.yaml: there is no such file; there is no folder here either"),
        (".", ".: this is a folder; expected a YAML file"),
        ("a\0b", "a\0b: cannot be read: embedded null byte"),
    ]:
        with pytest.raises(ConfigurationError) as caught:
            read_yaml(Path(path))
        assert caught.value.problems == (expected,)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ConfigurationError, match=r"^x\.yaml: cannot be read: permission denied$"):
        read_yaml(Path("x.yaml"))


def test_yaml_1_2_and_aliases(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "a: no\nb: 22:30\nc: 1e-6\nd: &d [1, null]\ne: *d\nf: 2024-01-01\ng: '1'\nh: true\n", "utf-8-sig"
    )
    data = read_yaml(path).data
    assert data == {
        "a": "no",
        "b": "22:30",
        "c": 1e-6,
        "d": [1, None],
        "e": [1, None],
        "f": "2024-01-01",
        "g": "1",
        "h": True,
    }


def test_aliases_cannot_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    lines = ["k0: &k0 [" + ", ".join("1" * 10) + "]"]
    lines += [f"k{n}: &k{n} [" + ", ".join([f"*k{n - 1}"] * 10) + "]" for n in range(1, 9)]
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigurationError, match="more than 100000 values"):
        read_yaml(path)
    path.write_text("a: &x [*x]\n")
    assert read_yaml(path).problems[0].endswith(":1: a #1: this alias stands inside what it refers to")


@settings(deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["name", "magnet", "field", "drive", "kind", "ramps", "fields", "curves", "x", "sine"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_data_gives_plain_sentences(data: object) -> None:
    tree = data if isinstance(data, dict) else {"drive": data, "ramps": data}
    with pytest.raises(ConfigurationError) as caught:
        validate(Station, YamlDocument(Path("x.yaml"), "", tree, {(): 1}))
    for text in caught.value.problems:
        assert not any(word in text.lower() for word in ("pydantic", "input", "dict", "instance", "extra", "none"))


def test_json_schema_for_editors() -> None:
    schema = json_schema(Station)
    assert schema["properties"]["rate"]["examples"] == ["0.1 K/min"]
    assert schema["$defs"]["Magnet"]["additionalProperties"] is False
