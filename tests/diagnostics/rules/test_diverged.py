"""A training that diverged is an error, with what to change."""

from steelyard.diagnostics.rules import RULES
from steelyard.errors import Diverged
from tests.diagnostics.runs import changes, check_patch, find, regression, run, spec

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


def test_gradients_are_clipped_unless_they_are() -> None:
    clipped = spec(training={"gradient_clip": {"norm": 5.0}})
    [finding] = find("diverged", run(clipped, error=ERROR, metrics={}))
    assert changes(finding) == [("/optimizer/learning_rate", 0.0001)]
    [finding] = find("diverged", run(spec(optimizer="lbfgs"), error=ERROR, metrics={}))
    assert [path for path, _ in changes(finding)] == ["/optimizer/learning_rate"]


def test_inputs_of_an_embedding_are_not_scaled() -> None:
    job = spec(preprocessing={"numeric": "none"})
    embedding, dense = {"type": "embedding", "units": 4}, job["layers"][0]
    for layers, path in (([embedding, dense], "/optimizer/learning_rate"), ([dense], "/preprocessing/numeric")):
        [finding] = RULES["diverged"]().find(run(job | {"layers": layers}, error=ERROR, metrics={}))
        assert changes(finding)[0][0] == path
    [finding] = RULES["diverged"]().find(run(job | {"layers": []}, error=ERROR, metrics={}))
    assert changes(finding) == [("/preprocessing/numeric", "standard")]


def test_targets_are_scaled_where_they_are_not_and_may_be() -> None:
    none = {"numeric": "standard", "target": "none"}
    [finding] = find("diverged", run(regression(preprocessing=none), error=ERROR, metrics={}))
    assert changes(finding) == [("/preprocessing/target", "standard")]
    job = regression(preprocessing=none, loss="poisson", output={"activation": "exponential"})
    [finding] = find("diverged", run(job, error=ERROR, metrics={}))
    assert changes(finding)[0][0] == "/optimizer/learning_rate"


def test_a_rate_far_above_the_usual_one_is_lowered_too_where_inputs_are_not_scaled() -> None:
    for rate, paths in ((0.03, []), (0.031, ["/optimizer/learning_rate", "/training/gradient_clip"])):
        job = spec(preprocessing={"numeric": "none"}, optimizer={"name": "sgd", "learning_rate": rate})
        [finding] = find("diverged", run(job, error=ERROR, metrics={}))
        assert [path for path, _ in changes(finding)] == ["/preprocessing/numeric", *paths]
