"""When and why a training ended, for the job's answer."""

from steelyard.nn.training.ensemble import AnyTraining
from steelyard.nn.training.loop import Training
from steelyard.training.schema.job import MemberStopping, Refit, Stopping


def describe_stopping(training: AnyTraining, *, cancelled: bool, refitted_rows: int | None = None) -> Stopping:
    """Where `training` ended, and which epoch's weights its network has.

    `refitted_rows` is on how many rows it was repeated, if it was.
    """
    members = training.members
    if cancelled:
        reason, begin = "cancelled", f"the job was cancelled after epoch {training.epoch}"
    elif training.stopped_early:
        reason, begin = "early_stopping", f"training stopped after epoch {training.epoch} of at most {training.epochs}"
    else:
        trained = f"all {training.epochs} epochs were" if training.epochs > 1 else "the one epoch was"
        reason, begin = "epochs", f"{trained} trained"
    kept = [member.kept_epoch for member in members]
    message = "; ".join([begin, *(_describe_one(members[0]) if len(members) == 1 else _describe_several(training))])
    refit = None
    if refitted_rows is not None:
        refit = Refit(rows=refitted_rows, epochs=kept)
        counts = str(kept[0]) if len(set(kept)) == 1 else f"{min(kept)} to {max(kept)}"
        message += (
            f"; then it was repeated on all {refitted_rows} rows for training and validation, for {counts} epochs, and "
            "the model has those weights. The validation metrics are those from before"
        )
    return Stopping(
        reason=reason,
        epoch=training.epoch,
        best_epoch=training.best_epoch,
        weights_epoch=training.kept_epoch,
        members=None if len(members) == 1 else [*map(_member, members)],
        refit=refit,
        message=f"{message[0].upper()}{message[1:]}.",
    )


def _describe_one(training: Training) -> list[str]:
    best = f"{training.monitor} was best after epoch {training.best_epoch} ({training.best_value:.4g})"
    return [*([best] if training.best_epoch else []), f"the weights are those of epoch {training.kept_epoch}"]


def _describe_several(training: AnyTraining) -> list[str]:
    kept = ", ".join(str(member.kept_epoch) for member in training.members)
    return [f"the weights of the {len(training.members)} members are those of the epochs {kept}"]


def _member(training: Training) -> MemberStopping:
    return MemberStopping(epoch=training.epoch, best_epoch=training.best_epoch, weights_epoch=training.kept_epoch)
