"""Predictions by trained models, which stay loaded as long as they fit into a bound of bytes.

A model never changes, so a loaded model is never stale.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock, get_ident
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from steelyard.errors import NotFound, PayloadTooLarge
from steelyard.inference.column_names import Matched, match
from steelyard.inference.memory import held_bytes
from steelyard.inference.rows import Inputs, read_body, read_inputs, read_table
from steelyard.inference.schema import Prediction
from steelyard.models.references import References
from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.evaluation import Answers, answer
from steelyard.nn.losses import Loss
from steelyard.nn.network import KEPT_ROWS, Pass
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Model
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.prefetch import ahead, threads_begun
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.table import Table
from steelyard.training.assemble import build_network
from steelyard.training.schema import load_spec

DEFAULT_BYTES = 512 << 20
MOST_PRODUCTS_AT_ONCE = 10_000_000  # weights times rows: some milliseconds
VALUE_PRODUCTS = 10_000  # to read a row takes at least as long as so many products
MOST_ANSWERS = 5_000_000  # values of the outputs: 100 MB of JSON
MOST_LOADED = 256  # small ones are loaded again within milliseconds
PARTS_AT_ONCE = 2  # of a file; as many as there are cores would leave none to other requests


@dataclass
class Loaded:
    """A model ready to predict, for several threads at once."""

    network: AnyNetwork
    labels: list[Any] | None  # of classes, or of several targets that are yes or no
    loss: Loss
    inputs: Encoder
    target: Scaler | None
    dialect: Mapping[str, Any] | None = None  # of the file that it learned from

    def __post_init__(self) -> None:
        _ = self.inputs.cells, self.inputs.labels  # made when they are first asked for
        self._own_bytes = held_bytes(self)
        passes = [Pass(member, rows, logits=True) for member in self.network.members for rows in KEPT_ROWS]
        self._thread_bytes = held_bytes(passes, beside=self)
        self._threads: set[int] = set()

    @property
    def features(self) -> dict[str, bool]:
        """The columns that it takes, and whether files must give them as strings."""
        return {name: kind.reads_strings for name, kind in self.inputs.features.items()}

    @property
    def nbytes(self) -> int:
        """About what it keeps in memory, with the buffers of each thread that has asked it."""
        return self._own_bytes + len(self._threads) * self._thread_bytes

    def is_quick(self, rows: int) -> bool:
        """Whether a prediction for so many rows takes a moment."""
        return rows * max(self.network.size, VALUE_PRODUCTS) <= MOST_PRODUCTS_AT_ONCE

    def answer(self, x: NDArray[Any]) -> Answers:
        """What the network says of encoded inputs `(rows, width)`."""
        self._threads.add(get_ident())
        return answer(self.network, self.loss, x)

    def in_own_words(self, predictions: NDArray[Any]) -> list[Any] | NDArray[Any]:
        """Predictions as labels, or as values in the targets' own units."""
        if predictions.ndim == 1:
            assert self.labels is not None
            return [self.labels[index] for index in predictions.tolist()]
        values = predictions if self.target is None else self.target.inverse(predictions)
        return values[:, 0] if values.shape[1] == 1 else values


@dataclass(frozen=True)
class Prepared:
    """Rows as a loaded model's network takes them, and how its answers become a prediction."""

    model_id: str
    model: Loaded
    inputs: Inputs

    def __post_init__(self) -> None:
        """Raises `PayloadTooLarge`."""
        _require_few(len(self.inputs.x), self.model)

    def predict(self) -> Prediction:
        """What the model says of them."""
        return self.write(self.model.answer(self.inputs.x))

    def write(self, said: Answers) -> Prediction:
        """The prediction that has the network's answers to these rows."""
        return _make_prediction(self.model_id, self.model, said, self.inputs.columns)


