"""Jobs of one status, newest first, without sorting all of them."""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("jobs_of_status", "jobs", ["status", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("jobs_of_status", table_name="jobs")
