"""A training loss that stays where it began is named."""

import pytest

from tests.diagnostics.runs import changes, drawn, find, kernels, run, spec


@pytest.mark.parametrize(
    ("losses", "found"),
    [([1.0, 1.01, 0.981], True), ([1.0, 0.999, 0.979], False), ([1.0, 1.0], False), ([1.0, None, 0.5, None], False)],
)
def test_a_loss_that_falls_by_less_than_two_percent_is_named(losses: list[float | None], found: bool) -> None:
    findings = find("loss_did_not_fall", run(spec(), value=0.4, history={"loss": losses}))
    assert bool(findings) == found


def test_it_is_a_warning_unless_the_network_learned_at_once() -> None:
    flat = {"loss": [0.1, 0.1, 0.1, 0.1]}
    [finding] = find("loss_did_not_fall", run(spec(), value=0.4, history=flat))
    assert finding.level == "warning"
    assert finding.patch
    [finding] = find("loss_did_not_fall", run(spec(), value=0.95, history=flat))
    assert (finding.level, finding.patch) == ("info", None)


def test_what_was_measured_is_in_the_finding() -> None:
    [finding] = find("loss_did_not_fall", run(spec(), value=0.4, history={"loss": [1.0, 0.99, 0.995]}))
    assert (finding.epoch, finding.value, finding.threshold) == (3, 0.01, 0.02)
    assert find("loss_did_not_fall", run(spec(), value=0.4, history={"loss": [0.0, 0.0, 0.0]})) == []
    assert find("loss_did_not_fall", run(spec(), value=0.4, history={"loss": [1.0, 0.99, 0.98]})) == []
    diverged = {"type": "https://x/diverged", "detail": ""}
    assert find("loss_did_not_fall", run(spec(), error=diverged, history={"loss": [1.0] * 4})) == []


def test_a_larger_rate_is_the_patch() -> None:
    [finding] = find("loss_did_not_fall", run(spec(), value=0.4, history={"loss": [0.1] * 4}))
    assert changes(finding) == [("/optimizer/learning_rate", 0.01)]


def test_weights_that_did_not_move_have_not_learned_at_once() -> None:
    start = kernels(dense_1=drawn(3, 4))
    for moved, patched in ((0.0009, ["/optimizer/learning_rate"]), (0.0011, [])):
        end = {name: tensor * (1 + moved) for name, tensor in start.items()}
        [finding] = find("loss_did_not_fall", run(spec(), history={"loss": [0.1] * 4}, initial=start, final=end))
        assert (finding.level, [path for path, _ in changes(finding)]) == ("info", patched)
