"""Steps that are too large next to the weights are named."""

from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import check_patch, find, run, spec


def updates(ratio: float) -> object:
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
