"""The weights of jobs."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from flask import Blueprint, Response

from steelyard.exports import nested, npz, safetensors
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.http.services import service
from steelyard.jobs import results
from steelyard.store.engine import Engine
from steelyard.web.routing import JSON, Operation, choose_form, dump, route, stream

weights = Blueprint("weights", __name__)
FORMS = (JSON, safetensors.MEDIA_TYPE, npz.NPZ_MEDIA_TYPE)
TENSOR_FORMS = (JSON, npz.NPY_MEDIA_TYPE)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights",
    Operation("List the weights of a job", {200: "WeightList"}, problems=(404,)),
)
def list_weights(job_id: str) -> dict[str, Any]:
    """Snapshots with the shapes, statistics and hashes of their tensors."""
    return results.list_weights(service(Engine), job_id)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights/<snapshot>",
    Operation("Get all tensors of a snapshot", {200: "Weights"}, forms=FORMS[1:], problems=(404, 406)),
)
def get_snapshot(job_id: str, snapshot: str) -> Response:
    """The tensors, in a media type that the client accepts."""
    form = choose_form(FORMS)
    stored = results.open_snapshot(service(Engine), job_id, snapshot)
    version = (job_id, snapshot, stored.sha256)
    if form == safetensors.MEDIA_TYPE:
        length, pieces = safetensors.dump_pieces(stored.tensors, {"job": job_id, "snapshot": snapshot})
        headers = _filename(f"{job_id}-{snapshot}.safetensors")
        return stream(pieces, version=version, content_type=form, headers=headers, length=length)
    if form == npz.NPZ_MEDIA_TYPE:
        headers = _filename(f"{job_id}-{snapshot}.npz")
        return stream(npz.dump_npz(stored.tensors), version=version, content_type=form, headers=headers)
    return stream(_as_json(snapshot, stored.tensors), version=version)


def _as_json(snapshot: str, tensors: Mapping[str, PiecewiseTensor]) -> Iterator[bytes]:
    yield b'{"snapshot":' + dump(snapshot) + b',"tensors":{'
    for place, (name, tensor) in enumerate(tensors.items()):
        yield (b"," if place else b"") + dump(name) + b":"
        yield from nested.dump(tensor)
    yield b"}}"


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights/<snapshot>/<layer>/<tensor>",
    Operation("One tensor", {200: "TensorValues"}, forms=TENSOR_FORMS[1:], problems=(404, 406)),
)
def get_tensor(job_id: str, snapshot: str, layer: str, tensor: str) -> Response:
    """The tensor, in a media type that the client accepts."""
    form = choose_form(TENSOR_FORMS)
    name = f"{layer}/{tensor}"
    stored = results.open_tensor(service(Engine), job_id, snapshot, name)
    values, version = stored.tensors[name], (job_id, snapshot, name, stored.sha256)
    if form == npz.NPY_MEDIA_TYPE:
        headers = _filename(f"{layer}-{tensor}.npy")
        return stream(npz.dump_npy(values), version=version, content_type=form, headers=headers)
    facts = dump({"name": name, "shape": list(values.shape), "dtype": values.dtype.name})
    return stream(chain([facts[:-1], b',"values":'], nested.dump(values), [b"}"]), version=version)


def _filename(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
