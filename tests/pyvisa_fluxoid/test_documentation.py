"""The examples of the page on the simulated rack run as they stand there."""

import re
import warnings
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PAGE = HOME / "docs" / "how-to" / "use-the-simulated-rack.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
HERE = [text for text in EXAMPLES if "qcodes" not in text and "create_connection" not in text]


def test_there_are_examples():
    assert len(HERE) == 4


@pytest.mark.parametrize("example", HERE)
def test_an_example_runs(example, monkeypatch, capsys):
    monkeypatch.chdir(HOME)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymeasure's remarks on itself
        exec(example, {})
    assert capsys.readouterr().out.strip()
