"""Stores an imported model with a new job, which has ended: its weights are there as those of any job."""

import hashlib
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from steelyard.documents.writer import dump, to_values
from steelyard.imports.draft import Draft
from steelyard.inference.service import Loaded
from steelyard.jobs import ledger
from steelyard.models import library
from steelyard.models.description import describe_layers
from steelyard.models.schema import FileDialect, Imported, Input, Manifest, Outputs
from steelyard.store import replies
from steelyard.store.engine import writing
from steelyard.store.ids import new_id
from steelyard.store.replies import Once
from steelyard.store.tensors import digest
from steelyard.training.kind import TRAINING
from steelyard.training.results import NewModel, WeightSnapshot, store_outputs
from steelyard.training.schema.job import DataSummary

CHANGED = "the weights were changed since the metrics were measured, so the metrics are left out"


class Importing:
    """Stores models in the database behind `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def store(
        self, draft: Draft, loaded: Loaded, *, form: str, file: str, name: str | None, once: Once | None = None
    ) -> bytes:
        """The stored model as JSON; `once` keeps it. `form` is the format of the file, `file` its SHA-256."""
        job_id, weights = new_id(TRAINING.prefix), loaded.network.tensors()
        sha256 = digest(weights)
        if draft.measured not in (None, sha256):
            draft = replace(draft, metrics={}, notes=(*draft.notes, CHANGED))
        origin: dict[str, Any] = {
            "source": "imported",
            "job": job_id,
            "format": form,
            "file": file,
            "original": draft.original,
        }
        origin |= {"notes": [*draft.notes]} if draft.notes else {}
        manifest = _manifest(draft, loaded, Imported.model_validate(origin), sha256)
        target = None if draft.target is None else draft.target.to_json()
        model = NewModel(to_values(manifest), {"inputs": draft.inputs.to_json(), "target": target})
        snapshots = [WeightSnapshot(snapshot, 0, weights) for snapshot in ("initial", "final")]
        with writing(self._engine) as connection:
            values = _job_of(draft, loaded) | {"name": name or draft.spec.name, "weights_sha256": sha256}
            ledger.add_ended(connection, job_id, f"imported from a file ({form})", inline=None, datasets=[], **values)
            model_id = store_outputs(connection, job_id, snapshots=snapshots, predictions=[], model=model)
            assert model_id is not None
            answer = dump(library.read_model(connection, model_id))
            if once is not None:
                replies.keep(connection, once, answer)
        return answer


def _manifest(draft: Draft, loaded: Loaded, provenance: Imported, sha256: str) -> Manifest:
    return Manifest(
        task=draft.spec.task,
        inputs=[
            Input(name=name, kind=kind.kind, schema=kind.to_json()) for name, kind in draft.inputs.features.items()
        ],
        outputs=Outputs(targets=draft.targets, units=draft.units),
        classes=draft.classes,
        layers=describe_layers(loaded.network),
        parameters=loaded.network.size,
        metrics=draft.metrics,
        weights_sha256=sha256,
        spec=draft.spec.to_json(),
        provenance=provenance,
        **({} if draft.dialect is None else {"dialect": FileDialect(**draft.dialect)}),
    )


def _job_of(draft: Draft, loaded: Loaded) -> dict[str, Any]:
    """The columns of the model's job."""
    spec = draft.spec
    data = DataSummary(
        rows=0, features=[*draft.inputs.features], targets=draft.targets, classes=draft.classes, left_out={}
    )
    return {
        "kind": TRAINING.name,
        "labels": spec.metadata,
        "spec": spec.to_json(),
        "spec_digest": hashlib.sha256(spec.canonical()).hexdigest(),
        "data": data.to_json() | {"findings": []},
        "choices": [],
        "parameters": loaded.network.size,
        "epochs": spec.epochs,
        "epoch": 0,
        "metrics": draft.metrics,
        "train_seconds": 0.0,
    }
