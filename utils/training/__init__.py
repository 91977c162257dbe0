"""From a network and a recipe to a trained network.

Answers "what happens in a training run?". A module, a data set and a recipe come in; a
:class:`~utils.training.trainer.TrainResult` with the history of every epoch goes out.
"""

from utils.training.prediction import predict
from utils.training.recipes import RECIPES, TrainConfig, recipe
from utils.training.trainer import TrainResult, train

__all__ = ["RECIPES", "TrainConfig", "TrainResult", "predict", "recipe", "train"]
