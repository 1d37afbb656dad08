"""New models by edits of others: a model with its weights, its metrics beside the old ones, and how to undo it.

A model's weights are those of its job, so an edited model gets a new job, which has ended: its weights, its
predictions and its report are there as those of any job.
"""

import hashlib
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, Engine, select

from steelyard.datasets.reader_pool import Readers
from steelyard.documents.writer import dump, to_values
from steelyard.errors import Fault, NotFound, ValidationFailed, pointer
from steelyard.inference.service import Loaded, load_model
from steelyard.jobs import ledger
from steelyard.models import library
from steelyard.models.references import References
from steelyard.models.schema import Lineage
from steelyard.nn.ensemble import AnyNetwork, member_name
from steelyard.nn.layers.base import Stage
from steelyard.nn.network import Pass
from steelyard.revisions import schema
from steelyard.revisions.editing import Editor
from steelyard.revisions.held_out import load_job_data, read_spec
from steelyard.revisions.request import EditRequest
from steelyard.store import replies
from steelyard.store.engine import writing
from steelyard.store.ids import new_id
from steelyard.store.replies import Once
from steelyard.store.tables import Job, JobInput, Model
from steelyard.store.tensors import digest
from steelyard.training.assemble import Prepared, prepare, spawn_streams
from steelyard.training.judging import judge
from steelyard.training.kind import TRAINING
from steelyard.training.results import NewModel, SplitPredictions, WeightSnapshot, store_outputs
from steelyard.training.schema import JobSpec, load_spec
from steelyard.training.sources import datasets_of, why_no_data

Array = np.ndarray[Any, Any]
MOST_UNDO = 100_000  # weights that an answer lists
PROBE_ROWS = 1000
COPIED = ("spec", "data", "choices", "parameters", "epochs", "epoch", "fingerprint", "baseline")


class Editing:
    """Edits the models of the database behind `engine`; `readers` read large jobs' rows."""

    def __init__(self, engine: Engine, references: References, readers: Readers) -> None:
        self._engine, self._references, self._readers = engine, references, readers

    def edit(self, reference: str, asked: EditRequest, *, once: Once | None = None) -> bytes:
        """The answer to a request, as JSON; `once` keeps it. Raises `NotFound`, `ValidationFailed`."""
        model_id = self._references.find(reference)
        if model_id is None:
            raise NotFound(f"there is no model {reference!r}")
        loaded = load_model(self._engine, model_id)
        network, weights = loaded.network, loaded.network.tensors()
        prepared = self._prepare(model_id)
        spec = read_spec(self._engine, model_id)
        original = {name: tensor.copy() for name, tensor in weights.items()}
        before = _judge_all(spec, loaded, prepared)
        made = Editor(network, lambda layer: find_dead(spec, network, layer, prepared)).edit(asked.edits)
        after = _judge_all(spec, loaded, prepared)
        undo = [step for edited in reversed(made) for step in edited.undo]
        size = sum(weights[step["tensor"]].size for step in undo if "tensor" in step)
        fields = {
            "edits": [edited.edit for edited in made],
            "undo": undo if size <= MOST_UNDO else None,
            "changed": {name: count for name in weights if (count := int((weights[name] != original[name]).sum()))},
            "metrics": _side_by_side(before, after),
            "notes": [] if prepared else [f"{why_no_data(spec)}, so no metrics were computed"],
        }
        return self._store(model_id, asked.name, loaded, original, after, fields, once)

    def _prepare(self, model_id: str) -> Prepared | None:
        """The rows of the model's job, encoded as the job encoded them; `None` if they are not there."""
        data = load_job_data(self._engine, self._readers, model_id)
        return None if data is None else prepare(data.spec, data.supervised, spawn_streams(data.spec)[0])

    def _store(
        self,
        model_id: str,
        name: str | None,
        loaded: Loaded,
        original: dict[str, Array],
        judged: dict[str, tuple[SplitPredictions, dict[str, float | None]]],
        fields: dict[str, Any],
        once: Once | None,
    ) -> bytes:
        """Store the model with its job, in one transaction with the answer."""
        job_id, weights = new_id(TRAINING.prefix), loaded.network.tensors()
        metrics = {split: values for split, (_, values) in judged.items()}
        lineage = Lineage(model=model_id, edits=fields["edits"])
        with writing(self._engine) as connection:
            parent = _read_parent(connection, model_id)
            sha256 = digest(weights)
            spec_digest = hashlib.sha256(orjson.dumps([parent.spec_digest, fields["edits"]])).hexdigest()
            values = {column: getattr(parent, column) for column in COPIED} | {
                "kind": TRAINING.name,
                "name": name or parent.name,
                "labels": parent.labels,
                "started_from": model_id,
                "spec_digest": spec_digest,
                "metrics": metrics,
                "weights_sha256": sha256,
                "train_seconds": 0.0,
            }
            datasets = datasets_of(load_spec(parent.spec))
            message = f"made by editing the model {model_id}"
            ledger.add_ended(connection, job_id, message, inline=parent.content, datasets=datasets, **values)
            manifest = parent.manifest | {
                "metrics": metrics,
                "weights_sha256": sha256,
                "lineage": to_values(lineage),
            }
            new = store_outputs(
                connection,
                job_id,
                snapshots=[
                    WeightSnapshot("initial", 0, original),
                    WeightSnapshot("final", parent.epoch, weights),
                ],
                predictions=[predictions for predictions, _ in judged.values()],
                model=NewModel(manifest, parent.preprocessing),
            )
            assert new is not None
            model = library.read_model(connection, new)
            answer = dump(schema.ModelEdit(object="edit", parent=model_id, model=model, **fields))
            if once is not None:
                replies.keep(connection, once, answer)
        return answer


