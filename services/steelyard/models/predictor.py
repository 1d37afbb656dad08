"""Predictions by trained models, which stay loaded as long as they fit into a bound of bytes.

A model never changes, so a loaded one is never stale; that it still exists is asked at every call.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from steelyard.data.preprocessing import Preprocessor
from steelyard.errors import NotFound
from steelyard.formats.nested import to_lists
from steelyard.spec.assemble import build_network
from steelyard.spec.job import load_spec
from steelyard.spec.prediction import read_inputs
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Model
from steelyard.trainer.network import Network

DEFAULT_BYTES = 512 << 20


@dataclass
class Loaded:
    """A model ready to predict. Its network computes in buffers of its own, so one call at a time."""

    network: Network
    features: list[str]
    classes: list[Any] | None
    inputs: Preprocessor
    target: Preprocessor | None
    lock: Lock = field(default_factory=Lock)

    @property
    def nbytes(self) -> int:
        """About what it keeps in memory: weights, gradients and the buffers that go with them."""
        return 3 * self.network.parameters.nbytes

    def outputs(self, x: NDArray[np.float64]) -> NDArray[Any]:
        """What the network says of raw features `(rows, features)`: `(rows, outputs)`, targets in their own units."""
        with self.lock:
            outputs = self.network.predict(self.inputs.transform(x, self.network.dtype))
        return outputs if self.target is None else self.target.inverse(outputs)


class Predictor:
    """Predicts with the models of the database behind `engine`, keeping at most `max_bytes` of them loaded."""

    def __init__(self, engine: Engine, *, max_bytes: int = DEFAULT_BYTES) -> None:
        self._engine = engine
        self._max_bytes = max_bytes
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._lock = Lock()

    def predict(self, model_id: str, document: Any) -> dict[str, Any]:
        """Answer a predict request, `{"inputs": …}`. Raises `NotFound`, `ValidationFailed`."""
        model = self._get(model_id)
        outputs = model.outputs(read_inputs(document, model.features))
        if model.classes is None:
            predictions = outputs[:, 0] if outputs.shape[1] == 1 else outputs
            return {"model": model_id, "predictions": to_lists(predictions)}
        chances = class_probabilities(outputs)
        labels = [model.classes[index] for index in chances.argmax(axis=1).tolist()]
        return {
            "model": model_id,
            "predictions": labels,
            "probabilities": to_lists(chances),
            "classes": model.classes,
        }

    def _get(self, model_id: str) -> Loaded:
        with reading(self._engine) as connection:
            row = connection.execute(select(Model.id).where(Model.id == model_id)).one_or_none()
        with self._lock:
            if row is None:
                self._loaded.pop(model_id, None)
                raise NotFound(f"there is no model {model_id!r}")
            if model_id not in self._loaded:
                self._loaded[model_id] = self._load(model_id)
                self._shrink()
            self._loaded.move_to_end(model_id)
            return self._loaded[model_id]

    def _load(self, model_id: str) -> Loaded:
        with reading(self._engine) as connection:
            row = connection.execute(select(Model).where(Model.id == model_id)).one_or_none()
            if row is None:
                raise NotFound(f"there is no model {model_id!r}")
            weights = tensors.load(connection, row.job_id, "final")
        manifest, preprocessing = row.manifest, row.preprocessing
        features = [column["name"] for column in manifest["inputs"]]
        network = build_network(load_spec(manifest["spec"]), len(features), manifest["outputs"]["units"])
        for name, tensor in network.tensors().items():
            tensor[...] = weights[name]
        target = preprocessing["target"]
        return Loaded(
            network=network,
            features=features,
            classes=manifest["classes"],
            inputs=Preprocessor.from_json(preprocessing["inputs"]),
            target=None if target is None else Preprocessor.from_json(target),
        )

    def _shrink(self) -> None:
        while len(self._loaded) > 1 and sum(model.nbytes for model in self._loaded.values()) > self._max_bytes:
            self._loaded.popitem(last=False)


def class_probabilities(outputs: NDArray[Any]) -> NDArray[Any]:
    """One probability a class `(rows, classes)`: a sigmoid's single output is that of the second of two classes."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
