"""Find the place in a schema that a validation error speaks of, and say in plain words what belongs there."""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from instruments.quantities import Bounds, PlainNumber, Quantity
from instruments.yaml_lines import Key, Location

Schema = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Place:
    """A location in the file, the section it stands in, and the type the schema wants there."""

    location: Location
    section: Schema
    annotation: object
    metadata: tuple[object, ...]

    def tags(self) -> list[str]:
        """The words that choose a variant here."""
        return _tags(self.annotation)


def find(schema: Schema, error_location: tuple[Key, ...]) -> Place:
    """Follow pydantic's location through the schema, dropping the variant names it inserts at unions."""
    annotation: object = schema
    metadata: tuple[object, ...] = ()
    section, location = schema, list[Key]()
    for key in error_location:
        if key == "[key]":
            continue
        if len(_variants(annotation)) > 1:
            annotation = next((v for v in _variants(annotation) if str(key) in _tags(v)), annotation)
            continue
        if _is_section(annotation):
            section = annotation
            field = _by_key(section).get(str(key))
            annotation, metadata = _bare(field.annotation if field else Any)
            metadata = (*(field.metadata if field else ()), *metadata)
        else:
            arguments = [a for a in get_args(annotation) if a is not Ellipsis]
            annotation, metadata = _bare(arguments[-1] if arguments else Any)
        location.append(key)
    return Place(tuple(location), section, annotation, metadata)


def keys(section: Schema) -> list[str]:
    """The keys a section may have, as they are written in the file."""
    return list(_by_key(section))


def either(words: Iterable[object]) -> str:
    """``'a', 'b' or 'c'``."""
    texts = [repr(word) for word in words]
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]])) if texts else "nothing"


def describe(annotation: object, metadata: tuple[object, ...] = ()) -> str:
    """What belongs at a place, with article, unit and example."""
    annotation, inner = _bare(annotation)
    for mark in (*metadata, *inner):
        if isinstance(mark, Quantity):
            return f"{mark.what} with unit, such as {mark.example!r}"
        if isinstance(mark, PlainNumber):
            return _describe_number(mark, (*metadata, *inner))
    origin = get_origin(annotation)
    if origin is Literal:
        return either(get_args(annotation))
    if len(_variants(annotation)) > 1:
        return f"a section with {_discriminator(annotation)}: {either(_tags(annotation))}"
    if _is_section(annotation):
        return f"a section with the keys {', '.join(keys(annotation))}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a section"
    if origin in (list, tuple):
        return f"a list; each item: {describe(get_args(annotation)[0])}"
    return "true or false" if annotation is bool else "text" if annotation is str else "another value"


def _describe_number(mark: PlainNumber, metadata: tuple[object, ...]) -> str:
    bounds = [m.describe("") for m in metadata if isinstance(m, Bounds)]
    what = "a whole number" if mark.whole else "a number without unit"
    return ", ".join([what, *bounds])


def _bare(annotation: object) -> tuple[object, tuple[object, ...]]:
    """An annotation without Annotated and without None, and the metadata that was around it."""
    metadata: tuple[object, ...] = ()
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *marks = get_args(annotation)
            metadata = (*marks, *metadata)
            continue
        some = [a for a in get_args(annotation) if a is not type(None)] if _is_union(annotation) else []
        if len(some) != 1:
            return annotation, metadata
        annotation = some[0]


def _is_union(annotation: object) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _is_section(annotation: object) -> TypeGuard[Schema]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _variants(annotation: object) -> list[Schema]:
    members = get_args(annotation) if _is_union(annotation) else (annotation,)
    return [member for member in (_bare(m)[0] for m in members) if _is_section(member)]


def _discriminator(annotation: object) -> str:
    for key, field in _by_key(_variants(annotation)[0]).items():
        if get_origin(field.annotation) is Literal:
            return key
    return "kind"


def _tags(annotation: object) -> list[str]:
    name = _discriminator(annotation)
    return [str(word) for v in _variants(annotation) for word in get_args(_by_key(v)[name].annotation)]


def _by_key(section: Schema) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}
