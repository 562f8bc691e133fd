"""Words and texts in files, and how a message shows what stands there."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def problem(text: str, **context: object) -> PydanticCustomError:
    """An error whose text is already meant for people; :mod:`instruments.configuration` adds the place."""
    return PydanticCustomError("fluxoid", "{text}", {"text": text, **context})


def show(value: object) -> str:
    """What stands in the file, short enough for one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}...{text[-1] if isinstance(value, str) else ''}"


def _word(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise problem(f"found {show(value)}; expected one word of lower-case letters, digits and '_'")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        hint = "; put it in quotes" if isinstance(value, int | float) and not isinstance(value, bool) else ""
        raise problem(f"found {show(value)}; expected text{hint}")
    if not value.strip():
        raise problem("found empty text; expected some")
    return value


Word = Annotated[str, BeforeValidator(_word)]
Text = Annotated[str, BeforeValidator(_text)]
