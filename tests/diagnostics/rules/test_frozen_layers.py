"""Layers that keep random weights are named."""

from tests.diagnostics.runs import check_patch, drawn, find, kernels, run, spec

FROZEN = {"type": "dense", "units": 8, "trainable": False}
TENSORS = kernels(dense_1=drawn(4, 8), output=drawn(8, 3))


def test_a_network_in_which_nothing_learns_is_a_warning() -> None:
    over = run(spec(layers=[FROZEN], output={"trainable": False}), initial=TENSORS, final=TENSORS)
    [finding] = find("frozen_layers", over)
    assert finding.level == "warning"
    assert finding.message.startswith("dense_1, output are not trainable and keep their random weights, so nothing is")
    changed = check_patch(over, finding)
    assert changed["layers"][0]["trainable"] is changed["output"]["trainable"] is True


def test_a_frozen_layer_of_a_good_network_is_told() -> None:
    [finding] = find("frozen_layers", run(spec(layers=[FROZEN]), initial=TENSORS, final=TENSORS))
    assert (finding.level, finding.layer) == ("info", "dense_1")
    [finding] = find("frozen_layers", run(spec(layers=[FROZEN]), value=0.4, initial=TENSORS, final=TENSORS))
    assert finding.level == "warning"
    assert find("frozen_layers", run(spec(), initial=TENSORS, final=TENSORS)) == []


def test_one_frozen_layer_is_named_as_one() -> None:
    over = run(spec(layers=[8, FROZEN, 8]), initial=TENSORS, final=TENSORS)
    [finding] = find("frozen_layers", over)
    assert finding.message == "dense_2 is not trainable and keeps its random weights."
    assert (finding.layer, finding.epoch, finding.value, finding.threshold) == ("dense_2", 0, 1, 1)
    both = run(spec(layers=[FROZEN, FROZEN, 8]), initial=TENSORS, final=TENSORS)
    [finding] = find("frozen_layers", both)
    assert (finding.layer, finding.value) == (None, 2)


def test_weights_of_an_earlier_model_may_be_frozen() -> None:
    start = {"model": "mdl_1", "strict": False, "optimizer_state": False}
    job = spec(layers=[FROZEN]) | {"initial_weights": start}
    assert find("frozen_layers", run(job, initial=TENSORS, final=TENSORS)) == []
