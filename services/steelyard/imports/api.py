"""Models from files of weights that were made elsewhere."""

import hashlib

import orjson
from flask import Blueprint, Response, request, url_for

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Fault, NotFound, UnsupportedMediaType, ValidationFailed, pointer, shown
from steelyard.exports.bundle import ModelBundle
from steelyard.http.idempotency import answer_once
from steelyard.http.routing import Operation, reply, route
from steelyard.http.services import service
from steelyard.http.uploads import MULTIPART
from steelyard.imports.contents import CannotImport
from steelyard.imports.drafting import draft_of
from steelyard.imports.importing import Importing
from steelyard.imports.reading import format_of, read_weights
from steelyard.imports.request import PART, ImportForm, read_request
from steelyard.inference.exporting import load_bundle
from steelyard.inference.service import Predictor
from steelyard.models.schema import Model
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.store.replies import Once
from steelyard.tabular.readers.unnamed_files import path_of

imports = Blueprint("imports", __name__)
FILE = "file"


@route(
    imports,
    "POST",
    "/v1/models",
    Operation(
        "Import a model from a file of weights",
        {201: Model},
        form=ImportForm,
        keyed=True,
        problems=(400, 409, 413, 415, 422),
    ),
)
def import_model() -> Response:
    """Make a model from weights that were made elsewhere; nothing in the file is executed.

    The name of the file tells its format. An export of this service (`.safetensors`, `.npz`, `.json`, `.onnx`,
    `.keras`) says everything. Of other weights, the part `model` describes the layers, inputs and classes, or names a
    model that has them (`like`). The new model has no rows and no history; it predicts, and can be compared, edited,
    exported and used in `initial_weights`.
    """
    text = _read_form()
    asked, sent = read_request(text), request.files[FILE]
    form = format_of(sent.filename or "")
    most = service(Settings).max_body_bytes
    file = sent.stream
    file.flush()
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]

    def create(once: Once | None) -> bytes:
        contents = read_weights(service(Readers), path_of(file), form, max_bytes=most)
        try:
            draft = draft_of(contents, asked, digest, None if asked.like is None else _find(asked.like))
            loaded = draft.build()
        except CannotImport as error:
            raise ValidationFailed([Fault(pointer(FILE), str(error))]) from None
        return service(Importing).store(draft, loaded, form=form, file=digest, name=asked.name, once=once)

    body = hashlib.sha256(f"{digest} {form} {text}".encode()).hexdigest()
    answer, headers = answer_once(create, body_sha256=body)
    headers["Location"] = url_for("models.get_model", model_id=orjson.loads(answer)["id"])
    return reply(answer, 201, headers=headers)


def _find(reference: str) -> ModelBundle:
    """The model that the request names. Raises `ValidationFailed`."""
    try:
        return load_bundle(service(Engine), service(Predictor), reference)[1]
    except NotFound as error:
        raise ValidationFailed([Fault(pointer(PART, "like"), f"is {shown(reference)}; {error.detail}")]) from None


def _read_form() -> str | None:
    """The part `model` of this request, if it has one. Raises `UnsupportedMediaType`, `ValidationFailed`."""
    if request.mimetype != MULTIPART:
        seen = request.mimetype or "none"
        raise UnsupportedMediaType(f"the Content-Type is {seen}; it must be {MULTIPART} with a part {FILE}")
    request.max_form_memory_size = None  # the whole body is bounded
    unknown = [name for name in request.form if name != PART] + [name for name in request.files if name != FILE]
    faults = [Fault(pointer(name), f"is not a known part; known are {FILE} and {PART}") for name in unknown]
    if FILE not in request.files:
        faults.append(Fault(pointer(FILE), "is missing; it must be the file"))
    if faults:
        raise ValidationFailed(faults)
    return request.form.get(PART)
