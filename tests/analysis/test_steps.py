from analysis.steps import Progress, Steps, stepwise


@stepwise
def total(numbers: list[int], start: int = 0) -> Steps[int]:
    """A sum that yields before every term."""
    for number in numbers:
        yield
        start += number
    return start


@stepwise
def twice(numbers: list[int]) -> Steps[int]:
    return (yield from total.steps(numbers)) + (yield from total.steps(numbers))


def test_called_it_is_an_ordinary_function():
    assert total([1, 2, 3], start=10) == 16
    assert twice([1, 2]) == 6
    assert total([]) == 0
    assert total.__doc__ == "A sum that yields before every term."


def test_steps_are_those_of_all_that_it_calls():
    progress = Progress(twice.steps([1, 2]))
    # four terms, and the return
    assert [progress.advance() for _ in range(5)] == [False] * 4 + [True]
    assert progress.result == 6
