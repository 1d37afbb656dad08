"""What the network answers over a grid of two columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, ValidationFailed, nearest, shown
from steelyard.exports.nested import to_lists
from steelyard.nn.evaluation import Answers, answer
from steelyard.replays.job import ReplayedJob, Vectors
from steelyard.replays.schema import BoundaryGrid, BoundaryPoints, DecisionBoundary, GridAxis
from steelyard.replays.work import require_little_work

Array = NDArray[Any]
DIGITS = 4  # of a probability


def draw_boundary(
    job: ReplayedJob, vectors: Vectors, *, x: str | None, y: str | None, target: str | None, epoch: int | None
) -> DecisionBoundary:
    """The answers with the weights of one epoch or all of them. Raises `ValidationFailed`."""
    x, y = job.plane.choose(x, y)
    place = _place_of(job, target)
    rows = job.plane.encode(x, y, job.network.dtype)
    wanted = [*vectors] if epoch is None else [epoch]
    require_little_work(job.network.size, len(rows), len(wanted))
    shape = -1, len(job.plane.features[x].lines)
    grids = []
    for each in wanted:
        job.network.parameters[:] = vectors[each]
        with np.errstate(all="ignore"):
            found = answer(job.network, job.loss, rows)
        grids.append(_grid(job, each, found, place, shape))
    features = job.plane.features
    return DecisionBoundary(
        object="decision_boundary",
        job=job.job_id,
        task=job.task,
        target=job.targets[place],
        classes=[False, True] if job.task == "multilabel" else job.classes,
        x=_axis(job, x),
        y=None if y is None else _axis(job, y),
        others={
            name: each.write(np.array([each.typical if each.labels is None else int(each.typical)]))[0]
            for name, each in features.items()
            if name not in (x, y)
        },
        grids=grids,
        points=_points(job, x, y, place),
    )


def _place_of(job: ReplayedJob, target: str | None) -> int:
    if target is not None and target not in job.targets:
        detail = f"is {shown(target)}; no target has that name, {nearest(target, job.targets)}"
        raise ValidationFailed([Fault.of_query("target", detail)])
    return 0 if target is None else job.targets.index(target)


def _axis(job: ReplayedJob, name: str) -> GridAxis:
    feature = job.plane.features[name]
    return GridAxis(name=name, kind=feature.type.kind, values=feature.write(feature.lines))


def _grid(job: ReplayedJob, epoch: int, found: Answers, place: int, shape: tuple[int, int]) -> BoundaryGrid:
    if job.task == "regression":
        values = found.outputs if found.predictions is None else found.predictions
        values = values if job.target is None else job.target.inverse(values)
        return BoundaryGrid(epoch=epoch, value=to_lists(values[:, place].astype(np.float32).reshape(shape)))
    predicted, sure = found.predictions, found.probabilities
    if predicted.ndim == 2:
        predicted = predicted[:, place]
        sure = None if sure is None else np.where(predicted == 1, sure[:, place], 1 - sure[:, place])
    elif sure is not None:
        sure = np.take_along_axis(sure, predicted[:, None].astype(np.int64), axis=1)[:, 0]
    return BoundaryGrid(
        epoch=epoch,
        predicted=predicted.reshape(shape).tolist(),
        probability=None if sure is None else to_lists(sure.astype(np.float64).round(DIGITS).reshape(shape)),
    )


def _points(job: ReplayedJob, x: str, y: str | None, place: int) -> BoundaryPoints:
    features, targets = job.plane.features, job.plane.y
    return BoundaryPoints(
        rows=job.plane.rows.tolist(),
        x=features[x].write(features[x].points.array),
        y=None if y is None else features[y].write(features[y].points.array),
        target=(targets if targets.ndim == 1 else targets[:, place]).tolist(),
    )
