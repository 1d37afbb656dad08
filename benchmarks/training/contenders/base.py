"""What a contender is."""

from abc import ABC, abstractmethod

from benchmarks.training.work import Array, Work


class Contender(ABC):
    """A library at one work, made once in a process and then trained several times."""

    @abstractmethod
    def __init__(self, work: Work, threads: int) -> None:
        """Import what is needed, take the work's rows over, say how many threads there are."""

    @abstractmethod
    def reset(self) -> None:
        """Go back to the initial weights and a fresh optimizer. This is not timed."""

    @abstractmethod
    def train(self) -> None:
        """Make all the steps, with the loss of each epoch. This is timed, and ends when the weights are there."""

    @abstractmethod
    def weights(self) -> list[Array]:
        """Kernel and bias of each layer in turn, as they are now."""
