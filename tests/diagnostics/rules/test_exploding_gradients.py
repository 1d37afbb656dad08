"""Gradients that explode on their way back are named."""

from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import changes, check_patch, find, run, spec


def norms(first: float) -> object:
    return recording(gradient_norm={"dense_1": [1.0, first, first, 1.0], "output": [1.0] * 4})


def test_a_first_layer_with_a_large_gradient_is_named_with_the_first_epoch() -> None:
    over = run(spec(optimizer={"name": "sgd", "learning_rate": 1.0}), value=0.4, recording=norms(1e5))
    [finding] = find("exploding_gradients", over)
    assert (finding.level, finding.epoch, finding.value) == ("warning", 1, 1e5)
    changed = check_patch(over, finding)
    assert changed["training"]["gradient_clip"]["norm"] == 1.0
    assert changed["optimizer"]["learning_rate"] == 0.01
    assert find("exploding_gradients", run(spec(), value=0.4, recording=norms(100.0))) == []
    assert find("exploding_gradients", run(spec(), value=0.4)) == []


def test_the_patch_changes_what_is_not_as_usual() -> None:
    job = spec(initializer={"name": "random_normal", "stddev": 1.0})
    [finding] = find("exploding_gradients", run(job, recording=norms(1e5)))
    assert finding.level == "info"
    assert changes(finding) == [
        ("/layers/0/initializer", {"name": "he_normal"}),
        ("/layers/1/initializer", {"name": "he_normal"}),
        ("/training/gradient_clip", {"norm": 1.0}),
    ]
    clipped = spec(training={"gradient_clip": {"norm": 5.0}}, initializer="ones", optimizer="adam")
    [finding] = find("exploding_gradients", run(clipped, recording=norms(1e5)))
    assert [path for path, _ in changes(finding)] == ["/layers/0/initializer", "/layers/1/initializer"]


def test_a_thousand_times_is_not_yet_exploding() -> None:
    assert find("exploding_gradients", run(spec(), recording=norms(1000.0))) == []
    assert len(find("exploding_gradients", run(spec(), recording=norms(1000.5)))) == 1
