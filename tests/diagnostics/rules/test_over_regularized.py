"""Penalties that outweigh the loss are named."""

from typing import Any

import numpy as np

from steelyard.diagnostics.recording.record import LAYER_SERIES, LayerFacts, Layout, Recording
from tests.diagnostics.runs import changes, check_patch, drawn, find, kernels, run, spec

START = kernels(dense_1=drawn(4, 8), output=drawn(8, 3))
SMALL = {name: tensor * 0.01 for name, tensor in START.items()}
L2 = {"name": "l2", "l2": 10.0}


def test_kernels_that_shrank_are_named_and_freed() -> None:
    over = run(spec(regularizer=L2), value=0.4, initial=START, final=SMALL)
    [finding] = find("over_regularized", over)
    assert "to 0.01 times its initial norm" in finding.message
    changed = check_patch(over, finding)
    assert [layer["regularizer"] for layer in [*changed["layers"], changed["output"]]] == [None, None, None]


def test_a_penalty_that_outweighs_the_loss_is_named() -> None:
    metrics = {split: {"accuracy": 0.4, "loss": 1.0} for split in ("train", "validation")}
    history = {"loss": [140.0, 131.0]}
    over = run(spec(regularizer=L2), metrics=metrics, history=history, initial=START, final=START)
    [finding] = find("over_regularized", over)
    assert "The penalties add 130 to a loss of 1" in finding.message
    assert find("over_regularized", run(spec(), metrics=metrics, history=history, initial=START, final=START)) == []


def test_weight_decay_counts() -> None:
    decay = spec(optimizer={"name": "adamw", "weight_decay": 100.0})
    over = run(decay, value=0.4, initial=START, final=SMALL)
    [finding] = find("over_regularized", over)
    assert check_patch(over, finding)["optimizer"]["weight_decay"] == 0


def test_good_networks_and_those_without_a_penalty_have_none() -> None:
    assert find("over_regularized", run(spec(regularizer=L2), value=0.95, initial=START, final=SMALL)) == []
    assert find("over_regularized", run(spec(regularizer=L2), value=0.4, initial=START, final=START)) == []
    assert find("over_regularized", run(spec(), value=0.4, initial=START, final=SMALL)) == []


def test_kernels_that_start_at_zero_did_not_shrink() -> None:
    zeros = {name: tensor * 0 for name, tensor in START.items()}
    decay = spec(optimizer={"name": "adamw", "weight_decay": 0.3})
    assert find("over_regularized", run(decay, value=0.4, initial=zeros, final=zeros)) == []


def test_what_was_measured_is_in_the_finding() -> None:
    half = {name: tensor * (0.49 if name.startswith("dense") else 0.6) for name, tensor in START.items()}
    [finding] = find("over_regularized", run(spec(regularizer=L2), value=0.4, initial=START, final=half))
    assert (finding.layer, finding.epoch, finding.value, finding.threshold) == ("dense_1", 20, 0.49, 0.5)
    more = {name: tensor * 0.5 for name, tensor in START.items()}
    assert find("over_regularized", run(spec(regularizer=L2), value=0.4, initial=START, final=more)) == []
    metrics = {split: {"accuracy": 0.4, "loss": 1.0} for split in ("train", "validation")}
    for last, count in ((3.0, 0), (3.5, 1)):
        given: dict[str, Any] = {"metrics": metrics, "history": {"loss": [9.0, last]}, "initial": START, "final": START}
        findings = find("over_regularized", run(spec(regularizer=L2), **given))
        assert [(each.layer, each.value, each.threshold) for each in findings] == [(None, 2.5, 2)] * count
    assert (
        find("over_regularized", run(spec(regularizer=L2), value=0.4, initial=START, final=half, is_over=False)) == []
    )


def test_only_what_was_set_is_patched() -> None:
    metrics = {split: {"accuracy": 0.4, "loss": 0.5} for split in ("train", "validation")}
    given: dict[str, Any] = {"metrics": metrics, "history": {"loss": [9.0, 2.5]}, "initial": START, "final": START}
    [finding] = find("over_regularized", run(spec(regularizer=L2), **given))
    assert finding.value == 4  # times the loss
    paths = [path for path, _ in changes(finding)]
    assert paths == ["/layers/0/regularizer", "/layers/1/regularizer", "/output/regularizer"]
    decay = spec(optimizer={"name": "adamw", "weight_decay": 100.0})
    [finding] = find("over_regularized", run(decay, value=0.4, initial=START, final=SMALL))
    assert changes(finding) == [("/optimizer/weight_decay", 0.0)]


