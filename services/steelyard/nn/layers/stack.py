"""Layers one after the other: their names, their tensors, and all of them at work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from steelyard.nn.layers.base import Array, Layer, Look, Place, Stage, Surroundings

Way = Callable[[Array], Array]


def places(layers: Sequence[Layer], inputs: int) -> list[Place]:
    """Every layer with its name, by type and count (`dense_1`, `dropout_1`, `dense_2`); allocates nothing."""
    counts: dict[str, int] = {}
    found = []
    for layer in layers:
        counts[layer.name] = counts.get(layer.name, 0) + 1
        found.append(Place(f"{layer.name}_{counts[layer.name]}", layer, inputs, tuple(layer.tensors(inputs))))
        inputs = layer.outputs(inputs)
    return found


class Stack:
    """Places at work on batches of one size.

    `weights` and `gradients` are by place and tensor. Gradients stop before the first place that learns, unless
    `around.needs_input_gradient`; at inference there are none without that.
    """

    def __init__(
        self,
        found: Sequence[Place],
        around: Surroundings,
        weights: Mapping[str, Mapping[str, Array]],
        gradients: Mapping[str, Mapping[str, Array]],
    ) -> None:
        self.named: list[tuple[str, Stage]] = []  # every stage with the name of its place
        wanted = around.needs_input_gradient
        first = 0  # gradients are of no use to the stages before this one
        for place in found:
            here = replace(
                around,
                inputs=place.inputs,
                weights=weights.get(place.name, {}),
                gradients=gradients.get(place.name, {}),
                needs_input_gradient=wanted,
                path=f"{around.path}.{place.name}" if around.path else place.name,
            )
            if not wanted:
                first = len(self.named)
                wanted = place.learns and around.streams is not None
            stages = place.layer.stages(here)
            if here.tap is not None:
                stages = [here.tap(place.layer, stage, here) for stage in stages]
            self.named += [(place.name, stage) for stage in stages]
        self._stages = [stage for _, stage in self.named]
        self._forward: list[Way] = [stage.forward for stage in self._stages]
        self._backward: list[Way] = [stage.backward for stage in reversed(self._stages[first:])]

    def forward(self, x: Array) -> Array:
        """The outputs for a batch `(rows, inputs)`; valid until the next call."""
        for forward in self._forward:
            x = forward(x)
        return x

    def backward(self, grad: Array) -> Array:
        """Fill the gradients of all weights from that by the outputs, which is overwritten; that by the inputs."""
        for backward in self._backward:
            grad = backward(grad)
        return grad

    def calibrate(self, x: Array) -> Array:
        """As `forward`, after initializers that look at the data have seen it, layer by layer."""
        for stage in self._stages:
            x = stage.calibrate(x)
        return x

    def watch(self, look: Look, within: tuple[str, ...] = ()) -> None:
        """Call `look` after every stage from now on, those inside blocks too, in both directions."""
        first = len(self._stages) - len(self._backward)
        self._forward = [_watched(look, (*within, name), stage, "forward") for name, stage in self.named]
        self._backward = [_watched(look, (*within, name), stage, "backward") for name, stage in self.named[first:]][
            ::-1
        ]
        for name, stage in self.named:
            if stage.inner is not None:
                stage.inner.watch(look, (*within, name))

    def first_not_finite(self, x: Array) -> str | None:
        """The name of the first place that makes values of `x` that are not finite."""
        for name, stage in self.named:
            x = stage.forward(x)
            if not np.isfinite(x).all():
                return name
        return None


def _watched(look: Look, place: tuple[str, ...], stage: Stage, way: str) -> Way:
    call = stage.forward if way == "forward" else stage.backward

    def called(given: Array) -> Array:
        before = given.copy()  # a stage may overwrite what it is given
        found = call(given)
        look(place, stage, way, before, found.copy())
        return found

    return called
