"""Store a column's type as a schema has it, instead of flags for how dates and times are read."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

Document = dict[str, Any]
NAMES = {"numeric": "number", "boolean": "boolean", "categorical": "category", "datetime": "datetime", "text": "text"}
KINDS = {name: kind for kind, name in NAMES.items()} | {"time_of_day": "numeric"}


def upgrade() -> None:
    _change(_with_schema, _with_types, _inputs_with_schemas)


def downgrade() -> None:
    _change(_with_flags, _with_kinds, _inputs_with_flags)


def _change(
    column: Callable[[Document], Document],
    encoder: Callable[[Document], Document],
    inputs: Callable[[list[Document], Document], list[Document]],
) -> None:
    """Rewrite the columns of data sets, how models encode theirs, and the inputs that models list."""
    connection = op.get_bind()
    datasets = sa.table("datasets", sa.column("id"), sa.column("columns", sa.JSON))
    for row in connection.execute(sa.select(datasets)).all():
        kept = None if row.columns is None else [*map(column, row.columns)]
        connection.execute(datasets.update().where(datasets.c.id == row.id).values(columns=kept))
    models = sa.table("models", sa.column("id"), sa.column("manifest", sa.JSON), sa.column("preprocessing", sa.JSON))
    for row in connection.execute(sa.select(models)).all():
        encoding = encoder(row.preprocessing["inputs"])
        manifest = row.manifest | {"inputs": inputs(row.manifest["inputs"], encoding)}
        values = {"manifest": manifest, "preprocessing": row.preprocessing | {"inputs": encoding}}
        connection.execute(models.update().where(models.c.id == row.id).values(**values))


def _schema(kind: str, *, day_first: bool | None, is_time: bool, is_text: bool) -> Document:
    name = "time_of_day" if is_time else NAMES.get(kind, "category" if is_text else "number")
    return {"type": name} | ({} if day_first is None else {"day_first": day_first})


def _with_schema(column: Document) -> Document:
    flags = {"day_first": column.get("day_first"), "is_time": column.get("time_of_day", False)}
    schema = _schema(column["kind"], is_text=bool(column.get("top")), **flags)
    return _without(column, "day_first", "time_of_day") | {"schema": schema}


def _inputs_with_schemas(inputs: list[Document], encoder: Document) -> list[Document]:
    return [
        _without(column, "day_first", "time_of_day") | {"schema": encoder["features"][column["name"]]}
        for column in inputs
    ]


def _inputs_with_flags(inputs: list[Document], _: Document) -> list[Document]:
    return [*map(_with_flags, inputs)]


def _with_flags(column: Document) -> Document:
    schema = column["schema"]
    flags = {"day_first": schema.get("day_first"), "time_of_day": schema["type"] == "time_of_day"}
    return _without(column, "schema") | flags


def _with_types(encoder: Document) -> Document:
    categories = {each["name"] for each in encoder["categories"]}
    orders, times = encoder.get("day_first", {}), encoder.get("times", [])
    features = {
        name: _schema(kind, day_first=orders.get(name), is_time=name in times, is_text=name in categories)
        for name, kind in encoder["features"].items()
    }
    return _without(encoder, "numbers", "moments", "day_first", "times") | {"features": features}


def _with_kinds(encoder: Document) -> Document:
    types = {name: schema["type"] for name, schema in encoder["features"].items()}
    return encoder | {
        "features": {name: KINDS[kind] for name, kind in types.items()},
        "numbers": [name for name, kind in types.items() if kind in ("number", "boolean", "time_of_day")],
        "moments": [name for name, kind in types.items() if kind == "datetime"],
        "day_first": {
            name: schema["day_first"] for name, schema in encoder["features"].items() if "day_first" in schema
        },
        "times": [name for name, kind in types.items() if kind == "time_of_day"],
    }


def _without(document: Document, *keys: str) -> Document:
    return {key: value for key, value in document.items() if key not in keys}
