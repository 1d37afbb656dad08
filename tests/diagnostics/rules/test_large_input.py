"""A value that made the training diverge is named."""

from typing import Any

from tests.diagnostics.rules.data_runs import Y, find_with
from tests.diagnostics.runs import changes


def test_the_cause_is_the_message() -> None:
    [finding] = find_with("large_input", causes={"train": "Row 3 has 1e+30 in 'x'."}, preprocessing={"numeric": "none"})
    assert finding.message == "Row 3 has 1e+30 in 'x'."
    assert finding.patch
    [finding] = find_with("large_input", causes={"train": "Row 3 has 1e+30 in 'x'."})
    assert finding.patch is None
    assert find_with("large_input") == []


def test_a_target_is_scaled_as_a_target() -> None:
    given: dict[str, Any] = {"causes": {"train": "Row 3 has 1e+30 as the target 'y'."}, "y": Y * 1e6}
    raw = {"numeric": "none", "target": "none"}
    [finding] = find_with("large_input", **given, preprocessing=raw)
    assert "preprocessing.target" in finding.suggestion
    assert changes(finding) == [("/preprocessing/target", "standard")]
    [finding] = find_with("large_input", **given, preprocessing={"numeric": "none"})
    assert changes(finding) == [("/preprocessing/numeric", "robust")]  # the target is scaled, so it is an input
