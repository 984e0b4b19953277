"""The one run loop: articles in, results out, in order.

A task is a generator function: it yields the model calls that one item needs (``Call``), receives their outputs
and returns the result. The loop advances a bounded number of items together and merges their calls, so that one
forward pass serves many articles and tasks. Knows nothing of what the tasks do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from newsml.models.threads import one_thread

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

LOOKAHEAD = 64
"""Items in flight at once: the most that ``stream`` ever holds. Sentences of so many fill batches of equal lengths."""


class Runner(Protocol):
    """Something that turns a list of inputs into a list of outputs of the same length, in order.

    A runner batches as it likes; an output must not depend on the other inputs (to 1e-4 in fp32). One that gains
    nothing by many inputs has an attribute ``at_once``: over so many it gets those of one item alone, and the first
    items are done first.
    """

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any]:
        """One output for each input."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request a task makes of a model: run these inputs and send back as many outputs."""

    runner: Runner
    inputs: Sequence[Any]


Steps = Generator[Call, Sequence[Any], ResultT]
"""What a task's generator function returns: it yields calls, receives outputs, returns the result."""


def stream(
    items: Iterable[ItemT], steps: Callable[[ItemT], Steps[ResultT]], *, lookahead: int = LOOKAHEAD
) -> Iterator[ResultT]:
    """Run a task over any number of items, lazily and in order.

    Args:
        items: The inputs; read no further than ``lookahead`` ahead of the results.
        steps: The task: one generator per item.
        lookahead: Items in flight at once.

    Yields:
        One result per item, in the order of the items. An error of one item, or of the iterable itself, is raised
        after the results before it; an error of a model call stands for every item in flight.
    """
    if lookahead < 1:
        raise ValueError(f"lookahead must be at least 1, got {lookahead}")
    source = iter(items)
    error: Exception | None = None
    while error is None:
        parts, error = _start(source, steps, lookahead)
        for outcome in _Flight(parts).driven():
            if isinstance(outcome, _Failure):
                raise outcome.error
            yield outcome
        if len(parts) < lookahead and error is None:
            return
    raise error


@dataclass(frozen=True, slots=True)
class _Failure:
    """What stands in the place of the result of an item that has none."""

    error: Exception


def _start(
    source: Iterator[ItemT], steps: Callable[[ItemT], Steps[ResultT]], count: int
) -> tuple[list[Steps[ResultT | _Failure]], Exception | None]:
    """The next so many items on their way, and the error that ended the source, if one did.

    The items themselves are held by their steps alone, which let go of them when they are done.
    """
    parts: list[Steps[ResultT | _Failure]] = []
    try:
        for item in islice(source, count):
            parts.append(_guarded(steps, item))
    except Exception as error:  # noqa: BLE001  # raised by stream, after the results before it
        return parts, error
    return parts, None


def _guarded(steps: Callable[[ItemT], Steps[ResultT]], item: ItemT) -> Steps[ResultT | _Failure]:
    try:
        return (yield from steps(item))
    except Exception as error:  # noqa: BLE001  # raised by stream, after the results before it
        return _Failure(error)


class _Flight:
    """Several items on their way: what they wait for, and the results of those that have arrived."""

    def __init__(self, parts: Sequence[Steps[Any]]) -> None:
        self._parts = parts
        self._pending: dict[int, Call] = {}
        self.results: dict[int, Any] = {}
        with one_thread():
            for index in range(len(parts)):
                self._advance(index, None)

    def _advance(self, index: int, outputs: Any) -> None:
        try:
            self._pending[index] = self._parts[index].send(outputs)
        except StopIteration as stop:
            self.results[index] = stop.value

    def calls(self) -> Generator[Call, Sequence[Any], None]:
        """The calls that are due, each merged of those to the same runner; receives their outputs."""
        while self._pending:
            runner = self._pending[min(self._pending)].runner
            served = self._due(runner)
            outputs = yield Call(runner, [entry for call in served.values() for entry in call.inputs])
            position = 0
            with one_thread():
                for index, call in served.items():
                    del self._pending[index]
                    self._advance(index, outputs[position : position + len(call.inputs)])
                    position += len(call.inputs)

    def _due(self, runner: Runner) -> dict[int, Call]:
        limit = getattr(runner, "at_once", None)
        served: dict[int, Call] = {}
        inputs = 0
        for index, call in sorted(self._pending.items()):
            if call.runner != runner:
                continue
            inputs += len(call.inputs)
            if served and limit is not None and inputs > limit:
                break
            served[index] = call
        return served

    def driven(self) -> Iterator[Any]:
        """Make the calls; the results in order, each as soon as those before it are there."""
        calls, first = self.calls(), 0
        outputs: Any = None
        while True:
            try:
                call = calls.send(outputs)
            except StopIteration:
                call = None
            while first in self.results:
                yield self.results.pop(first)
                first += 1
            if call is None:
                return
            outputs = call.runner(call.inputs)


def together(parts: Sequence[Steps[Any]]) -> Steps[list[Any]]:
    """Run several tasks over one item side by side, as one task that returns the list of their results.

    Calls to the same runner that are due at the same moment are merged.
    """
    flight = _Flight(parts)
    yield from flight.calls()
    return [flight.results[index] for index in range(len(parts))]
