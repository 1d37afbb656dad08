"""Explanations of trained models: how much each column moves the outputs, on rows that are sent or were kept back.

Nothing is stored: the same request gives the same answer, every draw being the model's seed's. An explanation takes a
few seconds of one core at most, by taking fewer rows, and one is made at a time.
"""

import time
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from steelyard.attribution import schema
from steelyard.attribution.controls import embed
from steelyard.attribution.explanation import ExplanationMaker, Facts, Rows
from steelyard.attribution.methods import METHODS
from steelyard.attribution.request import Asked, TargetKinds, read_explanation
from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Fault, NotFound, Unavailable, ValidationFailed, pointer
from steelyard.inference.service import Loaded, Predictor
from steelyard.nn.rng import Streams
from steelyard.store.engine import reading
from steelyard.store.tables import JobInput, Model
from steelyard.training.assemble import as_targets
from steelyard.training.large_inline import read_stored_rows
from steelyard.training.schema import load_spec
from steelyard.training.sources import datasets_of, load_data, why_no_data
from steelyard.training.splits import divide

Array = NDArray[Any]
MOST_ROWS = 1000
WAIT_SECONDS = 30


class Explainer:
    """Explains the models that `predictor` loads from the database behind `engine`; `readers` read large jobs' rows."""

    def __init__(self, engine: Engine, predictor: Predictor, readers: Readers) -> None:
        self._engine = engine
        self._predictor = predictor
        self._readers = readers
        self._lock = Lock()

    def explain(self, reference: str, document: Any) -> schema.Explanation:
        """Answer an explain request. Raises `NotFound`, `ValidationFailed`, `Unavailable` if others take too long."""
        model_id, model = self._predictor.get(reference)
        facts = self._find_facts(model_id)
        asked = read_explanation(document, METHODS, model.inputs, facts.targets, model.network.dtype)
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("too many explanations are being computed; try again later")
        try:
            started = time.perf_counter()
            rows = self._find_rows(asked, model, facts)
            made = ExplanationMaker(model, facts, rows).make(asked.method)
            seconds = round(time.perf_counter() - started, 4)
            return schema.Explanation(object="explanation", model=model_id, seconds=seconds, **made)
        finally:
            self._lock.release()

    def _find_facts(self, model_id: str) -> Facts:
        with reading(self._engine) as connection:
            row = connection.execute(select(Model.job_id, Model.manifest).where(Model.id == model_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no model {model_id!r}")
        spec, manifest = load_spec(row.manifest["spec"]), row.manifest
        targets = TargetKinds(manifest["outputs"]["targets"], manifest["task"], manifest["classes"])
        return Facts(spec, row.job_id, targets)

    def _find_rows(self, asked: Asked, model: Loaded, facts: Facts) -> Rows:
        """Those that were sent, else those that the job kept back; and the baseline of its training rows."""
        stored = self._load_stored(model, facts)
        if asked.x is not None:
            chosen = _choose(len(asked.x), _generator(facts.spec.training.seed, 0))
            y = None if asked.y is None else as_targets(facts.spec, asked.y[chosen], model.target)
            source, inputs = "inputs", embed(model.network, asked.x[chosen])
        elif stored is None:
            detail = f"are missing; {why_no_data(facts.spec)}, so send rows"
            raise ValidationFailed([Fault(pointer("inputs"), detail)])
        else:
            source, inputs, y = stored[0], embed(model.network, stored[1]), stored[2]
        if stored is None:
            return Rows(source, inputs, y, np.zeros(inputs.shape[1]), "zeros")
        return Rows(source, inputs, y, embed(model.network, stored[3]).mean(axis=0, dtype=np.float64), "training_mean")

    def _load_stored(self, model: Loaded, facts: Facts) -> tuple[str, Array, Array, Array] | None:
        """Of the job's own data: the split, some of its rows, their targets, some training rows; if they are there."""
        spec = facts.spec
        for dataset_id in datasets_of(spec):
            try:
                library.get(self._engine, dataset_id)
            except NotFound:
                return None
        with reading(self._engine) as connection:
            query = select(JobInput.content).where(JobInput.job_id == facts.job_id)
            content = connection.execute(query).scalar_one_or_none()
        if content is None and spec.data.inline is not None:
            return None
        inline = None if content is None else read_stored_rows(self._readers, bytes(content))
        supervised = load_data(spec, inline, partial(library.load_table, self._engine))
        split = divide(spec, supervised, Streams.spawn(spec.training.seed))
        parts = {"validation": split.validation, "test": split.test, "train": split.train}
        name = next(name for name, rows in parts.items() if len(rows) > 1 or name == "train")

        def encoded(rows: Array) -> Array:
            values = {column: supervised.inputs[column].values.take(rows) for column in model.inputs.features}
            return model.inputs.encode(values, model.network.dtype)

        rows = parts[name][_choose(len(parts[name]), _generator(facts.spec.training.seed, 0))]
        training = split.train[_choose(len(split.train), _generator(facts.spec.training.seed, 1))]
        return name, encoded(rows), as_targets(spec, supervised.y[rows], model.target), encoded(training)


def _choose(count: int, generator: Generator) -> NDArray[np.int64]:
    """At most `MOST_ROWS` of so many rows, in order."""
    return np.sort(generator.permutation(count)[:MOST_ROWS])


def _generator(seed: int, purpose: int) -> Generator:
    return np.random.default_rng([seed, purpose])
