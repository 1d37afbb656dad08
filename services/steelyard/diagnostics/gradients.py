"""How gradients differ from layer to layer, as the recording of a run has them."""

import math
from collections.abc import Iterator

import numpy as np

from steelyard.diagnostics.run import Run


def first_to_last(run: Run) -> Iterator[tuple[int, float]]:
    """For each recorded epoch, the gradient of a weight in the first kernel, next to one in the last.

    Epochs in which one of them is zero or not known are left out: then units are dead, or equal.
    """
    recording = run.recording
    if recording is None:
        return
    kernels = [each for each in recording.layout.tensors if each.name.endswith("/kernel") and each.trainable]
    if len(kernels) < 2:
        return
    first, last = (
        recording.of_tensor(each.name, "gradient_norm") / math.sqrt(math.prod(each.shape))
        for each in (kernels[0], kernels[-1])
    )
    for epoch, front, back in zip(recording.epochs.tolist(), first.tolist(), last.tolist(), strict=True):
        if front > 0 and back > 0 and np.isfinite(front / back):
            yield epoch, front / back
