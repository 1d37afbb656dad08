"""Optimizers: how weights follow their gradients. The update rules are PyTorch's, to the order of operations."""

from steelyard.nn.component import load_modules
from steelyard.nn.optimizers.adagrad import Adadelta, Adagrad
from steelyard.nn.optimizers.adam import Adam, Adamax, AdamW, Nadam
from steelyard.nn.optimizers.base import OPTIMIZERS, Learned, Optimizer, Rule, Step
from steelyard.nn.optimizers.lbfgs import LBFGS
from steelyard.nn.optimizers.lion import Lion
from steelyard.nn.optimizers.rmsprop import RMSprop
from steelyard.nn.optimizers.sgd import SGD

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