def _read_parent(connection: Connection, model_id: str) -> Any:
    columns = [getattr(Job, column) for column in COPIED]
    query = select(
        *columns,
        Job.spec_digest,
        Job.labels.label("labels"),
        Model.name,
        Model.manifest,
        Model.preprocessing,
        JobInput.content,
    )
    query = query.join(Model, Model.job_id == Job.id).outerjoin(JobInput, JobInput.job_id == Job.id)
    row = connection.execute(query.where(Model.id == model_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no model {model_id!r}")
    return row


def _judge_all(
    spec: JobSpec, loaded: Loaded, prepared: Prepared | None
) -> dict[str, tuple[SplitPredictions, dict[str, float | None]]]:
    """Predictions and metrics of every split."""
    parts = {} if prepared is None else prepared.parts
    return {
        name: judge(spec, loaded.network, name, part, prepared) for name, part in parts.items() if prepared is not None
    }


def _side_by_side(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, schema.Change]]:
    return {
        split: {name: schema.Change(before=before[split][1].get(name), after=value) for name, value in values.items()}
        for split, (_, values) in after.items()
    }


def find_dead(spec: JobSpec, network: AnyNetwork, layer: str, prepared: Prepared | None) -> list[int]:
    """The units of a layer that are never positive on the training rows. Raises `ValidationFailed` without rows."""
    if prepared is None:
        detail = f"'units' is missing; {why_no_data(spec)}, so that dead units cannot be found"
        raise ValidationFailed([Fault(pointer("edits"), detail)])
    rows = np.asarray(prepared.parts["train"].x[:PROBE_ROWS])
    for number, member in enumerate(network.members, start=1):
        prefix = f"{member_name(number)}." if len(network.members) > 1 else ""
        if not layer.startswith(prefix):
            continue
        outputs: dict[str, Array] = {}

        def look(place: tuple[str, ...], _: Stage, __: str, ___: Array, found: Array) -> None:
            outputs["/".join(place)] = found  # noqa: B023 -- called before the next member

        path = Pass(member, len(rows), logits=False)
        path.watch(look)
        path.forward(rows)
        return np.flatnonzero((outputs[layer.removeprefix(prefix)] <= 0).all(axis=0)).tolist()
    raise ValidationFailed([Fault(pointer("edits"), f"{layer!r} is not a layer of the model")])
