"""A rare class that the network misses is named."""

import numpy as np
import pytest

from tests.diagnostics.runs import check_patch, find, predicted, run, spec

TARGETS = np.where(np.arange(200) < 12, 2, np.arange(200) % 2)
MISSED = np.where(np.arange(200) < 10, 0, TARGETS)


def test_it_is_named_with_its_share_and_balanced_by_the_patch() -> None:
    over = run(spec(), predictions={"train": predicted(TARGETS, MISSED)})
    [finding] = find("class_imbalance", over)
    assert "The class 'c' has 12 of 200 training rows, and 83% of its rows are predicted as another" in finding.message
    assert check_patch(over, finding)["training"]["class_weight"] == "balanced"


def test_a_rare_class_that_is_found_and_balanced_jobs_have_none() -> None:
    assert find("class_imbalance", run(spec(), predictions={"train": predicted(TARGETS, TARGETS)})) == []
    weighted = spec(training={"class_weight": "balanced"})
    assert find("class_imbalance", run(weighted, predictions={"train": predicted(TARGETS, MISSED)})) == []
    assert find("class_imbalance", run(spec(), predictions={"train": predicted(MISSED, TARGETS)})) == []


@pytest.mark.parametrize(("rows", "count"), [(4, 0), (5, 1)])
def test_a_class_of_fewer_than_five_rows_is_passed_over(rows: int, count: int) -> None:
    targets = np.where(np.arange(200) < rows, 2, np.arange(200) % 2)
    over = run(spec(), predictions={"train": predicted(targets, np.arange(200) % 2)})
    assert len(find("class_imbalance", over)) == count


def test_a_class_that_is_missed_no_more_than_others_has_none() -> None:
    confused = np.where((np.arange(200) > 11) & (np.arange(200) < 180), 1 - np.arange(200) % 2, MISSED)
    assert find("class_imbalance", run(spec(), predictions={"train": predicted(TARGETS, confused)})) == []


def test_held_out_rows_count_where_there_are_enough_of_the_class() -> None:
    found = {"train": predicted(TARGETS, TARGETS), "validation": predicted(TARGETS, MISSED)}
    [finding] = find("class_imbalance", run(spec(), predictions=found))
    assert (finding.value, finding.threshold) == (0.166667, 0.5)
    assert finding.message.endswith("next to 0% of the others.")
    assert find("class_imbalance", run(spec(), predictions=found, is_over=False)) == []
    alone = found | {"validation": predicted(np.full(20, 2), np.zeros(20, int))}
    assert find("class_imbalance", run(spec(), predictions=alone)) == []  # there are no others to compare with


def test_a_class_of_two_fifths_of_an_even_share_is_not_rare() -> None:
    for rare, count in ((20, 0), (19, 1)):  # of 150 rows in three classes
        targets = np.where(np.arange(150) < rare, 2, np.arange(150) % 2)
        over = run(spec(), predictions={"train": predicted(targets, np.where(targets == 2, 0, targets))})
        assert len(find("class_imbalance", over)) == count


def test_training_rows_count_where_few_of_the_class_are_held_out() -> None:
    few = np.array([2] * 3 + [0] * 20)
    rows = {"train": predicted(TARGETS, MISSED), "validation": predicted(few, few)}
    [finding] = find("class_imbalance", run(spec(), predictions=rows))
    assert finding.value == 0.166667


def test_others_must_be_found_twice_as_often_and_every_rare_class_is_looked_at() -> None:
    targets = np.where(np.arange(200) < 10, 2, np.where(np.arange(200) < 20, 3, np.arange(200) % 2))
    hit = np.where((np.arange(200) % 10 < 4) | (np.arange(200) >= 20), targets, 0)  # 4 of 10 of both rare classes
    classes = [*"abcd"]
    found = find("class_imbalance", run(spec(), classes=classes, predictions={"train": predicted(targets, hit)}))
    assert [finding.message.split()[2] for finding in found] == ["'c'", "'d'"]
    half = np.where((np.arange(200) < 20) | (np.arange(200) % 10 < 7), hit, 2)  # of the others, 7 of 10
    assert find("class_imbalance", run(spec(), classes=classes, predictions={"train": predicted(targets, half)})) == []
    first = np.where(np.arange(200) < 10, targets, hit)
    [finding] = find("class_imbalance", run(spec(), classes=classes, predictions={"train": predicted(targets, first)}))
    assert "'d'" in finding.message
