"""Which task targets are for: what the data tell, what the loss tells, and what is a guess."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from steelyard.errors import ValidationFailed
from steelyard.nn.losses import LOSSES
from steelyard.tabular.json_table import read_inline
from steelyard.tabular.targets import Targets, read_targets

PRICES = [221900, 180000, 510000, 257500, 291850, 662500, 468000, 310000, 400000, 530000, 650000, 395000, 485000,
          229500, 323000]  # fmt: skip


def read(columns: dict[str, list[Any]], *, asked: str = "auto", loss: str | None = None) -> Targets:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    table, _ = read_inline({"rows": rows})
    return read_targets(table, [*columns], asked, () if loss is None else LOSSES[loss].tasks)


def one(target: list[Any], **options: Any) -> tuple[str, str | None]:
    found = read({"y": target}, **options)
    return found.task, found.guess


def faults(columns: dict[str, list[Any]], **options: Any) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read(columns, **options)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("target", "task", "guess"),
    [
        (PRICES, "regression", "quantity"),
        ([*PRICES, *PRICES[:5]], "regression", "quantity"),  # 15 values in 20 rows
        ([*range(20, 32)] * 2, "regression", "quantity"),
        ([5, 6, 7, 8] * 4, "regression", "quantity"),
        ([5, 6, 7, 8] * 5, "multiclass", "classes"),
        ([1, 2, 3, 4, 5] * 2, "multiclass", "classes"),
        ([0, 1, 2] * 2, "multiclass", None),
        ([0, 1, 2, 3], "regression", "quantity"),
        ([-1, 1] * 3, "binary", None),
        ([100, 250], "binary", None),
        ([0.5, 1.5] * 3, "regression", None),
        ([*range(50)] * 10, "regression", None),
        (["a", "b", "c"], "multiclass", None),
        ([True, False], "binary", None),
    ],
)
def test_whole_numbers_are_classes_if_they_are_few_and_frequent(target: list[Any], task: str, guess: Any) -> None:
    assert one(target) == (task, guess)


@pytest.mark.parametrize(
    ("target", "loss", "task"),
    [
        ([0, 1, 2, 3, 4, 5, 6] * 9, "poisson", "regression"),
        ([0, 1] * 9, "poisson", "regression"),
        ([1, 2, 3] * 9, "mean_squared_error", "regression"),
        ([True, False] * 9, "huber", "regression"),
        (PRICES, "categorical_crossentropy", "multiclass"),
        ([0, 1] * 9, "categorical_crossentropy", "multiclass"),
        ([0, 1] * 9, "hinge", "binary"),
        (["a", "b", "c"] * 9, "mean_squared_error", "multiclass"),  # the error names the losses that fit
        ([0.5, 1.5, 2.5] * 9, "categorical_crossentropy", "regression"),
        ([0, 1, 2] * 9, "binary_crossentropy", "multiclass"),
    ],
)
def test_the_loss_decides_between_tasks_that_fit_the_data(target: list[Any], loss: str, task: str) -> None:
    assert one(target, loss=loss)[0] == task
    assert one(target, loss=loss, asked="auto")[0] == task


def test_a_task_that_is_asked_for_is_no_guess() -> None:
    assert one(PRICES, asked="multiclass") == ("multiclass", None)
    assert one([0, 1, 2] * 9, asked="regression") == ("regression", None)
    assert one([1, 2, 3] * 9, loss="poisson") == ("regression", None)


HOT = {"red": [1, 0, 0, 1], "green": [0, 1, 0, 0], "blue": [0, 0, 1, 0]}


@pytest.mark.parametrize("flag", [int, float, bool])
@pytest.mark.parametrize("options", [{}, {"asked": "multiclass"}, {"loss": "categorical_crossentropy"}])
def test_one_hot_targets_are_the_classes_of_one(flag: type, options: Any) -> None:
    found = read({name: [flag(value) for value in values] for name, values in HOT.items()}, **options)
    assert (found.task, found.classes) == ("multiclass", ["red", "green", "blue"])
    assert found.y.tolist() == [0, 1, 2, 0]
    assert found.guess == (None if options else "one_hot")


def test_two_one_hot_targets_are_binary() -> None:
    found = read({"no": [1, 0, 1], "yes": [0, 1, 0]})
    assert (found.task, found.classes, found.y.tolist()) == ("binary", ["no", "yes"], [0, 1, 0])
    assert read({"no": [1, 0, 1], "yes": [0, 1, 0]}, loss="categorical_crossentropy").task == "multiclass"
    assert read({"no": [1, 0, 1], "yes": [0, 1, 0]}, asked="multilabel").y.shape == (3, 2)
    assert read({"no": [1, 0, 1], "yes": [0, 1, 0]}, asked="regression").task == "regression"


@pytest.mark.parametrize(
    ("columns", "task", "guess"),
    [
        ({"a": [1, 1, 0], "b": [0, 1, 0]}, "multilabel", "labels"),
        ({"a": [True, True, False], "b": [False, True, False]}, "multilabel", None),
        ({"a": [1, 1, 1], "b": [0, 0, 0]}, "multilabel", "labels"),  # one class alone
        ({"a": [1, 0, 2], "b": [0, 1, 0]}, "regression", None),
    ],
)
def test_other_targets_of_zeros_and_ones_are_labels(columns: Any, task: str, guess: Any) -> None:
    found = read(columns)
    assert (found.task, found.guess) == (task, guess)
    assert found.y.shape == (3, 2)


def test_targets_that_are_not_one_hot_are_no_classes() -> None:
    several = {"a": [1, 1, 0], "b": [0, 1, 0]}
    assert "exactly one 1 in each row" in faults(several, asked="multiclass")["/task"]
    assert "3 classes" in faults(HOT, asked="binary")["/task"]
    assert read(several, loss="categorical_crossentropy").task == "multilabel"


@pytest.mark.parametrize("asked", ["auto", "regression", "multiclass"])
@pytest.mark.parametrize("loss", [None, "mean_squared_error"])
def test_dates_and_times_are_no_targets(asked: str, loss: str | None) -> None:
    days = [str(date(2026, 1, 1) + timedelta(days=day)) for day in range(9)]
    times = [f"{hour:02}:30" for hour in range(9)]
    date_fault = faults({"when": days}, asked=asked, loss=loss)
    assert date_fault == {
        "/data/target": "names 'when', which holds dates; dates cannot be predicted. Use a number, such as the days "
        "since a fixed date"
    }
    assert "holds times of day" in faults({"at": times}, asked=asked, loss=loss)["/data/target"]


def test_values_and_indices_are_those_of_the_rows() -> None:
    found = read({"y": [3, 1, 1, 3] * 5})
    assert found.classes == [1, 3]
    assert found.y.tolist() == [1, 0, 0, 1] * 5
    assert read({"y": [0.5, 2, 3]}).y.tolist() == [[0.5], [2], [3]]
    assert read({"y": [0.5, 2, 3]}).y.dtype == np.float64


@pytest.mark.parametrize(
    ("target", "words"),
    [(["a", "a"], "has 'a' as 't'"), ([7.0, 7.0], "has 7 as 't'"), ([True, True], "has True as 't'")],
)
def test_a_constant_class_is_shown(target: list[Any], words: str) -> None:
    [detail] = faults({"t": target}, asked="multiclass").values()
    assert detail.startswith(words)


def test_up_to_twenty_whole_numbers_that_are_too_rare_are_a_guess() -> None:
    assert one([*range(0, 40, 2)]) == ("regression", "quantity")
    assert one([*range(0, 42, 2)]) == ("regression", None)


def test_a_loss_of_two_classes_takes_two_one_hot_columns_and_no_more() -> None:
    two = {"a": [1, 0, 1], "b": [0, 1, 0]}
    assert read(two, loss="binary_crossentropy").task == "binary"
    three = {"a": [1, 0, 0, 1], "b": [0, 1, 0, 0], "c": [0, 0, 1, 0]}
    assert read(three, loss="categorical_crossentropy").task == "multiclass"
    assert read(three, loss="binary_crossentropy").task == "multilabel"


def test_the_values_of_labels_are_those_of_the_rows() -> None:
    found = read({"a": [1, 0, 1], "b": [1, 1, 0]}, asked="multilabel")
    assert found.y.tolist() == [[1, 1], [0, 1], [1, 0]]
    assert found.y.dtype == np.float64


@pytest.mark.parametrize("rows", [2, 3])
def test_numbers_like_those_of_classes_may_be_rarer(rows: int) -> None:
    codes = [0, 1, 2, 3] * rows
    assert one(codes)[0] == "multiclass"
    assert one([code + 1 for code in codes])[0] == "multiclass"
    assert one([code + 2 for code in codes]) == ("regression", "quantity")
    assert one([0, 1, 2, 4] * rows) == ("regression", "quantity")
    assert one([0, 1, 2, 4] * 5) == ("multiclass", "classes")
