"""The models that there are, as the JSON-ready objects of the HTTP contract."""

from typing import Any

from sqlalchemy import Engine, Row, delete, select

from steelyard.errors import NotFound
from steelyard.store.clock import rfc3339
from steelyard.store.engine import reading, writing
from steelyard.store.pages import Page, read_page
from steelyard.store.tables import Model

COLUMNS = (Model.id, Model.job_id, Model.name, Model.created_at, Model.manifest)


def get_model(engine: Engine, model_id: str) -> dict[str, Any]:
    """The model. Raises `NotFound`."""
    with reading(engine) as connection:
        row = connection.execute(select(*COLUMNS).where(Model.id == model_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no model {model_id!r}")
    return _model(row)


def list_models(engine: Engine, *, limit: int = 50, after: str | None = None) -> Page:
    """The newest models."""
    with reading(engine) as connection:
        key = Model.__table__.c.id
        return read_page(connection, select(*COLUMNS), key=key, render=_model, limit=limit, after=after)


def delete_model(engine: Engine, model_id: str) -> None:
    """Delete the model; its job stays, with its weights. Raises `NotFound`."""
    with writing(engine) as connection:
        if not connection.execute(delete(Model).where(Model.id == model_id)).rowcount:
            raise NotFound(f"there is no model {model_id!r}")


def _model(row: Row[Any]) -> dict[str, Any]:
    head = {"id": row.id, "object": "model", "name": row.name, "job": row.job_id, "created_at": rfc3339(row.created_at)}
    manifest: dict[str, Any] = row.manifest
    return head | manifest
