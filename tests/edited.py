"""Shipped files with one thing changed, and the line on which a message must point."""

from pathlib import Path


def edit(path: Path, old: str, new: str) -> str:
    """Replace the first ``old`` in a file; the new text."""
    text = path.read_text("utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    return text


def with_line(text: str, new: str, expected: str) -> str:
    """``expected`` with the line of ``new`` before it, or the line of ``@anchor@`` where it begins with one."""
    anchor = new
    if expected.startswith("@"):
        _, anchor, expected = expected.split("@", 2)
    return f"{text.count(chr(10), 0, text.index(anchor)) + 1}: {expected}"
