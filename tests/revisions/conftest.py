"""What compares models, on a store of its own."""

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.inference.service import Predictor
from steelyard.models.references import References
from steelyard.revisions.diff import Differ
from steelyard.revisions.edits import Editing


@pytest.fixture(scope="package")
def differ(store: Engine, readers: Readers) -> Differ:
    """Compares the models."""
    return Differ(store, Predictor(store), readers)


@pytest.fixture(scope="package")
def editing(store: Engine, readers: Readers) -> Editing:
    """Edits the models."""
    return Editing(store, References(store), readers)
