"""When and why a training ended, for the job's answer."""

from steelyard.nn.training.loop import Training
from steelyard.training.schema.job import Stopping


def describe_stopping(training: Training, *, cancelled: bool) -> Stopping:
    """Where `training` ended, and which epoch's weights its network has."""
    kept = training.best_epoch if training.restored_best else training.epoch
    best = f"{training.monitor} was best after epoch {training.best_epoch} ({training.best_value:.4g})"
    if cancelled:
        reason, begin = "cancelled", f"the job was cancelled after epoch {training.epoch}"
    elif training.stopped_early:
        reason, begin = "early_stopping", f"training stopped after epoch {training.epoch} of at most {training.epochs}"
    else:
        reason, begin = "epochs", f"all {training.epochs} epochs were trained"
    message = "; ".join([begin, *([best] if training.best_epoch else []), f"the weights are those of epoch {kept}"])
    return Stopping(
        reason=reason,
        epoch=training.epoch,
        best_epoch=training.best_epoch,
        weights_epoch=kept,
        message=f"{message[0].upper()}{message[1:]}.",
    )
