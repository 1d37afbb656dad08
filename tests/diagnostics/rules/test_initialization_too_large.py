"""Initial weights that are too large are named."""

from tests.diagnostics.runs import check_patch, drawn, find, kernels, run, spec


def tensors(scale: float) -> dict[str, object]:
    return kernels(dense_1=drawn(40, 80, scale=scale), dense_2=drawn(80, 80), output=drawn(80, 3))


def test_it_is_a_warning_where_the_network_did_not_learn() -> None:
    bad = spec(initializer={"name": "random_normal", "stddev": 1.0})
    over = run(bad, value=0.4, initial=tensors(30.0))
    [finding] = find("initialization_too_large", over)
    assert (finding.level, finding.layer, finding.epoch) == ("warning", "dense_1", 0)
    assert check_patch(over, finding)["layers"][0]["initializer"] == {"name": "he_normal"}
    [finding] = find("initialization_too_large", run(bad, initial=tensors(30.0)))
    assert finding.level == "info"


def test_usual_weights_have_none() -> None:
    assert find("initialization_too_large", run(spec(), value=0.4, initial=tensors(1.0))) == []
    assert find("initialization_too_large", run(spec(), value=0.4)) == []
