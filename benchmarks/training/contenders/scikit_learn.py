"""scikit-learn's networks: a pass over the rows at a time, in the order that all have, without its L2."""

from benchmarks.training.contenders.base import Contender
from benchmarks.training.work import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Array, Work
from sklearn.neural_network import MLPClassifier


class ScikitLearn(Contender):
    """`partial_fit` on ordered rows; its own weights are made by one such call, and then replaced."""

    def __init__(self, work: Work, threads: int) -> None:  # noqa: ARG002 -- BLAS's are set around the process
        self._work = work
        self._model = MLPClassifier(
            work.widths[1:-1], work.activation, batch_size=work.batch, alpha=0.0, shuffle=False,
            learning_rate_init=LEARNING_RATE, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON,
        )  # fmt: skip
        rows = slice(work.batch)
        self._model.partial_fit(work.x[rows], work.y[rows], classes=range(max(2, work.widths[-1])))

    def reset(self) -> None:
        weights = [tensor.copy() for tensor in self._work.weights]
        self._model.coefs_, self._model.intercepts_ = weights[::2], weights[1::2]
        del self._model._optimizer  # the next call makes a fresh one

    def train(self) -> None:
        for order in self._work.orders:
            self._model.partial_fit(self._work.x[order], self._work.y[order])

    def weights(self) -> list[Array]:
        pairs = zip(self._model.coefs_, self._model.intercepts_, strict=True)
        return [tensor for pair in pairs for tensor in pair]
