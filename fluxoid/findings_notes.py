"""What the numbers lack, in words: findings of one kind and reason share a line."""

import re
from collections.abc import Iterable, Sequence

from rich.padding import Padding
from rich.text import Text

from analysis.findings import Finding, Verdict
from fluxoid import notation
from fluxoid.findings_grid import number
from fluxoid.spectra_table import QUANTITIES as SPECTRUM
from fluxoid.verdicts import verdict_text

#: A reason is cut after the clause that passes this many characters; all of it is in the JSON.
LONGEST_REASON = 220
#: More methods than this in front of a reason say nothing, but where they are what was rejected.
MOST_METHODS = 2
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
#: A name of a recorded curve, which differs from finding to finding as numbers do.
_CURVE = re.compile(r"\b[a-z]{2}_\d+_\S+?(?=[,;\s]|$)")
Line = tuple[Verdict, str]
Block = Padding | Text


def notes(findings: Sequence[Finding]) -> list[Block]:
    """Provisional and missing numbers; what is missing at one sweep and known from another is left out."""
    known = {_place(finding) for finding in findings if finding.value is not None}
    shaky = [f for f in findings if f.verdict in (Verdict.PROVISIONAL, Verdict.NOT_ENOUGH_DATA)]
    kept = [f for f in shaky if f.value is not None or _place(f) not in known]
    return paragraphs("Provisional or missing", reasons(kept))


def rejected(findings: Iterable[Finding]) -> list[Block]:
    """Models that were rejected; every law of Hc2(T) is tried at every criterion, which makes one line."""
    findings = list(findings)
    laws = [finding for finding in findings if finding.quantity != "Hc2" and "criterion" in finding.conditions]
    others = [finding for finding in findings if finding not in laws]
    return paragraphs("Rejected models", [*reasons(others), *_rejected_laws(laws)])


def reasons(findings: Iterable[Finding]) -> list[Line]:
    """One line per verdict and reason, numbers in reasons apart; what they hold for goes in front."""
    grouped: dict[tuple[Verdict, str], list[Finding]] = {}
    for finding in findings:
        skeleton = _NUMBER.sub("#", _CURVE.sub("#", finding.reason))
        grouped.setdefault((finding.verdict, skeleton), []).append(finding)
    return [(verdict, f"{subject(members)}: {_reason(members)}") for (verdict, _), members in grouped.items()]


def subject(findings: Sequence[Finding]) -> str:
    """Quantities, methods, and the fields, temperatures and gate voltages that findings hold for."""
    names = _listed(notation.symbol(finding.quantity) for finding in findings)
    methods = list(dict.fromkeys(finding.method for finding in findings if finding.method))
    most = MOST_METHODS if findings[0].verdict is not Verdict.MODEL_REJECTED else len(methods)
    how = f" ({', '.join(methods)})" if 0 < len(methods) <= most else ""
    criteria = _listed(str(finding.conditions.get("criterion", "")) for finding in findings)
    where = _listed(str(finding.conditions.get("orientation", "")).replace("_", " ") for finding in findings)
    of_spectra = all(finding.quantity in SPECTRUM for finding in findings)
    plain = not any("field_T" in finding.conditions for finding in findings)
    held = [
        _many(findings, "temperature_K", "K") if of_spectra or plain else "",
        _many(findings, "field_T", "T"),
        _many(findings, "gate_V", "V"),
        criteria,
    ]
    places = ", ".join(part for part in held if part)
    return names + how + (f" at {places}" if places else "") + (f", {where}" if where else "")


def paragraphs(title: str, lines: Sequence[Line]) -> list[Block]:
    """A heading and an indented line for each."""
    if not lines:
        return []
    blocks: list[Block] = [Text(title, style="bold")]
    for verdict, line in lines:
        blocks.append(Padding(Text.assemble(verdict_text(verdict), ": ", line), (0, 0, 0, 2)))
    return [*blocks, Text("")]


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.quantity, finding.method, repr(sorted((k, str(v)) for k, v in finding.conditions.items()))


def _reason(members: Sequence[Finding]) -> str:
    told = members[0].reason
    same = all(finding.reason == told for finding in members)
    if len(told) > LONGEST_REASON:
        clauses = told.split("; ")
        told = clauses[0]
        for clause in clauses[1:]:
            if len(told) + len(clause) > LONGEST_REASON:
                told += "; more: findings --json"
                break
            told += f"; {clause}"
    return told if same else f"{told} (numbers of the first of {len(members)})"


def _many(findings: Sequence[Finding], condition: str, unit: str) -> str:
    known = [value for finding in findings if (value := number(finding, condition)) is not None]
    texts = list(dict.fromkeys(f"{value:.4g}" for value in known))
    if len(texts) > 8:
        return f"{min(known):.4g} to {max(known):.4g} {unit} ({len(texts)})"
    return f"{', '.join(texts)} {unit}" if texts else ""


def _rejected_laws(findings: Sequence[Finding]) -> list[Line]:
    lines = []
    places = dict.fromkeys(str(finding.conditions.get("orientation", "")) for finding in findings)
    for where in places:
        here = [finding for finding in findings if finding.conditions.get("orientation", "") == where]
        methods = _listed(finding.method for finding in here)
        criteria = _listed(str(finding.conditions["criterion"]) for finding in here)
        place = f", {where.replace('_', ' ')}" if where else ""
        text = f"Hc2(T) at {criteria}{place}, by {methods}: not as these laws say; each reason: findings --json"
        lines.append((Verdict.MODEL_REJECTED, text))
    return lines


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
