"""A training that diverged is an error, with what to change."""

from steelyard.errors import Diverged
from tests.diagnostics.runs import check_patch, find, regression, run, spec

ERROR = Diverged("the loss was not finite in epoch 2, batch 3: layer 'dense_1' was the first. Try this.").problem()


def test_it_is_an_error_that_names_the_step_and_the_layer() -> None:
    over = run(spec(optimizer={"name": "sgd", "learning_rate": 50.0}), error=ERROR, history={"loss": [1.0]}, metrics={})
    [finding] = find("diverged", over)
    assert (finding.level, finding.epoch) == ("error", 2)
    assert "epoch 2, batch 3: layer 'dense_1' was the first" in finding.message
    assert "Try this" not in finding.message
    changed = check_patch(over, finding)
    assert changed["optimizer"]["learning_rate"] == 0.01
    assert changed["training"]["gradient_clip"]["norm"] == 1.0


def test_what_is_not_scaled_is_scaled_first() -> None:
    over = run(regression(preprocessing={"numeric": "none", "target": "none"}), error=ERROR, metrics={})
    [finding] = find("diverged", over)
    changed = check_patch(over, finding)["preprocessing"]
    assert (changed["numeric"], changed["target"]) == ("standard", "standard")


def test_other_failures_are_none() -> None:
    assert find("diverged", run(spec(), error={"type": "https://x/out-of-memory", "detail": ""})) == []
    assert find("diverged", run(spec())) == []
