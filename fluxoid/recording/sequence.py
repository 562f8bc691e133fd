"""The order messages must have, and what is left when lines of a journal are lost."""

from collections.abc import Iterable

from fluxoid.recording.messages import CurveEnd, CurveStart, End, Message, PointRow, Start
from instruments.errors import RecordingError


def check_sequence(messages: Iterable[Message], *, strict: bool) -> tuple[list[Message], list[str]]:
    """Messages that can be attributed, and one text for each finding that something is missing.

    A point belongs to the curve whose start was the last message of its kind; without one, or with another number
    of values, it is left out.

    Raises:
        RecordingError: ``strict`` and something is missing or out of order.
    """
    kept: list[Message] = []
    problems: list[str] = []
    curve: CurveStart | None = None
    points = orphans = 0
    ended = False
    for message in messages:
        if ended:
            problems.append("there are messages after the end of the run")
            break
        match message:
            case Start() if kept:
                problems.append("the run starts twice")
                continue
            case CurveStart():
                if curve is not None:
                    problems.append(f"the end of curve {curve.info.name!r} is missing")
                curve, points = message, 0
            case PointRow():
                if curve is None or len(message.values) != len(curve.columns):
                    orphans += 1
                    continue
                points += 1
            case CurveEnd():
                if curve is None:
                    problems.append("a curve ends that did not start")
                    continue
                if message.points != points:
                    problems.append(f"curve {curve.info.name!r} has {points} points of {message.points}")
                curve = None
            case End():
                ended = True
        kept.append(message)
    if orphans:
        problems.append(f"{orphans} points belong to no curve and were left out")
    if strict and problems:
        raise RecordingError("; ".join(problems))
    return kept, problems
