"""Layers: what a network is made of."""

from steelyard.trainer.layers.activation import ActivationLayer
from steelyard.trainer.layers.base import LAYERS, Layer, Stage
from steelyard.trainer.layers.dense import Dense
from steelyard.trainer.layers.dropout import Dropout

__all__ = ["LAYERS", "ActivationLayer", "Dense", "Dropout", "Layer", "Stage"]
