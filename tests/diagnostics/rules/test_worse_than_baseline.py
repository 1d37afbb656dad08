"""A network that does worse than answers without a network is named."""

import pytest

from steelyard.diagnostics.rules.worse_than_baseline import WorseThanBaseline
from tests.diagnostics.runs import check_patch, find, regression, run, spec


@pytest.mark.parametrize(("value", "found"), [(0.95, False), (0.9, False), (0.87, False), (0.84, True), (0.2, True)])
def test_only_what_is_worse_by_more_than_chance_counts(value: float, found: bool) -> None:
    assert bool(find("worse_than_baseline", run(spec(), value=value))) == found


def test_it_names_both_metrics_and_lets_the_service_choose() -> None:
    over = run(spec(), value=0.6)
    [finding] = find("worse_than_baseline", over)
    assert finding.message == ("The accuracy on the validation rows is 0.6, worse than the 0.9 of a linear model.")
    assert (finding.value, finding.threshold) == (0.6, 0.9)
    changed = check_patch(over, finding)
    assert changed["optimizer"]["name"] == "adamw"
    assert changed["training"]["early_stopping"] is not None


def test_numbers_are_compared_by_r2() -> None:
    assert find("worse_than_baseline", run(regression(), value=0.85)) == []
    [finding] = find("worse_than_baseline", run(regression(), value=0.7))
    assert "The r2 on the validation rows is 0.7" in finding.message


def test_jobs_without_a_baseline_are_passed_over() -> None:
    assert find("worse_than_baseline", run(spec(), value=0.1, baseline=None)) == []
    assert [*WorseThanBaseline(10).find(run(spec(), value=0.7))] == []