def test_dropout_of_most_outputs_is_named_and_weakened() -> None:
    dropped = [{"type": "dropout", "rate": 0.9}, 8, {"type": "dropout", "rate": 0.97}, {"type": "dropout", "rate": 0.8}]
    over = run(spec(layers=dropped), value=0.4)
    [finding] = find("over_regularized", over)
    assert finding.message.startswith("dropout_2 drops 97% of the outputs of the layer before it in each step")
    assert (finding.layer, finding.value, finding.threshold) == ("dropout_2", 0.97, 0.8)
    rates = [layer.get("rate") for layer in check_patch(over, finding)["layers"]]
    assert rates == [0.2, None, 0.2, 0.8]
    assert find("over_regularized", run(spec(layers=dropped), value=0.95)) == []
    assert find("over_regularized", run(spec(layers=dropped), value=0.4, is_over=False)) == []


def recorded(**layers: tuple[float, float]) -> Recording:
    """Two epochs of layers with their `output_std` and `forward_gain` at the second."""
    facts = tuple(LayerFacts(name.replace("__", "."), "dense", None, 8) for name in layers)
    values = np.full((2, len(layers), len(LAYER_SERIES)), 99.0)
    for place, (spread, gain) in enumerate(layers.values()):
        values[1, place, LAYER_SERIES.index("output_std")] = spread
        values[1, place, LAYER_SERIES.index("forward_gain")] = gain
    layout = Layout(facts, (), "float32")
    return Recording(
        layout, np.array([0, 1]), np.zeros((2, 2)), values, np.zeros((2, 0, 0)), np.zeros((2, 0, 0), np.uint32)
    )


NOISY: list[Any] = [
    {"type": "gaussian_noise", "stddev": 30.0}, 8, {"type": "gaussian_noise", "stddev": 3.0},
    {"type": "dropout", "rate": 0.1}, 8, {"type": "gaussian_noise", "stddev": 1.9},
]  # fmt: skip


def test_noise_that_drowns_what_it_is_added_to_is_named_and_weakened() -> None:
    recording = recorded(dense_1=(6.0, 0.5), dense_2=(1.0, 2.0), output=(2.0, 1.0))  # of 12, 0.5 and 2
    over = run(spec(layers=NOISY), value=0.4, recording=recording)
    [finding] = find("over_regularized", over)
    assert finding.message.startswith("gaussian_noise_2 adds noise 6 times as large as the spread of what it is added")
    assert (finding.layer, finding.value, finding.threshold) == ("gaussian_noise_2", 6.0, 1.0)
    assert [layer.get("stddev") for layer in check_patch(over, finding)["layers"]] == [1.0, None, 0.05, None, None, 1.9]
    assert (finding.level, finding.message.partition(", ")[2]) == (
        "warning",
        "and the network is worse than a baseline.",
    )
    [note] = find("over_regularized", run(spec(layers=NOISY), value=0.95, recording=recording))
    assert note.level == "info"
    assert note.message.endswith("what it is added to.")
    assert find("over_regularized", run(spec(layers=NOISY), value=0.4, recording=recording, is_over=False)) == []


def test_nothing_is_said_of_noise_whose_ground_is_not_known() -> None:
    assert find("over_regularized", run(spec(layers=NOISY), value=0.4)) == []
    for nothing in (0.0, 1.0):
        unknown = recorded(dense_1=(np.nan, np.nan), dense_2=(0.0, nothing), output=(1.0, np.nan))
        assert find("over_regularized", run(spec(layers=NOISY), value=0.4, recording=unknown)) == []


def test_a_constraint_that_keeps_kernels_small_is_removed() -> None:
    over = run(spec(constraint={"name": "max_norm", "max_value": 0.001}), value=0.4, initial=START, final=SMALL)
    [finding] = find("over_regularized", over)
    assert "shrank the kernel of dense_1 to 0.01 times its initial norm" in finding.message
    changed = check_patch(over, finding)
    assert [layer["constraint"] for layer in [*changed["layers"], changed["output"]]] == [None, None, None]
