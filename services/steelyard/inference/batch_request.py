"""The body of a request for predictions of many rows: a data set, or rows inside it."""

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from steelyard.datasets import library
from steelyard.errors import MOST_ERRORS, Fault, ValidationFailed, nearest, pointer, shown
from steelyard.inference.batches import BatchPlan
from steelyard.inference.column_names import Matched, match, name_faults
from steelyard.inference.rows import errors_at, read_inputs, read_table
from steelyard.inference.schema import BatchRequest
from steelyard.inference.service import Loaded, Predictor
from steelyard.jobs.webhooks.address_policy import require_reach
from steelyard.jobs.webhooks.schema import Webhook
from steelyard.settings import Network
from steelyard.store.engine import Engine
from steelyard.tabular.faults import refuse
from steelyard.training.schema_errors import translate

INLINE: dict[str, tuple[type, str]] = {"rows": (dict, "objects"), "x": (list, "lists")}


def read_batch(
    document: Any, reference: str, predictor: Predictor, engine: Engine, *, webhook_networks: Sequence[Network]
) -> BatchPlan:
    """What is to be predicted, by the model with this id or alias. Raises `NotFound`, `ValidationFailed`."""
    model_id, model = predictor.get(reference)
    name, data = _read_fields(document)
    webhook = _read_webhook(document.get("webhook"), webhook_networks)
    if "dataset" in data:
        rows, columns = _require_inputs(engine, data["dataset"], model)
        return BatchPlan(model_id, data["dataset"], None, rows, model.labels, name, webhook, columns)
    key, sent = _read_inline(data["inline"])
    with errors_at(pointer("data", "inline", key)):
        columns = read_inputs({"inputs": sent}, model.inputs, model.network.dtype).columns
    return BatchPlan(model_id, None, orjson.dumps(sent), len(sent), model.labels, name, webhook, columns)


def _read_fields(document: Any) -> tuple[str | None, dict[str, Any]]:
    """The name, and the data. Raises `ValidationFailed`."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'data'")])
    known = sorted(BatchRequest.model_fields)
    unknown = [key for key in document if key not in known]
    faults = [Fault(pointer(key), f"is not a known field; {nearest(key, known)}") for key in unknown[:MOST_ERRORS]]
    faults += [Fault(pointer(key), "is not a known field") for key in unknown[MOST_ERRORS:]]
    name, data = document.get("name"), document.get("data")
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= 200):
        faults.append(Fault(pointer("name"), f"is {shown(name)}; it must be a string of 1 to 200 characters"))
    if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in ("dataset", "inline"):
        seen = f"is {shown(data)}" if "data" in document else "is missing"
        faults.append(Fault(pointer("data"), f"{seen}; it must be an object with one of 'dataset' and 'inline'"))
    elif not isinstance(data.get("dataset", ""), str):
        seen = shown(data["dataset"])
        faults.append(Fault(pointer("data", "dataset"), f"is {seen}; it must be the id of a data set"))
    if faults:
        raise ValidationFailed(faults)
    assert isinstance(data, dict)
    return name, data


def _read_webhook(given: Any, networks: Sequence[Network]) -> Webhook | None:
    """The webhook of the end of the batch. Raises `ValidationFailed`."""
    if given is None:
        return None
    try:
        webhook = Webhook.model_validate(given)
    except ValidationError as error:
        faults = translate(error, Webhook, given, given)
        raise ValidationFailed(Fault(pointer("webhook") + fault.pointer, fault.detail) for fault in faults) from None
    require_reach(webhook, networks)
    return webhook


def _read_inline(inline: Any) -> tuple[str, list[Any]]:
    """The field with the rows, and the rows, each an object or a list as the field asks. Raises `ValidationFailed`."""
    place = ("data", "inline")
    unknown = [key for key in inline if key not in INLINE] if isinstance(inline, dict) else []
    if unknown:
        raise ValidationFailed(
            Fault(pointer(*place, key), "is not a known field; known are rows, x") for key in unknown
        )
    if not isinstance(inline, dict) or len(inline) != 1:
        detail = f"is {shown(inline)}; it must be an object with one of 'rows' (objects) and 'x' (lists)"
        raise ValidationFailed([Fault(pointer(*place), detail)])
    key, rows = next(iter(inline.items()))
    kind, called = INLINE[key]
    if not isinstance(rows, list) or not rows:
        raise ValidationFailed([Fault(pointer(*place, key), f"is {shown(rows)}; it must be a list of {called}")])
    wrong = (number for number, row in enumerate(rows) if not isinstance(row, kind))
    if (number := next(wrong, None)) is not None:
        detail = f"is {shown(rows[number])}; '{key}' holds {called}"
        raise ValidationFailed([Fault(pointer(*place, key, number), detail)])
    return key, rows


def _require_inputs(engine: Engine, dataset_id: str, model: Loaded) -> tuple[int, Matched]:
    """How many rows the data set has, and which of its columns are inputs. Raises `NotFound`, `ValidationFailed`."""
    encoder, place = model.inputs, ("data", "dataset")
    dataset = library.get(engine, dataset_id)
    columns = match([column["name"] for column in dataset.columns], encoder.features)
    refuse(name_faults(columns, encoder.features, *place))
    with errors_at(pointer(*place)):  # a column has one type: if its first rows do not fit the model, no others do
        read_table(library.load_part(engine, dataset_id, [*encoder.features], 0), encoder, model.network.dtype)
    return dataset.rows, columns
