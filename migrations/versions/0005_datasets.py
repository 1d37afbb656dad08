"""Data sets that were uploaded, and which jobs need them."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "dataset_content",
        sa.Column("dataset_id", sa.String(length=40), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "first"),
    )
    op.create_table(
        "dataset_parts",
        sa.Column("dataset_id", sa.String(length=40), nullable=False),
        sa.Column("column", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("dtype", sa.String(length=8), nullable=False),
        sa.Column("labels", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "column", "first"),
    )
    op.create_table(
        "job_datasets",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("dataset_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "dataset_id"),
    )
    op.create_index("jobs_of_dataset", "job_datasets", ["dataset_id"])
    _say_how_models_encode(_with_kinds)


def _say_how_models_encode(change: Callable[[list[str], dict[str, Any]], dict[str, Any]]) -> None:
    """Until now a model's inputs were numbers alone, of which the scaling was all there was to keep."""
    models = sa.table("models", sa.column("id"), sa.column("manifest", sa.JSON), sa.column("preprocessing", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(models)).all():
        names = [column["name"] for column in row.manifest["inputs"]]
        kept = row.preprocessing | {"inputs": change(names, row.preprocessing["inputs"])}
        connection.execute(models.update().where(models.c.id == row.id).values(preprocessing=kept))


def _with_kinds(names: list[str], scaler: dict[str, Any]) -> dict[str, Any]:
    return {
        "wishes": {"numeric": scaler["method"], "missing": "error"},
        "features": dict.fromkeys(names, "numeric"),
        "numbers": names,
        "moments": [],
        "scaler": scaler,
        "fill": [None] * len(names),
        "indicators": [],
        "categories": [],
    }


def downgrade() -> None:
    _say_how_models_encode(lambda _, inputs: inputs["scaler"])
    for table in ("job_datasets", "dataset_parts", "dataset_content", "datasets"):
        op.drop_table(table)
