"""Stored models, by id or by alias, as clients see them."""

import re
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from steelyard.errors import Conflict, Fault, NotFound, ValidationFailed, shown
from steelyard.models import schema
from steelyard.store.clock import rfc3339
from steelyard.store.engine import reading, writing
from steelyard.store.pages import Page, read_page
from steelyard.store.space import freeing
from steelyard.store.tables import Alias, Job, Model

COLUMNS = (Model.id, Model.job_id, Model.name, Model.created_at, Model.manifest)
PREFIX = "mdl_"
ALIAS = re.compile(r"(?!mdl_)[a-z0-9][a-z0-9._-]{0,63}")


def find_id(connection: Connection, reference: str) -> str | None:
    """The id of the model that an id or an alias stands for, if there is one."""
    if reference.startswith(PREFIX):
        query = select(Model.id).where(Model.id == reference)
    else:
        query = select(Alias.model_id).where(Alias.alias == reference)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def require_id(connection: Connection, reference: str) -> str:
    """The same. Raises `NotFound`."""
    model_id = find_id(connection, reference)
    if model_id is None:
        raise NotFound(f"there is no model {reference!r}")
    return model_id


def get_model(engine: Engine, reference: str) -> schema.Model:
    """The model. Raises `NotFound`."""
    with reading(engine) as connection:
        return read_model(connection, reference)


def read_model(connection: Connection, reference: str) -> schema.Model:
    """The same, in this transaction."""
    row = connection.execute(select(*COLUMNS).where(Model.id == require_id(connection, reference))).one()
    return _model(row, _aliases(connection, [row.id]))


def list_models(engine: Engine, *, started_from: str | None = None, limit: int = 50, after: str | None = None) -> Page:
    """The newest models; those that come from the weights of one model alone, if it is named."""
    query = select(*COLUMNS)
    if started_from is not None:
        query = query.join(Job, Job.id == Model.job_id).where(Job.started_from == started_from)
    with reading(engine) as connection:
        key = Model.__table__.c.id
        page = read_page(connection, query, key=key, prefix="mdl", render=_as_it_is, limit=limit, after=after)
        aliases = _aliases(connection, [row.id for row in page.data])
    return replace(page, data=[_model(row, aliases) for row in page.data])


@freeing
def delete_model(engine: Engine, reference: str, *, force: bool = False) -> None:
    """Delete the model; its job stays, with its weights. Raises `NotFound`, `Conflict` if it has aliases.

    With `force` the aliases are deleted with it.
    """
    with writing(engine) as connection:
        model_id = require_id(connection, reference)
        aliases = _aliases(connection, [model_id]).get(model_id, [])
        if aliases and not force:
            names = " and ".join(map(repr, aliases))
            raise Conflict(f"the model has the alias {names}; give it to another model first, or send ?force=true")
        connection.execute(delete(Model).where(Model.id == model_id))


def set_alias(engine: Engine, reference: str, alias: str) -> None:
    """Name a model; a name that another model has passes on to this one. Raises `NotFound`, `ValidationFailed`."""
    if not ALIAS.fullmatch(alias):
        right = "1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or a digit, not starting with 'mdl_'"
        raise ValidationFailed([Fault("", f"the alias is {shown(alias)}; it must be {right}")])
    with writing(engine) as connection:
        model_id = require_id(connection, reference)
        if not connection.execute(update(Alias).where(Alias.alias == alias).values(model_id=model_id)).rowcount:
            connection.execute(insert(Alias).values(alias=alias, model_id=model_id))


def remove_alias(engine: Engine, reference: str, alias: str) -> None:
    """Take a name from a model. Raises `NotFound`."""
    with writing(engine) as connection:
        model_id = require_id(connection, reference)
        gone = delete(Alias).where(Alias.alias == alias, Alias.model_id == model_id)
        if not connection.execute(gone).rowcount:
            raise NotFound(f"the model {reference!r} has no alias {alias!r}")


def _aliases(connection: Connection, model_ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(Alias).where(Alias.model_id.in_(model_ids)).order_by(Alias.alias)):
        found.setdefault(row.model_id, []).append(row.alias)
    return found


def _as_it_is(row: Row[Any]) -> Row[Any]:
    return row


def _model(row: Row[Any], aliases: dict[str, list[str]]) -> schema.Model:
    return schema.Model.unchecked(  # the manifest is what the model `Manifest` wrote
        id=row.id,
        object="model",
        name=row.name,
        aliases=aliases.get(row.id, []),
        job=row.job_id,
        created_at=rfc3339(row.created_at),
        **row.manifest,
    )
