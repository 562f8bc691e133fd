"""The page about a run: whole in itself, with what was found, what was rejected and what was flagged."""

from html.parser import HTMLParser

import numpy as np
import pytest

from analysis.curves import CurveInfo
from analysis.findings import Finding, Verdict
from fluxoid.recording.header import RunHeader
from fluxoid.recording.messages import Event
from fluxoid.recording.record import RecordedCurve, RunRecord
from fluxoid.report.summary import write_summary
from instruments.roles import Identity, ReadingFlag

PNG = b"\x89PNG\r\n\x1a\n not a picture"


class Page(HTMLParser):
    """Cells of all rows, sources of pictures, and tags that were left open."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open, self.sources = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag == "img":
            self.sources.append(dict(attrs)["src"])
        elif tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


def finding(**changes):
    values = {
        "quantity": "Tc_mid",
        "value": 6.0,
        "error": 0.01,
        "unit": "K",
        "verdict": Verdict.GOOD,
        "curves": ("a",),
    }
    return Finding(**{**values, **changes})


@pytest.fixture
def page(tmp_path):
    findings = (
        finding(),
        finding(quantity="T_cross", value=None, error=None, verdict=Verdict.MODEL_REJECTED, reason="chi2 < & >"),
    )
    return written(tmp_path, findings)


def written(tmp_path, findings):
    header = RunHeader(
        "Title <b>", "title: x", "name: s", sample_name="NbS2", seed=3, simulated=True,
        identities={"lock_in": Identity("SRS", "SR830", "s/n1", "ver1")},
    )  # fmt: skip
    flags = np.array([0, ReadingFlag.OVERLOAD.value, ReadingFlag.OVERLOAD.value], dtype=np.uint16)
    curve = RecordedCurve(CurveInfo("rt_01", "R(T)", {}), {"time_s": np.arange(3.0)}, flags, complete=False)
    events = (Event(61.0, "warning", "overload"), Event(62.0, "info", "not for here"))
    record = RunRecord(header, 0.0, (curve,), events, findings, "interrupted", "stopped by <somebody>")
    picture = tmp_path / "one.png"
    picture.write_bytes(PNG)
    path = write_summary(record, [picture], tmp_path, lambda f: 5.98 if f.quantity == "Tc_mid" else None)
    return path.read_text("utf-8")


def test_it_is_whole_and_well_formed(page):
    parsed = Page(page)
    assert parsed.open == []
    assert len(parsed.sources) == 1
    assert parsed.sources[0].startswith("data:image/png;base64,")
    assert "http" not in page
    assert "<b>" not in page.replace("<body>", "")


def test_findings_stand_beside_the_truth(page):
    assert ["Tc mid", "6.000(10) K", "5.980", "+2.0", "good"] in [[c for c in row if c] for row in Page(page).rows]


def test_what_was_rejected_says_why(page):
    rows = [row for row in Page(page).rows if "model rejected" in row]
    assert len(rows) == 1
    assert "chi2 < & >" in rows[0]


def test_flags_events_and_the_end_are_told(page):
    parsed = Page(page)
    assert ["rt_01", "R(T)", "3", "2 overload", "cut short"] in parsed.rows
    assert ["00:01:01", "warning", "overload"] in parsed.rows
    assert "not for here" not in page
    assert "stopped by &lt;somebody&gt;" in page
    assert "seed 3" in page


def quantities(page):
    """Names in the rows of the part in front, in order."""
    front = page.split("What was found")[1].split("<h2>")[0]
    return [row[0] for row in Page(f"<table>{front.split('<table>')[1].split('</table>')[0]}").rows[1:]]


def test_what_is_said_of_the_whole_sample_comes_first_and_series_are_folded(tmp_path):
    series = [finding(quantity="Hc2", conditions={"temperature_K": 1.0 + i, "criterion": "mid"}) for i in range(9)]
    few = finding(quantity="RRR", conditions={"temperature_K": 4.0})
    whole = [finding(quantity="Bc2_0", conditions={"criterion": c}) for c in ("mid", "onset")]
    lacking = finding(quantity="Tc_mid", value=None, error=None, verdict=Verdict.NOT_ENOUGH_DATA, reason="few")
    page = written(tmp_path, (*series, few, lacking, *whole))
    # the criterion of the figures alone, and nothing without a number
    assert quantities(page) == ["Hc2(0)", "RRR"]
    assert "Hc2 (9)" in page
    assert "Hc2(0) (1)" in page
    assert "Without a number (1)" in page


def test_a_long_reason_unfolds_from_its_method(tmp_path):
    page = written(tmp_path, (finding(method="local fit", reason="because of " + "much " * 30 + "<this>"),))
    assert "<summary>local fit</summary>because of much" in page
    assert "&lt;this&gt;" in page
