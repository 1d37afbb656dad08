"""A model from what an export of this service says: manifest and preprocessing. All of it is checked again."""

from typing import Any

import numpy as np
import orjson
from pydantic import ValidationError

from steelyard.documents.strict_json import read_document
from steelyard.errors import SteelyardError
from steelyard.imports.contents import CannotImport, Contents
from steelyard.imports.draft import MALFORMED, Draft
from steelyard.models.schema import Imported, Manifest
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.scaling import Scaler
from steelyard.training.schema import JobSpec, load_spec

MOST_BYTES = 256 << 20  # of the objects of a manifest
NOT_TAKEN = ("validation", "test", "initial_weights", "webhook")  # they name things of the service that trained it


def draft_of(contents: Contents, digest: str) -> Draft:
    """The model of an export, from a file with this SHA-256. Raises `CannotImport`."""
    assert contents.manifest is not None
    try:
        document = read_document(contents.manifest.encode(), most_bytes=MOST_BYTES)
        manifest = Manifest.model_validate(document["manifest"])
        spec = _read_spec(manifest, digest)
        inputs = _read_encoder(document["preprocessing"]["inputs"], spec)
        target = document["preprocessing"]["target"]
        scaler = None if target is None else _read_scaler(target)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise CannotImport(f"its manifest is not valid: {place}: {first['msg']}") from None
    except SteelyardError as error:
        raise CannotImport(f"its manifest is not valid: {error.detail}") from None
    except MALFORMED as error:
        raise CannotImport(f"its manifest is not valid: {type(error).__name__}: {str(error)[:200]}") from None
    provenance = manifest.provenance
    return Draft(
        spec,
        inputs,
        scaler,
        manifest.outputs.targets,
        manifest.classes,
        contents.tensors,
        manifest.metrics,
        provenance.original if isinstance(provenance, Imported) else provenance,
        None if manifest.dialect is None else manifest.dialect.model_dump(exclude_none=True),
        measured=manifest.weights_sha256,
    )


def _read_spec(manifest: Manifest, digest: str) -> JobSpec:
    inline = {"rows": 0, "columns": len(manifest.inputs) + len(manifest.outputs.targets), "sha256": digest}
    data = {"inline": inline, "target": manifest.outputs.targets}
    spec = load_spec(manifest.spec | {"data": data} | dict.fromkeys(NOT_TAKEN))
    for part in (spec.layers, spec.loss, spec.optimizer, spec.training.epochs, spec.training.batch_size):
        if part is None:
            raise CannotImport("its manifest is not valid: the specification lacks layers, loss, optimizer or training")
    if spec.task != manifest.task:
        raise CannotImport(f"its manifest is not valid: the task is {manifest.task}, and that of the job {spec.task}")
    return spec


def _read_encoder(document: Any, spec: JobSpec) -> Encoder:
    inputs = Encoder.from_json(document)
    if orjson.loads(orjson.dumps(inputs.to_json())) != {"piecewise": None} | document:
        raise CannotImport("its preprocessing is not valid")
    if inputs.options != spec.preprocessing.to_options():
        raise CannotImport("its preprocessing is not that of its job")
    _require_scaler(inputs.scaler)
    if not len(inputs.fill) == len(inputs.scaler.center):
        raise CannotImport(f"its preprocessing scales {len(inputs.scaler.center)} inputs, and fills {len(inputs.fill)}")
    if [each.name for each in inputs.categories] != [
        name for name, kind in inputs.features.items() if kind.encoding == "categories"
    ]:
        raise CannotImport("its preprocessing has other columns of categories than inputs")
    if inputs.options.has_bins != (inputs.piecewise is not None):
        raise CannotImport("its preprocessing lacks the bins of its numbers, or has some")
    return inputs


def _read_scaler(document: Any) -> Scaler:
    scaler = Scaler.from_json(document)
    _require_scaler(scaler)
    return scaler


def _require_scaler(scaler: Scaler) -> None:
    center, scale = scaler.center, scaler.scale
    if center.ndim != 1 or center.shape != scale.shape:
        raise CannotImport(f"its scaling has {center.size} centers and {scale.size} scales")
    if not (np.isfinite(center).all() and np.isfinite(scale).all() and (scale != 0).all()):
        raise CannotImport("its scaling has values that are zero or not finite")
