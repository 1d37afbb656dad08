"""Steps that are too large next to the weights are named."""

from dataclasses import replace
from typing import Any

from steelyard.diagnostics.rules import RULES
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import check_patch, find, run, spec


def updates(ratio: float) -> Any:
    nothing = float("nan")
    return recording(update_ratio={"dense_1": [nothing, *[ratio] * 3], "output": [nothing, *[ratio / 10] * 3]})


def test_the_largest_ratio_is_named_where_a_baseline_is_better() -> None:
    job = spec(optimizer={"name": "adam", "learning_rate": 1.0})
    over = run(job, value=0.4, recording=updates(0.5))
    [finding] = find("updates_too_large", over)
    assert (finding.layer, finding.value) == ("dense_1", 0.5)
    assert check_patch(over, finding)["optimizer"]["learning_rate"] == 0.001
    assert find("updates_too_large", run(job, value=0.95, recording=updates(0.5))) == []
    assert find("updates_too_large", run(job, value=0.4, recording=updates(0.01))) == []
    assert find("updates_too_large", run(job, value=0.4)) == []


def test_the_threshold_kernels_that_are_frozen_and_line_searches_are_not_meant() -> None:
    assert find("updates_too_large", run(spec(), value=0.4, recording=updates(0.1))) == []
    [finding] = find("updates_too_large", run(spec(), value=0.4, recording=updates(0.1001)))
    assert finding.threshold == 0.1
    kept = updates(0.5)
    frozen = replace(
        kept, layout=replace(kept.layout, tensors=[replace(each, trainable=False) for each in kept.layout.tensors])
    )
    biases = [replace(each, name=each.name.replace("kernel", "bias")) for each in kept.layout.tensors]
    other = replace(kept, layout=replace(kept.layout, tensors=biases))
    early = replace(kept, epochs=kept.epochs[:1], tensors=kept.tensors[:1])
    for found in (frozen, other, early, updates(float("nan")), updates(0.0)):
        assert find("updates_too_large", run(spec(), value=0.4, recording=found)) == []
    lbfgs = spec(optimizer="lbfgs")
    assert find("updates_too_large", run(lbfgs, value=0.4, recording=kept)) == []
    rule = RULES["updates_too_large"]()
    assert rule.can_run(run(spec(), recording=kept))
    assert not rule.can_run(run(spec(), recording=kept, is_over=False))
    assert not rule.can_run(run(spec()))


def test_two_epochs_are_enough_and_the_first_has_no_step() -> None:
    for ratios, count in (([float("nan"), 0.5], 1), ([100.0, 0.05], 0)):
        kept = recording(update_ratio={"dense_1": [*ratios, 0.0, 0.0]})
        two = replace(kept, epochs=kept.epochs[:2], tensors=kept.tensors[:2])
        assert len(find("updates_too_large", run(spec(), value=0.4, recording=two))) == count
