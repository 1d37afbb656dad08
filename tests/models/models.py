"""Models in a database, for the tests of what reads them."""

from typing import Any

from sqlalchemy import Engine, insert

from steelyard.store.engine import writing
from steelyard.store.ids import new_id
from steelyard.store.tables import Model
from tests.jobs.test_ledger import submit


def add_model(engine: Engine, name: str | None = None) -> str:
    """A model of a job of its own; its id."""
    job_id, model_id = submit(engine), new_id("mdl")
    row: dict[str, Any] = {
        "id": model_id,
        "job_id": job_id,
        "name": name,
        "created_at": 0.0,
        "manifest": {},
        "preprocessing": {},
    }
    with writing(engine) as connection:
        connection.execute(insert(Model).values(**row))
    return model_id
