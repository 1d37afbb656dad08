"""Traces of jobs that are sent, and of jobs whose weights are stored. Nothing is written."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Fault, ValidationFailed, pointer, shown
from steelyard.models.transfer import match
from steelyard.nn.network import Network
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from steelyard.nn.training.optimizer_state import OptimizerState
from steelyard.settings import Settings
from steelyard.traces import schema, stored
from steelyard.traces.schema import MOST_ROWS, MOST_WEIGHTS, TraceOfJob
from steelyard.traces.step import Parts, trace_step
from steelyard.training.assemble import (
    Part,
    Prepared,
    as_targets,
    build_clip,
    build_training,
    draw_network,
    prepare,
    row_weights,
    spawn_streams,
)
from steelyard.training.estimate import Limits
from steelyard.training.inline import Inline
from steelyard.training.names import name_weights
from steelyard.training.plan import read_job
from steelyard.training.schema import JobSpec
from steelyard.training.schema_errors import translate
from steelyard.training.sources import load_data
from steelyard.training.start import load_start, require_start
from steelyard.training.stored import load_job

Array = NDArray[Any]
NOT_OF_A_TRACE = {
    "name": "a trace is not stored, so it has no name",
    "metadata": "a trace is not stored, so it has no metadata",
    "webhook": "a trace is answered at once, so there is nothing to notify",
}


@dataclass(frozen=True)
class Beginning:
    """A training before the step: its data, its network with weights, and its randomness."""

    spec: JobSpec
    prepared: Prepared
    network: Network
    streams: Streams


class Tracer:
    """Makes traces from the database behind `engine`; `readers` read large jobs' rows."""

    def __init__(self, engine: Engine, readers: Readers, ours: Settings) -> None:
        self._engine, self._readers, self._settings = engine, readers, ours

    def trace(self, document: Any) -> schema.Trace:
        """Answer a request. Raises `NotFound`, `ValidationFailed`, `TooLargeToTrain`."""
        if isinstance(document, dict) and "job" in document:
            return self._trace_stored(_read_reference(document))
        return self._trace_sent(document)

    def _trace_sent(self, document: Any) -> schema.Trace:
        """The first step of a job."""
        _require_no_others(document)
        tables = partial(library.load_table, self._engine)
        plan = read_job(document, limits=Limits(self._settings.max_job_memory_bytes), tables=tables)
        plan = require_start(self._engine, plan)
        _require_one_network(plan.spec, "ensemble")
        _require_few_weights(plan.parameters)
        begun = self._begin(plan.spec, plan.inline)
        training = self._build(begun)
        asked, state = begun.spec.initial_weights, "new"
        if asked is not None:
            start = load_start(self._engine, asked.model)
            supervised = begun.prepared.supervised
            names = name_weights(begun.spec, begun.prepared.inputs, supervised.targets, supervised.classes)
            transfer = match(names, start.names)
            transfer.apply(begun.network.tensors(), start.tensors)
            if asked.optimizer_state:
                training.go_on_with(start.optimizer, transfer.apply)
                state = "stored"
        return self._answer(begun, training, {"epoch": 0}, state, [])

    def _trace_stored(self, asked: TraceOfJob) -> schema.Trace:
        """A step from the stored weights of a job."""
        job = load_job(self._engine, self._readers, asked.job)
        _require_one_network(job.spec, "job")
        _require_few_weights(job.parameters)
        weights = stored.load_weights(self._engine, asked)
        begun = self._begin(job.spec, job.inline)
        for name, tensor in begun.network.tensors().items():
            tensor[...] = weights.tensors[name]
        notes = []
        if asked.rows is not None:
            begun = replace(begun, **_with_rows(begun, asked.rows))
        training = self._build(begun)
        training.epoch = weights.epoch
        training.step = 0 if asked.rows is not None else weights.epoch * _steps_of_an_epoch(begun)
        state = OptimizerState({}, {}, 0) if weights.optimizer is None else weights.optimizer
        training.go_on_with(replace(state, steps=state.steps - training.step))
        for _ in range(weights.epoch if begun.spec.training.shuffle else 0):
            begun.streams.shuffling.permutation(len(begun.prepared.parts["train"].rows))
        optimizer = begun.spec.make_optimizer()
        if weights.epoch and weights.optimizer is None and (optimizer.slots or optimizer.scalars):
            notes.append(
                f"the optimizer's state after epoch {weights.epoch} is not stored, so the step is made with a new one"
            )
        if weights.epoch and any(place.layer.first_that_varies() for place in begun.network.places):
            notes.append("dropout and noise are drawn as in the first epoch")
        where = {"job": asked.job, "epoch": weights.epoch}
        return self._answer(begun, training, where, "new" if weights.optimizer is None else "stored", notes)

    def _begin(self, spec: JobSpec, inline: Inline | bytes | None) -> Beginning:
        """As a worker begins a run."""
        [streams] = spawn_streams(spec)
        supervised = load_data(spec, inline, partial(library.load_table, self._engine))
        prepared = prepare(spec, supervised, streams)
        [network] = draw_network(spec, prepared, [streams]).members
        return Beginning(spec, prepared, network, streams)

    def _build(self, begun: Beginning) -> Training:
        """The training, if its batches are small enough."""
        rows = len(begun.prepared.parts["train"].rows)
        searches = begun.spec.make_optimizer().line_search
        batch = rows if searches else min(rows, begun.spec.batch_size)
        if batch > MOST_ROWS:
            place = pointer("optimizer") if searches else pointer("training", "batch_size")
            raise ValidationFailed([Fault(place, f"makes a step of {batch} rows; a trace shows at most {MOST_ROWS}")])
        threads = self._settings.threads_per_job
        [training] = build_training(begun.spec, begun.prepared, begun.network, [begun.streams], threads=threads).members
        return training

    def _answer(
        self, begun: Beginning, training: Training, where: dict[str, Any], state: str, notes: list[str]
    ) -> schema.Trace:
        spec, train = begun.spec, begun.prepared.parts["train"]
        schedule = None if spec.training.schedule is None else spec.training.schedule.to_part()
        parts = Parts(begun.network, spec.make_loss(), spec.make_optimizer(), build_clip(spec), schedule, begun.streams)
        traced = trace_step(training, parts, state=state)
        made = traced.made
        return schema.Trace(
            object="trace",
            spec=spec.to_json(),
            rows=train.ids[made.order].tolist(),
            inputs=made.x,
            targets=made.y,
            notes=notes,
            **where,
            **traced.fields,
        )


