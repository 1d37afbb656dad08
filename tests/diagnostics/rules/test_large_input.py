"""A value that made the training diverge is named."""

from tests.diagnostics.rules.data_runs import find_with


def test_the_cause_is_the_message() -> None:
    [finding] = find_with("large_input", causes={"train": "Row 3 has 1e+30 in 'x'."}, preprocessing={"numeric": "none"})
    assert finding.message == "Row 3 has 1e+30 in 'x'."
    assert finding.patch
    [finding] = find_with("large_input", causes={"train": "Row 3 has 1e+30 in 'x'."})
    assert finding.patch is None
    assert find_with("large_input") == []
