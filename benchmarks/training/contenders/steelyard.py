"""Steelyard's own trainer, through its public face. What a training makes before its first step is timed as well."""

from benchmarks.training.contenders.base import Contender
from benchmarks.training.work import BETA_1, BETA_2, EPSILON, LEARNING_RATE, SEED, Array, Work
from threadpoolctl import threadpool_limits

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.layers import Dense
from steelyard.nn.losses import BinaryCrossentropy, CategoricalCrossentropy
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Epoch, Training


class Steelyard(Contender):
    """The default path."""

    compiled = True

    def __init__(self, work: Work, threads: int) -> None:
        threadpool_limits(1, "blas")  # as in a training process of the service: the threads are the trainer's own
        self._work, self._targets, self._threads = work, work.targets, threads
        hidden, output = ACTIVATIONS[work.activation](), ACTIVATIONS["sigmoid" if work.is_binary else "softmax"]()
        *units, outputs = work.widths[1:]
        layers = [*(Dense(count, hidden) for count in units), Dense(outputs, output)]
        self._network = Network(layers, inputs=work.widths[0])
        self._loss = BinaryCrossentropy() if work.is_binary else CategoricalCrossentropy()
        self._optimizer = Adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)

    def reset(self) -> None:
        for mine, initial in zip(self._network.tensors().values(), self._work.weights, strict=True):
            mine[...] = initial
        self.losses: list[float] = []

    def make(self) -> Training:
        """The training, ready for its first step."""
        work = self._work
        return Training(
            self._network, self._loss, self._optimizer, work.x, self._targets, epochs=len(work.orders),
            batch_size=work.batch, streams=Streams.spawn(SEED), threads=self._threads, compiled=self.compiled,
        )  # fmt: skip

    def train(self) -> None:
        self.losses += [event.values["loss"] for event in self.make().run() if isinstance(event, Epoch)]

    def weights(self) -> list[Array]:
        return list(self._network.tensors().values())


class OnNumPy(Steelyard):
    """The reference, which runs what has no compiled form."""

    compiled = False
