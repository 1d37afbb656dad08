"""Reading a job: a plan, or every fault at once with a pointer into what the client sent."""

import pytest

from steelyard.errors import PayloadTooLarge
from steelyard.training.examples import SMALLEST
from tests.training.jobs import faults, job, many, read


def test_ten_faults_of_every_kind_come_in_one_answer() -> None:
    found = faults(
        {
            "data": {"builtin": "iris", "target": "speciess"},
            "layers": [16, -1, {"type": "dens", "units": 3}, {"type": "dense", "units": 4, "activation": "relux"}],
            "activation": "sigmod",
            "optimizer": {"name": "adam", "learning_rat": 0.1, "beta_1": 1.5},
            "training": {"epochs": 0, "batch_size": "32", "early_stopping": {"monitor": "val_los"}},
            "validation": {"fraction": 0.6},
            "test": {"fraction": 0.5},
            "epochs": 10,
        }
    )
    assert found.keys() == {
        "/data/target",
        "/layers/1",
        "/layers/2/type",
        "/layers/3/activation",
        "/activation",
        "/optimizer/learning_rat",
        "/optimizer/beta_1",
        "/training/epochs",
        "/training/batch_size",
        "/training/early_stopping/monitor",
        "/test/fraction",
        "/epochs",
    }
    assert "did you mean 'dense'?" in found["/layers/2/type"]
    assert "did you mean 'learning_rate'?" in found["/optimizer/learning_rat"]
    assert found["/training/batch_size"] == "is '32'; it must be an integer"


def test_name_and_metadata_do_not_change_the_digest() -> None:
    assert read(job(name="a", metadata={"b": "c"})).digest == read(SMALLEST).digest
    assert read(job(training={"seed": 1})).digest != read(SMALLEST).digest


def test_a_job_has_a_bounded_number_of_values_beside_its_rows() -> None:
    with pytest.raises(PayloadTooLarge, match="50000 values"):
        read(job(metadata=many(60_000)))
    rows = [{"a": row, "b": row % 3} for row in range(60_000)]
    assert read(job(data={"inline": {"rows": rows}, "target": "b"})).data.rows == 60_000
