from analysis.findings import Finding, Verdict
from analysis.pieces import Pieces

FOUND = Finding("Tc_mid", 6.0, 0.1, "K", Verdict.GOOD)


def counted(calls):
    def work():
        calls.append(1)
        return [FOUND]

    return work


def test_done_once_for_the_same_objects():
    pieces, calls, one, other = Pieces(), [], [1], [2]
    for _ in range(3):
        assert pieces.of("a", [one, other], counted(calls)) == [FOUND]
    assert len(calls) == 1


def test_done_again_for_others_though_they_are_equal_and_for_more_or_fewer():
    pieces, calls, one, other = Pieces(), [], [1], [2]
    pieces.of("a", [one, other], counted(calls))
    for rests_on in ([[1], other], [other, one], [one], [one, other, one]):
        pieces.of("a", rests_on, counted(calls))
    assert len(calls) == 5


def test_names_are_apart():
    pieces, calls, one = Pieces(), [], [1]
    pieces.of(("a", True), [one], counted(calls))
    pieces.of(("a", False), [one], counted(calls))
    pieces.of(("a", True), [one], counted(calls))
    assert len(calls) == 2
