"""Every part, under its name and each alias, goes from a request through the whole service to a prediction."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.component import Registry
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.initializers import INITIALIZERS
from steelyard.nn.layers import LAYERS
from steelyard.nn.losses import LOSSES
from steelyard.nn.optimizers import OPTIMIZERS
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.schedules import SCHEDULES
from steelyard.training.components import REGISTRIES
from tests.service import Service

NEEDED: dict[str, dict[str, Any]] = {
    "dense": {"units": 4},
    "residual": {"layers": [4, {"type": "batch_normalization"}]},
    "embedding": {"columns": [2], "categories": [3], "units": 2},
    "piecewise": {"boundaries": [1.0], "values": [0.01, 0.001]},
}
ROWS = [[i % 5 / 2, i % 7 / 3, i % 3 / 1.0] for i in range(40)]
TARGETS: dict[str, Any] = {
    "binary": [i % 2 for i in range(40)],
    "multiclass": [["a", "b", "c"][i % 3] for i in range(40)],
    "multilabel": [[i % 2, i % 3 // 2] for i in range(40)],
    "regression": [i % 5 for i in range(40)],
}


def spec(task: str = "multiclass", **fields: Any) -> dict[str, Any]:
    base = {"data": {"inline": {"x": ROWS, "y": TARGETS[task]}}, "task": task, "layers": [4]}
    training = {"epochs": 2, **fields.pop("training", {})}
    return base | fields | {"training": training}


def spec_with_layer(layer: dict[str, Any]) -> dict[str, Any]:
    if layer["type"] == "embedding":
        return spec(layers=[layer, 4], preprocessing={"numeric": "none"})
    return spec(layers=[4, layer])


def called(registry: Registry[Any]) -> list[str]:
    return [*registry.names, *registry.aliases]


def full(registry: Registry[Any], name: str) -> Any:
    return {registry.tag: name, **NEEDED[name]} if name in NEEDED else name


MAKERS: dict[str, tuple[Registry[Any], Callable[[str], dict[str, Any]]]] = {
    "initializer": (INITIALIZERS, lambda name: spec(initializer=name)),
    "activation": (ACTIVATIONS, lambda name: spec(activation=name)),
    "optimizer": (OPTIMIZERS, lambda name: spec(optimizer=name)),
    "regularizer": (REGULARIZERS, lambda name: spec(regularizer=name)),
    "constraint": (CONSTRAINTS, lambda name: spec(constraint=name)),
    "schedule": (SCHEDULES, lambda name: spec(training={"schedule": full(SCHEDULES, name)})),
    "gradient clip": (GRADIENT_CLIPS, lambda name: spec(training={"gradient_clip": {name: 0.5}})),
    "layer": (LAYERS, lambda name: spec_with_layer({"type": name, **NEEDED.get(name, {})})),
}


def every_job() -> Iterator[tuple[str, dict[str, Any]]]:
    for family, (registry, make) in MAKERS.items():
        for name in called(registry):
            yield f"{family} {name}", make(name)
    for name in called(LOSSES):
        for task in LOSSES[name].tasks:
            yield f"loss {name} {task}", spec(task, loss=name)


def test_every_family_is_posted() -> None:
    families = {registry.family for registry in REGISTRIES.values()}
    assert families - {"metric", "loss"} == {*MAKERS}


@pytest.mark.timeout(180)
def test_every_part_trains_and_predicts(service: Service) -> None:
    ids = {what: service.post(job)["id"] for what, job in every_job()}
    for what, job_id in ids.items():
        job = service.wait(job_id, seconds=120)
        assert job["status"] == "succeeded", (what, job["error"])
        answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": ROWS[:3]})
        assert answer.status_code == 200, (what, answer.text)
        predictions = answer.json()["predictions"]
        assert len(predictions) == 3
        assert None not in predictions, what
        if job["data"]["classes"]:
            assert set(predictions) <= set(job["data"]["classes"]), what
