"""Optimizers: how weights follow their gradients. The update rules are PyTorch's, to the order of operations."""

from steelyard.trainer.optimizers.adagrad import Adadelta, Adagrad
from steelyard.trainer.optimizers.adam import Adam, Adamax, AdamW, Nadam
from steelyard.trainer.optimizers.base import OPTIMIZERS, Learned, Optimizer, Rule, Step
from steelyard.trainer.optimizers.lbfgs import LBFGS
from steelyard.trainer.optimizers.lion import Lion
from steelyard.trainer.optimizers.rmsprop import RMSprop
from steelyard.trainer.optimizers.sgd import SGD
from steelyard.trainer.parts import load_modules

__all__ = [
    "LBFGS",
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Learned",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "Rule",
    "Step",
]

load_modules(__name__, __path__)
