"""The run loop: order, merging of calls, laziness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from newsml.tasks.run import Call, Steps, stream, together


class Doubler:
    """Doubles numbers, and remembers how they came."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, inputs: Sequence[int]) -> list[int]:
        self.calls.append(list(inputs))
        return [2 * number for number in inputs]


def twice(runner: Doubler, number: int, *, rounds: int) -> Steps[int]:
    for _ in range(rounds):
        (number,) = yield Call(runner, [number])
    return number


def test_results_come_in_order_whatever_the_rounds() -> None:
    runner = Doubler()
    rounds = [3, 0, 1, 2]
    assert list(stream(rounds, lambda n: twice(runner, 1, rounds=n))) == [8, 1, 2, 4]


def test_calls_to_one_runner_are_merged() -> None:
    runner = Doubler()
    assert list(stream([1, 2, 3], lambda n: twice(runner, n, rounds=1))) == [2, 4, 6]
    assert runner.calls == [[1, 2, 3]]


def test_lookahead_bounds_what_is_read() -> None:
    runner = Doubler()
    read: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    results = stream(numbers(), lambda n: twice(runner, n, rounds=1), lookahead=4)
    assert read == []
    assert next(results) == 0
    assert read == [0, 1, 2, 3]


def test_what_is_slow_is_done_for_the_first_items_first() -> None:
    slow = Doubler()
    slow.at_once = 2  # type: ignore[attr-defined]
    results = stream([1, 2, 3], lambda n: twice(slow, n, rounds=2), lookahead=3)
    assert next(results) == 4
    assert slow.calls == [[1, 2], [2, 4]]
    assert list(results) == [8, 12]
    assert slow.calls[2:] == [[3], [6]]


def test_an_empty_call_is_answered_with_nothing() -> None:
    def steps(_: int) -> Steps[list[int]]:
        return list((yield Call(Doubler(), [])))

    assert list(stream([1], steps)) == [[]]


def test_together_runs_tasks_side_by_side() -> None:
    runner = Doubler()

    def both(number: int) -> Steps[list[int]]:
        return (yield from together([twice(runner, number, rounds=1), twice(runner, 10 * number, rounds=2)]))

    assert list(stream([1, 2], both)) == [[2, 40], [4, 80]]
    assert runner.calls == [[1, 10, 2, 20], [20, 40]]


def test_an_error_in_a_task_is_the_callers() -> None:
    def steps(number: int) -> Steps[int]:
        if number == 2:
            raise ValueError("two")
        return number
        yield

    with pytest.raises(ValueError, match="two"):
        list(stream([1, 2], steps))


def test_an_error_comes_after_the_results_before_it() -> None:
    runner = Doubler()

    def steps(number: int) -> Steps[int]:
        (doubled,) = yield Call(runner, [number])
        if number == 2:
            raise ValueError("two")
        return int(doubled)

    results = stream([0, 1, 2, 3], steps)
    assert [next(results), next(results)] == [0, 2]
    with pytest.raises(ValueError, match="two"):
        next(results)
    assert list(results) == []


def test_an_error_of_the_source_comes_after_the_results_before_it() -> None:
    def numbers() -> Iterator[int]:
        yield from range(6)
        raise OSError("gone")

    results = stream(numbers(), lambda n: twice(Doubler(), n, rounds=1), lookahead=4)
    assert [next(results) for _ in range(6)] == [0, 2, 4, 6, 8, 10]
    with pytest.raises(OSError, match="gone"):
        next(results)


def test_a_lookahead_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(stream([1], lambda n: twice(Doubler(), n, rounds=1), lookahead=0))
