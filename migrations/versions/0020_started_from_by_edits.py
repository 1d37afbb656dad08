"""Models made by edits start from the model that was edited, so that they are listed by it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _set_for_edited(sa.column("manifest", sa.JSON())[("lineage", "model")].as_string())


def downgrade() -> None:
    _set_for_edited(sa.null())


def _set_for_edited(origin: sa.ColumnElement[str] | sa.Null) -> None:
    """Set the origin of the jobs whose models were made by edits."""
    jobs = sa.table("jobs", sa.column("id", sa.String()), sa.column("started_from", sa.String()))
    models = sa.table("models", sa.column("job_id", sa.String()), sa.column("manifest", sa.JSON()))
    edited = models.c.manifest[("lineage", "model")].as_string().is_not(None)
    value = sa.select(origin).select_from(models).where(models.c.job_id == jobs.c.id).scalar_subquery()
    ids = sa.select(models.c.job_id).where(edited)
    op.execute(jobs.update().where(jobs.c.id.in_(ids)).values(started_from=value))
