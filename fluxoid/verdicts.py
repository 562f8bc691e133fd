"""Verdicts as words with the colours that tables and screens share."""

from collections.abc import Mapping

from rich.text import Text

from analysis.findings import Verdict

COLOURS: Mapping[Verdict, str] = {
    Verdict.GOOD: "green",
    Verdict.PROVISIONAL: "yellow",
    Verdict.NOT_ENOUGH_DATA: "dim",
    Verdict.MODEL_REJECTED: "red",
}


def verdict_text(verdict: Verdict) -> Text:
    """The verdict in words, and in its colour where there are colours."""
    return Text(str(verdict), style=COLOURS[verdict])
