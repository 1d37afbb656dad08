"""The shapes: rows, width, depth and batch, each doubled three times while the others stay in the middle."""

from dataclasses import dataclass, replace

from benchmarks.training.workloads import Workload, clouds

CLASSES, EPOCHS, DOUBLINGS = 10, 2, 3


@dataclass(frozen=True)
class Middle:
    """The shape that all axes share, and the threads that are best for what lies around it."""

    rows: int
    width: int  # of the data, too
    depth: int
    batch: int
    threads: int

    def workload(self) -> Workload:
        """What is trained."""
        widths = (self.width, *[self.width] * self.depth, CLASSES)
        return Workload(widths, "relu", self.batch, EPOCHS, self.rows, clouds)

    def points(self) -> dict[str, dict[int, Workload]]:
        """By axis, and by its value, what is trained there; the first is the middle."""
        return {axis: self._doubled(axis) for axis in ("rows", "width", "depth", "batch")}

    def _doubled(self, axis: str) -> dict[int, Workload]:
        values = [getattr(self, axis) << doubling for doubling in range(DOUBLINGS + 1)]
        return {value: replace(self, **{axis: value}).workload() for value in values}


MIDDLES = {
    "small": Middle(rows=8_000, width=64, depth=2, batch=32, threads=1),
    "large": Middle(rows=2_048, width=256, depth=2, batch=128, threads=2),
}
