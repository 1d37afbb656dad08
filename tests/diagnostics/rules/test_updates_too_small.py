"""Steps that are too small next to the weights are named."""

from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import check_patch, find, run, spec


def updates(ratio: float) -> object:
    nothing = float("nan")
    return recording(update_ratio={"dense_1": [nothing, *[ratio] * 3], "output": [nothing, *[ratio / 10] * 3]})


def test_the_largest_ratio_is_named_where_a_baseline_is_better() -> None:
    job = spec(optimizer={"name": "adam", "learning_rate": 1e-06})
    over = run(job, value=0.4, recording=updates(1e-08))
    [finding] = find("updates_too_small", over)
    assert (finding.layer, finding.value) == ("dense_1", 1e-08)
    assert check_patch(over, finding)["optimizer"]["learning_rate"] == 0.001
    assert find("updates_too_small", run(job, value=0.95, recording=updates(1e-08))) == []
    assert find("updates_too_small", run(job, value=0.4, recording=updates(0.0001))) == []
    assert find("updates_too_small", run(job, value=0.4)) == []
