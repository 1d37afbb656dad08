"""The weights of jobs."""

from typing import Any

from flask import Blueprint, Response

from steelyard.formats import nested, npz, safetensors
from steelyard.http.routing import JSON, Operation, choose_form, reply, route
from steelyard.http.wiring import services
from steelyard.jobs import results

weights = Blueprint("weights", __name__)
FORMS = (JSON, safetensors.MEDIA_TYPE, npz.NPZ_MEDIA_TYPE)
TENSOR_FORMS = (JSON, npz.NPY_MEDIA_TYPE)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights",
    Operation("Which weights there are", {200: "WeightList"}, problems=(404,)),
)
def list_weights(job_id: str) -> dict[str, Any]:
    """Snapshots with their tensors' shapes, statistics and hashes."""
    return results.list_weights(services().engine, job_id)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights/<snapshot>",
    Operation("All tensors of a snapshot", {200: "Weights"}, forms=FORMS[1:], problems=(404, 406)),
)
def get_snapshot(job_id: str, snapshot: str) -> Response:
    """The tensors, in the form that the client accepts."""
    form = choose_form(FORMS)
    tensors = results.load_snapshot(services().engine, job_id, snapshot)
    if form == safetensors.MEDIA_TYPE:
        content = safetensors.dump(tensors, {"job": job_id, "snapshot": snapshot})
        return reply(content, content_type=form, headers=_filename(f"{job_id}-{snapshot}.safetensors"))
    if form == npz.NPZ_MEDIA_TYPE:
        return reply(npz.dump_npz(tensors), content_type=form, headers=_filename(f"{job_id}-{snapshot}.npz"))
    return reply({"snapshot": snapshot, "tensors": {name: nested.to_lists(tensor) for name, tensor in tensors.items()}})


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights/<snapshot>/<layer>/<tensor>",
    Operation("One tensor", {200: "TensorValues"}, forms=TENSOR_FORMS[1:], problems=(404, 406)),
)
def get_tensor(job_id: str, snapshot: str, layer: str, tensor: str) -> Response:
    """The tensor, in the form that the client accepts."""
    form = choose_form(TENSOR_FORMS)
    name = f"{layer}/{tensor}"
    values = results.load_tensor(services().engine, job_id, snapshot, name)
    if form == npz.NPY_MEDIA_TYPE:
        return reply(npz.dump_npy(values), content_type=form, headers=_filename(f"{layer}-{tensor}.npy"))
    facts = {"name": name, "shape": list(values.shape), "dtype": values.dtype.name}
    return reply({**facts, "values": nested.to_lists(values)})


def _filename(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
