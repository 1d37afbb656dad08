"""Initial weights that are too small are named."""

from steelyard.diagnostics.gains import total_gain
from steelyard.diagnostics.rules.initialization_too_small import InitializationTooSmall
from tests.diagnostics.runs import changes, check_patch, drawn, find, kernels, run, spec


def tensors(scale: float) -> dict[str, object]:
    return kernels(dense_1=drawn(40, 80, scale=scale), dense_2=drawn(80, 80), output=drawn(80, 3))


def test_it_is_a_warning_where_the_network_did_not_learn() -> None:
    bad = spec(initializer={"name": "random_normal", "stddev": 1.0})
    over = run(bad, value=0.4, initial=tensors(0.01))
    [finding] = find("initialization_too_small", over)
    assert (finding.level, finding.layer, finding.epoch) == ("warning", "dense_1", 0)
    assert check_patch(over, finding)["layers"][0]["initializer"] == {"name": "he_normal"}
    [finding] = find("initialization_too_small", run(bad, initial=tensors(0.01)))
    assert finding.level == "info"


def test_usual_weights_have_none() -> None:
    assert find("initialization_too_small", run(spec(), value=0.4, initial=tensors(1.0))) == []
    assert find("initialization_too_small", run(spec(), value=0.4)) == []


def test_weights_of_an_earlier_model_are_not_meant() -> None:
    start = {"model": "mdl_1", "strict": False, "optimizer_state": False}
    assert find("initialization_too_small", run(spec() | {"initial_weights": start}, initial=tensors(0.01))) == []


def test_the_patch_draws_the_hidden_layers_again() -> None:
    job = spec(initializer={"name": "random_normal", "stddev": 1.0})
    [finding] = find("initialization_too_small", run(job, initial=tensors(0.01)))
    assert [path for path, _ in changes(finding)] == ["/layers/0/initializer", "/layers/1/initializer"]
    high = {"loss": [3.1, 0.5, 0.3]}  # more than three times the loss of a constant answer, at the start
    [finding] = find("initialization_too_small", run(job, initial=tensors(0.01), history=high))
    assert finding.level == "info"


def test_a_gain_at_the_threshold_is_none() -> None:
    over = run(spec(), initial=tensors(0.01))
    gain, _ = total_gain(over)
    assert [*InitializationTooSmall(gain=gain).find(over)] == []
    assert len([*InitializationTooSmall(gain=gain * 1.001).find(over)]) == 1