def _steps_of_an_epoch(begun: Beginning) -> int:
    rows = len(begun.prepared.parts["train"].rows)
    return 1 if begun.spec.make_optimizer().line_search else -(-rows // min(rows, begun.spec.batch_size))


def _read_reference(document: dict[str, Any]) -> TraceOfJob:
    try:
        asked = TraceOfJob.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(translate(error, TraceOfJob, document, document)) from None
    if asked.epoch is not None and asked.snapshot is not None:
        raise ValidationFailed([Fault(pointer("snapshot"), "is given together with 'epoch'; only one can be")])
    return asked


def _require_no_others(document: Any) -> None:
    found = document if isinstance(document, dict) else {}
    faults = [Fault(pointer(key), f"cannot be given: {why}") for key, why in NOT_OF_A_TRACE.items() if key in found]
    if faults:
        raise ValidationFailed(faults)


def _require_one_network(spec: JobSpec, place: str) -> None:
    if spec.ensemble > 1:
        detail = f"has {spec.ensemble} networks; a trace shows one. Trace the job without 'ensemble' to see the first"
        raise ValidationFailed([Fault(pointer(place), detail)])


def _require_few_weights(parameters: int) -> None:
    if parameters > MOST_WEIGHTS:
        detail = f"make a network of {parameters:,} weights; a trace shows at most {MOST_WEIGHTS:,}"
        raise ValidationFailed([Fault(pointer("layers"), detail)])


def _with_rows(begun: Beginning, wanted: list[int]) -> dict[str, Any]:
    """What changes when these rows, by their number in the data, are the batch. Raises `ValidationFailed`."""
    spec, prepared = begun.spec, begun.prepared
    ids = np.concatenate([part.ids for part in prepared.parts.values()])
    places = {int(number): place for place, number in enumerate(ids)}
    faults = [
        Fault(pointer("rows", index), f"is {shown(row)}, which is not a row of the job's data")
        for index, row in enumerate(wanted)
        if row not in places
    ]
    if faults:
        raise ValidationFailed(faults)
    chosen = np.array([places[row] for row in wanted])
    x = np.concatenate([np.asarray(part.x) for part in prepared.parts.values()])[chosen]
    rows = np.concatenate([part.rows for part in prepared.parts.values()])[chosen]
    y = as_targets(spec, prepared.supervised.y[rows], prepared.target)
    weights = row_weights(prepared.supervised, rows, spec.training.class_weight)
    batch = Part(rows, ids[chosen], x, y)
    settings = spec.training.model_copy(update={"batch_size": len(wanted), "shuffle": False})
    cast = None if weights is None else weights.astype(spec.training.dtype)
    return {
        "spec": spec.model_copy(update={"training": settings}),
        "prepared": replace(prepared, parts=prepared.parts | {"train": batch}, weights=cast),
    }
