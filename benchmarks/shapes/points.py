"""The shapes: rows, width, depth and batch, each doubled three times while the others stay in the middle."""

from benchmarks.training.workloads import Workload, clouds

ROWS, FEATURES, CLASSES, WIDTH, DEPTH, BATCH, EPOCHS = 8_000, 64, 10, 64, 2, 32, 2
DOUBLINGS = 3
AXES = {"rows": ROWS, "width": WIDTH, "depth": DEPTH, "batch": BATCH}


def points() -> dict[str, dict[int, Workload]]:
    """By axis, and by its value, what is trained there; the first is the middle, which all axes share."""
    return {
        axis: {value << doubling: _workload(**{axis: value << doubling}) for doubling in range(DOUBLINGS + 1)}
        for axis, value in AXES.items()
    }


def _workload(*, rows: int = ROWS, width: int = WIDTH, depth: int = DEPTH, batch: int = BATCH) -> Workload:
    return Workload((FEATURES, *[width] * depth, CLASSES), "relu", batch, EPOCHS, rows, clouds)
