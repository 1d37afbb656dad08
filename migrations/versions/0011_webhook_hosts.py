"""The host of each webhook, so that couriers can limit deliveries for each host."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from steelyard.jobs.webhooks.schema import host_of

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("host", sa.String(255), nullable=False, server_default=""))
    webhooks = sa.table("webhooks", sa.column("job_id", sa.String), sa.column("url", sa.String), sa.column("host"))
    connection = op.get_bind()
    for job_id, url in connection.execute(sa.select(webhooks.c.job_id, webhooks.c.url)).all():
        connection.execute(webhooks.update().where(webhooks.c.job_id == job_id).values(host=host_of(url)))


def downgrade() -> None:
    op.drop_column("webhooks", "host")
