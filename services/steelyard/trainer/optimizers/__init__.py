"""Optimisers: how weights follow their gradients. The update rules are PyTorch's, to the order of operations."""

from steelyard.trainer.optimizers.adagrad import Adagrad
from steelyard.trainer.optimizers.adam import Adam, AdamW
from steelyard.trainer.optimizers.base import OPTIMIZERS, Optimizer
from steelyard.trainer.optimizers.rmsprop import RMSprop
from steelyard.trainer.optimizers.sgd import SGD

__all__ = ["OPTIMIZERS", "SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop"]