class Predictor:
    """Predicts with the models of the database behind `engine`, keeping at most `max_bytes` of them loaded."""

    def __init__(self, engine: Engine, references: References | None = None, *, max_bytes: int = DEFAULT_BYTES) -> None:
        self._engine = engine
        self._references = References(engine) if references is None else references
        self._max_bytes = max_bytes
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._lock = Lock()

    def predict(self, reference: str, body: bytes) -> Prediction:
        """Answer a predict request, `{"inputs": …}`, numbers as arrays.

        Raises `NotFound`, `InvalidRequest`, `ValidationFailed`.
        """
        model_id, model = self.get(reference)
        return Prepared(model_id, model, read_body(body, model.inputs, model.network.dtype)).predict()

    def predict_rows(self, reference: str, rows: list[Any]) -> Prediction:
        """The same for rows that are read already. Raises `NotFound`, `ValidationFailed`."""
        model_id, model = self.get(reference)
        read = read_inputs({"inputs": rows}, model.inputs, model.network.dtype)
        return Prepared(model_id, model, read).predict()

    def prepare(self, reference: str, body: bytes) -> Prepared | None:
        """The rows of a predict request, if a prediction takes a moment and no look at the database; else `None`.

        Raises as `predict` does.
        """
        if (found := self.recall(reference)) is None:
            return None
        model_id, model = found
        most_rows = len(body) // (2 * max(1, len(model.inputs.features))) + 1  # a value takes a digit and a comma
        if most_rows * model.network.size > MOST_PRODUCTS_AT_ONCE:
            return None
        return Prepared(model_id, model, read_body(body, model.inputs, model.network.dtype))

    def prepare_rows(self, reference: str, rows: list[Any]) -> Prepared | None:
        """The same for rows that are read already."""
        found = self.recall(reference)
        if found is None or not found[1].is_quick(len(rows)):
            return None
        return Prepared(*found, read_inputs({"inputs": rows}, found[1].inputs, found[1].network.dtype))

    def recall(self, reference: str) -> tuple[str, Loaded] | None:
        """As `get`, without a look at the database: `None` if the model is not loaded, or not known to be there."""
        model_id = self._references.recall(reference)
        model = None if model_id is None else self._loaded.get(model_id)
        return None if model is None or model_id is None else (model_id, model)

    def predict_tables(
        self, reference: str, tables: Iterable[Table], ignored: Sequence[str] = (), decimal: str | None = None
    ) -> Prediction:
        """The same for the rows of tables, one after the other, of which columns were `ignored` already.

        `decimal` is the decimal point of numbers in strings, unless it is that of the training data.
        """
        model_id, model = self.get(reference)

        def answer_to(table: Table, first: int) -> Answers:
            return model.answer(read_table(table, model.inputs, model.network.dtype, first=first, decimal=decimal))

        def jobs() -> Iterator[Callable[[], Answers]]:
            rows = 0
            for table in tables:
                names.update(dict.fromkeys(table.names))
                yield partial(answer_to, table, rows)
                rows += table.rows
                _require_few(rows, model)

        names = dict.fromkeys(ignored)
        with threads_begun(PARTS_AT_ONCE) as threads:
            answers = _join([*ahead(jobs(), threads, PARTS_AT_ONCE)])
        return _make_prediction(model_id, model, answers, match([*names], model.inputs.features))

    def get(self, reference: str) -> tuple[str, Loaded]:
        """The id of the model that an id or an alias stands for, and the model. Raises `NotFound`."""
        model_id = self._references.find(reference)
        with self._lock:
            if model_id is None:
                self._loaded.pop(reference, None)
                raise NotFound(f"there is no model {reference!r}")
            if model_id not in self._loaded:
                self._loaded[model_id] = load_model(self._engine, model_id)
                self._shrink()
            self._loaded.move_to_end(model_id)
            return model_id, self._loaded[model_id]

    @property
    def nbytes(self) -> int:
        """What the loaded models come to. It may exceed the bound by what the last one alone has."""
        return sum(model.nbytes for model in self._loaded.values())

    def _shrink(self) -> None:
        while len(self._loaded) > 1 and (len(self._loaded) > MOST_LOADED or self.nbytes > self._max_bytes):
            self._loaded.popitem(last=False)


def _make_prediction(model_id: str, model: Loaded, said: Answers, columns: Matched) -> Prediction:
    found: dict[str, Any] = {"model": model_id, "predictions": model.in_own_words(said.predictions)}
    if said.probabilities is not None:
        found["probabilities"] = said.probabilities
    if model.labels is not None:
        found["classes"] = model.labels
    return Prediction.unchecked(**found, **columns.to_json())


def _require_few(rows: int, model: Loaded) -> None:
    if rows * model.network.outputs > MOST_ANSWERS:
        most = MOST_ANSWERS // model.network.outputs
        detail = f"the request has more rows than the limit of {most} for this model"
        raise PayloadTooLarge(f"{detail}; POST /v1/models/{{id}}/predictions accepts a data set of any size")


def _join(several: list[Answers]) -> Answers:
    """The answers for the rows of all of them."""
    probabilities = [each.probabilities for each in several if each.probabilities is not None]
    return Answers(
        np.concatenate([each.outputs for each in several]),
        np.concatenate([each.predictions for each in several]),
        np.concatenate(probabilities) if probabilities else None,
    )


def load_model(engine: Engine, model_id: str) -> Loaded:
    """A model, ready to predict. Raises `NotFound`."""
    with reading(engine) as connection:
        row = connection.execute(select(Model).where(Model.id == model_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no model {model_id!r}")
        weights = tensors.load(connection, row.job_id, "final")
    manifest, preprocessing = row.manifest, row.preprocessing
    spec = load_spec(manifest["spec"])
    inputs = Encoder.from_json(preprocessing["inputs"])
    network = build_network(spec, inputs.layout, manifest["outputs"]["units"])
    for name, tensor in network.tensors().items():
        tensor[...] = weights[name]
    target = preprocessing["target"]
    return Loaded(
        network=network,
        labels=manifest["outputs"]["targets"] if manifest["task"] == "multilabel" else manifest["classes"],
        loss=spec.make_loss(),
        inputs=inputs,
        target=None if target is None else Scaler.from_json(target),
        dialect=manifest.get("dialect"),
    )
