"""The model that a job starts from, so that jobs are listed by it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("started_from", sa.String(40), nullable=True))
    jobs = sa.table("jobs", sa.column("spec", sa.JSON()), sa.column("started_from", sa.String()))
    op.execute(jobs.update().values(started_from=jobs.c.spec[("initial_weights", "model")].as_string()))
    op.create_index("jobs_of_model", "jobs", ["started_from", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("jobs_of_model", table_name="jobs")
    op.drop_column("jobs", "started_from")
