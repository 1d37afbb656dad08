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
