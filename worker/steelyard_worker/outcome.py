"""One run of a training job: prepares it, trains, and stores the result."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.documents.writer import to_values
from steelyard.errors import SteelyardError
from steelyard.jobs import checkpoints, ledger
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.ledger import Claim, End, Epochs
from steelyard.jobs.queries import Order
from steelyard.models.description import describe_layers
from steelyard.models.schema import FileDialect, Input, Manifest, Outputs, Provenance, Versions
from steelyard.models.transfer import match
from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.training.ensemble import AnyTraining
from steelyard.nn.training.loop import Batch, Epoch
from steelyard.store.tensors import digest
from steelyard.training import recordings
from steelyard.training.assemble import (
    Prepared,
    build_refit,
    build_training,
    draw_network,
    prepare,
    prepare_refit,
    spawn_streams,
)
from steelyard.training.baseline import measure_baseline
from steelyard.training.judging import judge
from steelyard.training.names import name_weights
from steelyard.training.queries import get_history
from steelyard.training.results import NewModel, SplitPredictions, WeightSnapshot, save_result
from steelyard.training.schema import load_spec
from steelyard.training.sources import load_data
from steelyard.training.start import OPTIMIZER, as_tensors, load_start
from steelyard_worker.checkpoint import Saved, from_bytes, to_bytes
from steelyard_worker.findings import describe_data, find_in_run
from steelyard_worker.fingerprint import engine_of, fingerprint
from steelyard_worker.observer import Observer
from steelyard_worker.stopping import describe_stopping
from steelyard_worker.watch import Watch

REFIT = "refit"  # its place in the state of a checkpoint


class Outcome:
    """A run. Call `prepare`, `run`, and `save`; `save` may be called early if the run failed."""

    def __init__(self, engine: Engine, held: Claim, order: Order, *, threads: int) -> None:
        self.held = held
        self.spec = load_spec(order.spec)
        self.train_seconds = 0.0
        self._uncounted_seconds = 0.0
        self._reproducible = True  # false if a run continues under another numeric fingerprint
        self._engine = engine
        self._threads = threads
        self._fingerprint = fingerprint(threads)
        self._order = order
        self._training: AnyTraining | None = None
        self._refit: AnyTraining | None = None  # on more rows, once the first training is over
        self._delivered: AnyTraining | None = None  # the one whose weights the model has: the refit once it is over
        self._prepared: Prepared | None = None
        self.observer: Observer | None = None

    def prepare(self) -> None:
        """Load and preprocess the data, build the network, and initialize its weights."""
        streams = spawn_streams(self.spec)
        tables = partial(library.load_table, self._engine)
        self._supervised = load_data(self.spec, self._order.inline, tables)
        self._prepared = prepare(self.spec, self._supervised, streams[0])
        network = draw_network(self.spec, self._prepared, streams)
        saved = self._load_state()
        asked = self.spec.initial_weights
        # A checkpoint includes the initial weights, whose model may have been deleted since.
        start = load_start(self._engine, asked.model) if asked is not None and saved is None else None
        transfer = None
        if start is not None:
            supervised = self._prepared.supervised
            names = name_weights(self.spec, self._prepared.inputs, supervised.targets, supervised.classes)
            transfer = match(names, start.names)
            transfer.apply(network.tensors(), start.tensors)
        self._training = build_training(self.spec, self._prepared, network, streams, threads=self._threads)
        self._delivered = self._training
        self._fingerprint = self._fingerprint | engine_of(self._training)
        if start is not None and transfer is not None and asked is not None and asked.optimizer_state:
            [alone] = self._training.members
            alone.go_on_with(start.optimizer, transfer.apply)
        if saved is not None:
            self._reproducible = saved.fingerprint == self._fingerprint
            self._restore(saved.state)
        if self.held.fence > 1:  # an earlier run may have recorded epochs
            self._uncounted_seconds = ledger.rewind(
                self._engine,
                self.held,
                epoch=self._training.epoch,
                train_seconds=self.train_seconds,
                also=partial(recordings.rewind, job_id=self.held.job_id, epoch=self._training.epoch),
            )
        self.observer = Observer(self.held.job_id, self._training, self.spec.recording, self.spec.training.seed)
        if self.observer.layout is not None and self.spec.recording.statistics and self.spec.ensemble == 1:
            earlier = get_history(self._engine, self.held.job_id).series if self.held.fence > 1 else {}
            data = describe_data(self._training.members[0], self._prepared)
            about = self.held.job_id, self.spec.to_json(), self.observer.layout, data, earlier
            self.observer.watch = Watch(*about)

    def _load_state(self) -> Saved | None:
        """The last checkpoint of an earlier run, if any."""
        found = checkpoints.load(self._engine, self.held.job_id)
        if found is None:
            return None
        saved = from_bytes(found.content)
        self.train_seconds = saved.train_seconds
        return saved

    def _restore(self, state: dict[str, Any]) -> None:
        assert self._training is not None
        self._training.restore(state)
        if REFIT in state:
            for _ in self._training.run():  # puts the best weights in place
                raise AssertionError("a refit began before the training was over")
            self._refit = self._begin_refit()
            self._refit.restore(state[REFIT])

    def _begin_refit(self) -> AnyTraining:
        assert self._training is not None
        assert self._prepared is not None
        rows = prepare_refit(self.spec, self._prepared)
        return build_refit(self.spec, rows, self._training, spawn_streams(self.spec), threads=self._threads)

    @property
    def counted_seconds(self) -> float:
        """The training time that counts toward the time limit: since the job was submitted or resumed."""
        return self.train_seconds - self._uncounted_seconds

    def run(self) -> Iterator[Batch | Epoch]:
        """Train, and update `train_seconds`."""
        started = time.perf_counter() - self.train_seconds
        for event in self._events():
            if self.observer is not None:
                self.observer.take(event)
            self.train_seconds = time.perf_counter() - started
            yield event

    def _events(self) -> Iterator[Batch | Epoch]:
        """Those of the training; of the refit, whose rows have no validation, only its batches."""
        assert self._training is not None
        if self._refit is None:
            yield from self._training.run()
        if not self.spec.training.refit:
            return
        if self._refit is None:
            self._refit = self._begin_refit()
        for event in self._refit.run():
            if isinstance(event, Batch):
                yield Batch(self._training.epoch + event.epoch, event.index, event.batches)
        self._delivered = self._refit

    @property
    def state_bytes(self) -> int:
        """The approximate size of a checkpoint."""
        assert self._training is not None
        return sum(each.state_bytes for each in (self._training, self._refit) if each is not None)

    def make_checkpoint(self) -> Checkpoint:
        """The current state, from which another run can continue."""
        training, refit = self._training, self._refit
        assert training is not None
        state, step = training.state(), training.step
        if refit is not None:
            state[REFIT] = refit.state()
            step += refit.step
        content = to_bytes(Saved(state, self.train_seconds, self._fingerprint))
        return Checkpoint(step, training.epoch, content)

    def forget_data(self) -> None:
        """Free the memory of the data, so that enough is left to save the result."""
        self._prepared = None
        self._training = self._refit = self._delivered = None
        self.observer = None

    def save(self, status: str, error: SteelyardError | None = None, *, epochs: Epochs = ()) -> None:
        """Store how the run ended and the last `epochs` of its history, in one transaction. Raises `FencedOff`."""
        training, delivered, prepared = self._training, self._delivered, self._prepared
        if self.observer is not None:
            self.observer.end()
        metrics: dict[str, Any] = {}
        baseline: dict[str, Any] | None = None
        predictions: list[SplitPredictions] = []
        if training is not None and delivered is not None and prepared is not None and error is None:
            for name, part in prepared.parts.items():
                # A refit has seen the rows for validation: how well the first training does on them is still known.
                judged = training if name == "validation" else delivered
                split, metrics[name] = judge(self.spec, judged.network, name, part, prepared)
                predictions.append(split)
            baseline = measure_baseline(self.spec, prepared)
        snapshots = self._snapshots(training, delivered) if training is not None and delivered is not None else []
        sha256 = digest(delivered.network.tensors()) if delivered is not None else None
        end = End(
            status=status,
            epoch=training.epoch if training is not None else 0,
            train_seconds=round(self.train_seconds, 6),
            metrics=metrics,
            findings=self._findings(metrics, baseline, predictions, epochs, error),
            error=None if error is None else error.problem(),
            fingerprint=self._fingerprint | {"reproducible": self._reproducible},
            weights_sha256=sha256,
            stopping=self._stopping(status),
            baseline=baseline,
        )
        model = None
        if delivered is not None and prepared is not None and status == "succeeded":
            model = self._model(delivered.network, prepared, metrics, baseline, sha256)
            if self.spec.ensemble == 1:
                [member] = delivered.members
                snapshots.append(WeightSnapshot(OPTIMIZER, member.epoch, as_tensors(member.optimizer_state)))
        made: dict[str, Any] = {"snapshots": snapshots, "predictions": predictions, "model": model}
        if self.observer is not None:
            made["also"] = self.observer.write_end
        save_result(self._engine, self.held, end, **made, epochs=epochs)

    def _stopping(self, status: str) -> dict[str, Any] | None:
        if self._training is None or status == "failed":
            return None
        rows = None
        if self._refit is not None and self._delivered is self._refit and self._prepared is not None:
            rows = len(self._prepared.parts["train"].rows) + len(self._prepared.parts["validation"].rows)
        stopping = describe_stopping(self._training, refitted_rows=rows, cancelled=status == "cancelled")
        found: dict[str, Any] = to_values(stopping)
        return found

    def _snapshots(self, training: AnyTraining, delivered: AnyTraining) -> list[WeightSnapshot]:
        return [
            WeightSnapshot("best", training.best_epoch, training.best),
            WeightSnapshot("final", delivered.kept_epoch, delivered.network.tensors()),
        ]

    def _findings(
        self,
        metrics: dict[str, Any],
        baseline: dict[str, Any] | None,
        predictions: list[SplitPredictions],
        epochs: Epochs,
        error: SteelyardError | None,
    ) -> list[dict[str, Any]]:
        if self._training is None:
            return []
        history = get_history(self._engine, self.held.job_id, unwritten=epochs).series
        about: dict[str, Any] = {"baseline": baseline, "predictions": predictions, "error": error}
        about["url"] = f"/v1/jobs/{self.held.job_id}"
        about["recording"] = None if self.observer is None else self.observer.read(self._engine)
        found = find_in_run(self.spec, self._training, self._prepared, history, metrics, **about)
        return [to_values(finding) for finding in found]

    def _model(
        self,
        network: AnyNetwork,
        prepared: Prepared,
        metrics: dict[str, Any],
        baseline: dict[str, Any] | None,
        sha256: str | None,
    ) -> NewModel:
        supervised, encoder = self._supervised, prepared.inputs
        dialect = supervised.table.dialect
        manifest = Manifest(
            task=supervised.task,
            inputs=[Input(name=name, kind=kind.kind, schema=kind.to_json()) for name, kind in encoder.features.items()],
            outputs=Outputs(targets=supervised.targets, units=network.outputs),
            classes=supervised.classes,
            layers=describe_layers(network),
            parameters=network.size,
            metrics=metrics,
            weights_sha256=sha256,
            spec=self.spec.to_json(),
            provenance=Provenance(
                job=self.held.job_id,
                spec_digest=self._order.spec_digest,
                seed=self.spec.training.seed,
                rows=supervised.rows,
                dataset=supervised.table.sha256,
                versions=Versions(**self._fingerprint),
                reproducible=self._reproducible,
            ),
            baseline=baseline,
            **({} if dialect is None else {"dialect": FileDialect(**dialect)}),
        )
        target = None if prepared.target is None else prepared.target.to_json()
        return NewModel(to_values(manifest), {"inputs": prepared.inputs.to_json(), "target": target})
