"""Requests of one turn of the event loop are computed together, with the bits that each has alone."""

import asyncio
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import Engine

from steelyard.inference.service import Loaded, load_model
from steelyard.inference.together import MOST_ROWS, Together
from steelyard.nn.evaluation import Answers
from tests.service import SMALLEST
from tests.trained import train_model

Array = NDArray[Any]


@pytest.fixture(scope="module")
def models(store: Engine) -> list[Loaded]:
    """Two models of four numbers."""
    specs = [{**SMALLEST, "training": {"epochs": 2, "seed": seed}} for seed in (1, 2)]
    return [load_model(store, train_model(store, spec)) for spec in specs]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each computation has had."""
    counts: list[int] = []
    answer = Loaded.answer

    def counted(model: Loaded, x: Array) -> Answers:
        counts.append(len(x))
        return answer(model, x)

    monkeypatch.setattr(Loaded, "answer", counted)
    return counts


def rows(*counts: int) -> list[Array]:
    """Inputs of requests with so many rows each."""
    generator = np.random.default_rng(0)
    return [generator.standard_normal((count, 4)).astype(np.float32) for count in counts]


def ask(*requests: tuple[Loaded, Array]) -> list[Any]:
    """The answers to requests that come in one turn, or what they raise."""

    async def ask_all() -> list[Any]:
        together = Together()
        return await asyncio.gather(*(together.answer(*each) for each in requests), return_exceptions=True)

    return asyncio.run(ask_all())


def test_rows_that_come_together_have_the_bits_that_each_has_alone(models: list[Loaded], computed: list[int]) -> None:
    requests = [(models[place % 2], x) for place, x in enumerate(rows(1, 1, 3, 2, 1, 5, 1, 4))]
    found = ask(*requests)
    assert computed == [1 + 3 + 1 + 1, 1 + 2 + 5 + 4]
    for (model, x), answers in zip(requests, found, strict=True):
        alone = model.answer(x)
        assert answers.outputs.tobytes() == alone.outputs.tobytes()
        assert answers.probabilities.tobytes() == alone.probabilities.tobytes()
        assert answers.predictions.tolist() == alone.predictions.tolist()


def test_at_most_so_many_rows_are_computed_together_but_for_those_of_one_request(
    models: list[Loaded], computed: list[int]
) -> None:
    found = ask(*((models[0], x) for x in rows(MOST_ROWS - 1, 1, 1, 40, *[1] * MOST_ROWS)))
    assert computed == [MOST_ROWS, 1, 40, MOST_ROWS]
    assert [len(answers.outputs) for answers in found] == [MOST_ROWS - 1, 1, 1, 40, *[1] * MOST_ROWS]


def test_what_goes_wrong_with_one_model_goes_wrong_for_its_own_requests(models: list[Loaded]) -> None:
    wrong = np.zeros((1, 3), np.float32)
    first, second, other = ask((models[0], wrong), (models[0], wrong), (models[1], rows(1)[0]))
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)
    assert isinstance(other, Answers)


def test_a_request_that_is_given_up_leaves_the_others_theirs(models: list[Loaded], computed: list[int]) -> None:
    async def give_one_up() -> list[Any]:
        together = Together()
        tasks = [asyncio.ensure_future(together.answer(models[0], x)) for x in rows(1, 2)]
        await asyncio.sleep(0)  # both wait now
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    gone, other = asyncio.run(give_one_up())
    assert isinstance(gone, asyncio.CancelledError)
    assert len(other.outputs) == 2
    assert computed == [2]


def test_requests_of_later_turns_are_answered_too(models: list[Loaded], computed: list[int]) -> None:
    async def ask_twice() -> None:
        together = Together()
        for x in rows(1, 2):
            await together.answer(models[0], x)

    asyncio.run(ask_twice())
    assert computed == [1, 2]
