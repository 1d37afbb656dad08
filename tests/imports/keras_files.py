"""`.keras` files for tests, as Keras 3 writes them, and with what it never writes."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import h5py
import numpy as np

LAYERS = "keras.layers"


def layer(kind: str, name: str, inputs: Sequence[str] | None = None, **config: Any) -> dict[str, Any]:
    """A layer of `config.json`; of a functional model, with the names of its inputs."""
    found = {"module": LAYERS, "class_name": kind, "config": {"name": name, **config}, "registered_name": None}
    if inputs is None:
        return found
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [each, 0, 0]}} for each in inputs]
    return found | {"name": name, "inbound_nodes": [{"args": [tensors], "kwargs": {}}] if tensors else []}


def sequential(*layers: Any, width: int = 2) -> dict[str, Any]:
    """The configuration of a sequential model."""
    first = layer("InputLayer", "in", batch_shape=[None, width])
    return {"module": "keras", "class_name": "Sequential", "config": {"layers": [first, *layers]}}


def functional(*layers: Any, inputs: Mapping[str, int], output: str) -> dict[str, Any]:
    """The configuration of a functional model with inputs of these widths."""
    first = [layer("InputLayer", name, [], batch_shape=[None, width]) for name, width in inputs.items()]
    config = {
        "layers": [*first, *layers],
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [output, 0, 0],
    }
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def hdf5(weights: Mapping[str, Sequence[Any]]) -> bytes:
    """The weights of layers by their place, such as `dense_1`."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for place, tensors in weights.items():
            group = file.create_group(f"layers/{place}/vars")
            for number, tensor in enumerate(tensors):
                group.create_dataset(str(number), data=tensor)
    return buffer.getvalue()


def archive(config: Any, weights: bytes, **files: bytes) -> bytes:
    """The file."""
    parts = {"metadata.json": b'{"keras_version": "3.10.0"}', "config.json": json.dumps(config).encode()}
    parts |= {"model.weights.h5": weights} | {name.replace("_", "."): content for name, content in files.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def small() -> bytes:
    """A network of two dense layers, two inputs and three classes."""
    draw = np.random.default_rng(0)
    config = sequential(
        layer("Dense", "a", units=4, activation="tanh"), layer("Dense", "b", units=3, activation="softmax")
    )
    shapes = {"dense": [(2, 4), (4,)], "dense_1": [(4, 3), (3,)]}
    weights = {place: [draw.normal(size=shape).astype(np.float32) for shape in each] for place, each in shapes.items()}
    return archive(config, hdf5(weights))
