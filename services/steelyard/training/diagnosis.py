"""The rules, run again over what is stored of a job that has ended."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from steelyard.diagnostics.diagnosis import rediagnose
from steelyard.diagnostics.run import Predicted, Run
from steelyard.errors import Conflict, Fault, ValidationFailed, shown
from steelyard.exports import safetensors
from steelyard.jobs.states import ENDED
from steelyard.nn.ensemble import member_name
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Predictions
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_history
from steelyard.training.recorded import load_recording
from steelyard.training.schema.diagnostics import Diagnosis, Diagnostics
from steelyard.training.schema_errors import translate

MOST_PARAMETERS = 5_000_000  # of a larger network, rules about weights find nothing


def diagnose_job(engine: Engine, job_id: str, document: Any) -> Diagnosis:
    """The findings of a job with its own rules, as the `document` changes them. Nothing is stored.

    Raises `NotFound`, `ValidationFailed`, and `Conflict` if the job has not ended.
    """
    asked = _read(document)
    history = get_history(engine, job_id).series
    with reading(engine) as connection:
        job = TRAINING.find(connection, job_id)
        if job.status not in ENDED:
            raise Conflict(f"job {job_id} is {job.status}; its findings follow while it runs and at its end")
        stopping = job.stopping or {}
        run = Run(
            spec=job.spec,
            history=history,
            initial=_weights(connection, job, "initial"),
            final=_weights(connection, job, "final"),
            metrics=job.metrics,
            baseline=job.baseline,
            predictions=_predictions(connection, job_id),
            classes=job.data["classes"],
            error=job.error,
            restored=stopping.get("weights_epoch") != stopping.get("epoch"),
            recording=load_recording(connection, job_id),
            url=f"/v1/jobs/{job_id}",
        )
    rules = {**job.spec.get("diagnostics", {}).get("rules", {}), **asked}
    return Diagnosis(object="diagnosis", job=job_id, rules=rules, findings=rediagnose(run, rules, job.findings))


def _read(document: Any) -> dict[str, Any]:
    """The rules that a request changes."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'rules'")])
    try:
        rules: dict[str, Any] = Diagnostics.model_validate(document).to_json()["rules"]
    except ValidationError as error:
        raise ValidationFailed(translate(error, Diagnostics, document, document)) from None
    return rules


def _weights(connection: Connection, job: Any, snapshot: str) -> Mapping[str, NDArray[Any]]:
    """The tensors of a snapshot; of an ensemble, those of its first member under their own names."""
    if job.parameters > MOST_PARAMETERS:
        return {}
    found = tensors.load(connection, job.id, snapshot)
    first = f"{member_name(1)}."
    own = {name.removeprefix(first): tensor for name, tensor in found.items() if name.startswith(first)}
    return own or found


def _predictions(connection: Connection, job_id: str) -> dict[str, Predicted]:
    query = select(Predictions.split, Predictions.content).where(Predictions.job_id == job_id)
    chunks: dict[str, list[Mapping[str, NDArray[Any]]]] = {}
    for row in connection.execute(query.order_by(Predictions.split, Predictions.first)):
        chunks.setdefault(row.split, []).append(safetensors.load(row.content))
    found = {}
    for split, parts in chunks.items():
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        found[split] = Predicted(columns["row"], columns["target"], columns["prediction"], columns.get("probabilities"))
    return found
