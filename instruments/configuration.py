"""From a YAML file to a validated, frozen object, or to every problem of the file at once.

A schema is a :class:`Section`: a pydantic model whose attributes carry their unit and whose aliases are the keys of
the file. :func:`validate` turns what pydantic finds into lines such as
``configs/x.yaml:6: limits.magnet.field: found '9 K', which is in kelvin; expected a field in T``.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from instruments.errors import ConfigurationError
from instruments.schema_walk import Place, describe, either, find, keys
from instruments.words import problem, show
from instruments.yaml_lines import Location, YamlDocument, read_yaml, suggest

_DISCRIMINATORS = ("kind", "law", "driver")


class Section(BaseModel):
    """One mapping of a file: unknown keys are errors, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def problems(self) -> Iterator[tuple[Location, str]]:
        """What is wrong between fields that are each right: location of the culprit in this section, and text."""
        return iter(())

    @model_validator(mode="after")
    def _check_problems(self) -> Self:
        found = list(self.problems())
        if found:
            raise PydanticCustomError("fluxoid", "several", {"problems": found})
        return self


S = TypeVar("S", bound=Section)


def load(schema: type[S], path: Path | str) -> S:
    """Read and validate a file.

    Raises:
        ConfigurationError: with every problem of the file.
    """
    return validate(schema, read_yaml(Path(path)))


def validate(schema: type[S], document: YamlDocument) -> S:
    """Validate a document that was read before.

    Raises:
        ConfigurationError: with every problem of the document, in the order of its lines.
    """
    problems = list(document.problems)
    try:
        value = schema.model_validate(document.data)
    except ValidationError as error:
        problems += _explain(schema, document, error)
    else:
        if not problems:
            return value
    raise ConfigurationError(*in_order_of_lines(problems))


def json_schema(schema: type[Section]) -> dict[str, Any]:
    """JSON Schema for editors that complete and check YAML while it is typed."""
    return schema.model_json_schema(by_alias=True)


def in_order_of_lines(problems: list[str]) -> list[str]:
    """Problems of one file as somebody reads it, each once."""

    def line(text: str) -> int:
        number = text.split(": ", 1)[0].rsplit(":", 1)[-1]
        return int(number) if number.isdigit() else 0

    return sorted(dict.fromkeys(problems), key=line)


def _explain(schema: type[Section], document: YamlDocument, error: ValidationError) -> list[str]:
    details = error.errors(include_url=False)
    places = [find(schema, detail["loc"]) for detail in details]
    # where the variant itself is unknown, its keys cannot be judged
    unclear = {
        place.location[:-1]
        for place, detail in zip(places, details, strict=True)
        if detail["type"] == "literal_error" and place.location and place.location[-1] in _DISCRIMINATORS
    }
    misspelt = {
        (place.location[:-1], close)
        for place, detail in zip(places, details, strict=True)
        if detail["type"] == "extra_forbidden" and (close := _closest(place, document))
    }
    problems: list[str] = []
    for place, detail in zip(places, details, strict=True):
        parent = place.location[:-1]
        if detail["type"] == "too_short" and document.value(place.location):
            continue  # the items are wrong, each of them reported; the list itself is not empty
        if parent in unclear and detail["type"] in ("extra_forbidden", "missing"):
            continue
        if detail["type"] == "missing" and (parent, place.location[-1]) in misspelt:
            continue
        problems += _lines(place, detail, document)
    return problems


def _closest(place: Place, document: YamlDocument) -> str:
    """The key of the schema that an unknown key was probably meant to be, or nothing."""
    key = str(place.location[-1])
    free = _free_keys(place, document)
    if key.split(":")[0] in free:
        return key.split(":")[0]
    close = difflib.get_close_matches(key, free, n=1)
    return close[0] if close else ""


def _free_keys(place: Place, document: YamlDocument) -> list[str]:
    section = document.value(place.location[:-1])
    present = section if isinstance(section, dict) else {}
    return [key for key in keys(place.section) if key not in present]


def _lines(place: Place, detail: ErrorDetails, document: YamlDocument) -> Iterator[str]:
    kind, context, location = detail["type"], detail.get("ctx", {}), place.location
    if kind == "fluxoid" and "problems" in context:
        for inner, text in context["problems"]:
            yield document.problem((*location, *inner), text)
    elif kind == "extra_forbidden":
        yield _unknown_key(place, document)
    elif kind == "missing":
        text = f"{str(location[-1])!r} is missing; expected {describe(place.annotation, place.metadata)}"
        yield document.problem(location[:-1], text)
    elif kind == "union_tag_not_found":
        name, tags = context["discriminator"].strip("'"), either(place.tags())
        yield document.problem(location, f"{name!r} is missing; expected {tags}")
    elif kind == "union_tag_invalid":
        name = context["discriminator"].strip("'")
        found = document.value((*location, name))
        text = f"found {show(found)}; expected {either(place.tags())}"
        yield document.problem((*location, name), text + suggest(found, place.tags()))
    else:
        yield document.problem(location, _wrong_value(place, detail, document))


def _unknown_key(place: Place, document: YamlDocument) -> str:
    key = str(place.location[-1])
    allowed = keys(place.section)
    close = _closest(place, document)
    hint = f"; did you mean {close!r}? " if close else "; "
    if close and key.startswith(f"{close}:"):
        hint = f"; put a space after the colon of '{close}:'; "
    text = f"unknown key {key!r}{hint}allowed here: {', '.join(allowed)}"
    return document.problem(place.location, text, shown=place.location[:-1])


def _wrong_value(place: Place, detail: ErrorDetails, document: YamlDocument) -> str:
    found = document.value(place.location)
    if detail["type"] == "fluxoid":
        prefix = f"found {show(found)}; " if detail.get("ctx", {}).get("found") else ""
        return prefix + detail["msg"]
    if detail["type"] == "bool_type":
        note = ", which YAML 1.2 reads as text" if isinstance(found, str) else ""
        return f"found {show(found)}{note}; expected true or false"
    expected = describe(place.annotation, place.metadata)
    if detail["type"] == "too_short":
        return f"the list is empty; expected {expected}"
    note = ""
    if detail["type"] == "string_type" and isinstance(found, int | float):
        note = "; put it in quotes if it is a name"
    if detail["type"] == "literal_error":
        note = suggest(found, [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")])
    return f"found {show(found)}; expected {expected}{note}"


__all__ = ["Section", "in_order_of_lines", "json_schema", "load", "problem", "validate"]
