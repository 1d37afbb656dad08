"""Categories that are hard to learn are named."""

from tests.diagnostics.rules.data_runs import find_with


def test_the_column_is_named() -> None:
    [finding] = find_with("high_cardinality", labels=[f"c{number}" for number in range(55)])
    assert "'kind'" in finding.message
    assert find_with("high_cardinality", labels=["a", "b"]) == []
