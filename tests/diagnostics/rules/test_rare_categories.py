"""Categories that are hard to learn are named."""

from tests.diagnostics.rules.data_runs import find_with


def test_the_column_is_named() -> None:
    [finding] = find_with("rare_categories", labels=["a", "b", "c"], preprocessing={"max_categories": 2})
    assert "'kind'" in finding.message
    assert find_with("rare_categories", labels=["a", "b"]) == []
