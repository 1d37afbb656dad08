"""Rename the key `wishes` of stored encoders to `options`."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


OLD_KEY, NEW_KEY = "wishes", "options"


def upgrade() -> None:
    _rename(OLD_KEY, NEW_KEY)


def downgrade() -> None:
    _rename(NEW_KEY, OLD_KEY)


def _rename(old: str, new: str) -> None:
    models = sa.table("models", sa.column("id"), sa.column("preprocessing", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(models)).all():
        inputs = {new if key == old else key: value for key, value in row.preprocessing["inputs"].items()}
        kept = row.preprocessing | {"inputs": inputs}
        connection.execute(models.update().where(models.c.id == row.id).values(preprocessing=kept))
