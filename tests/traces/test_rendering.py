"""Every number of a trace has its formula, that of the part that computed it."""

from typing import Any

from steelyard.documents.writer import to_values
from steelyard.traces.service import Tracer
from tests.traces.jobs import plain, rows


def test_layers_within_blocks_are_shown(tracer: Tracer) -> None:
    block = {"type": "residual", "layers": [{"type": "dense", "units": 3, "activation": "prelu"}]}
    answer = to_values(tracer.trace(plain(layers=[4, block])))
    residual = answer["layers"][1]
    assert [layer["name"] for layer in residual["layers"]] == ["dense_1"]
    assert residual["layers"][0]["weighted_sums"]["values"]
    formulas = {tensor["name"]: tensor["gradients"]["formula"] for tensor in residual["tensors"]}
    assert "∂L/∂kernel = xᵀ" in formulas["residual_1/dense_1.kernel"]
    assert "∂f/∂α" in formulas["residual_1/dense_1.alpha"]
    assert "∂L/∂projection" in formulas["residual_1/projection.kernel"]


def test_the_output_of_a_loss_with_a_link_is_activated(tracer: Tracer) -> None:
    [*_, output] = to_values(tracer.trace(plain(data=rows("binary"), task="binary")))["layers"]
    assert output["outputs"]["formula"] == "f(z) = 1 / (1 + exp(−z))"
    assert all(0 < value < 1 for [value] in output["outputs"]["values"])
    assert output["weighted_sum_gradients"]["formula"].startswith("∂L/∂zᵢ = (σ(zᵢ) − tᵢ) / n")
    assert "output_gradients" not in output


def test_normalization_shows_what_it_computes_on_the_way(tracer: Tracer) -> None:
    layers: list[Any] = [4, {"type": "batch_normalization"}, {"type": "layer_normalization"}]
    _, batch, layer, _ = to_values(tracer.trace(plain(layers=layers)))["layers"]
    assert {*batch["intermediates"]} == {"mean", "standard_deviation", "normalized"}
    assert {*layer["intermediates"]} == {"standard_deviation", "normalized"}
    moving = {tensor["name"]: tensor for tensor in batch["tensors"]}["batch_normalization_1/moving_mean"]
    assert not moving["trainable"]
    assert "gradients" not in moving
    assert moving["before"] != moving["after"]


def test_what_training_does_not_reach_has_no_gradients(tracer: Tracer) -> None:
    frozen = {"type": "dense", "units": 4, "trainable": False}
    first, *_ = to_values(tracer.trace(plain(layers=[frozen, 4])))["layers"]
    assert "output_gradients" not in first
    assert first["tensors"][0]["before"] == first["tensors"][0]["after"]


def test_constraints_and_clipping_have_their_formulas(tracer: Tracer) -> None:
    training = {"epochs": 1, "batch_size": 64, "gradient_clip": {"value": 0.001}}
    answer = to_values(tracer.trace(plain(constraint="max_norm", training=training)))
    kernel = answer["layers"][0]["tensors"][0]
    assert kernel["constraint"]["name"] == "max_norm"
    assert kernel["applied_gradients"]["formula"] == "g ← min(max(g, −limit), limit)"
    assert answer["optimizer"]["gradient_clip"]["latex"].startswith("g ")
