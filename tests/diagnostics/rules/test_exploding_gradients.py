"""Gradients that explode on their way back are named."""

from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import check_patch, find, run, spec


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
