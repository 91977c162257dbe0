"""What a trained network gets right and wrong on the test images.

Answers "how good is it, and where does it fail?". :mod:`utils.record.runs` files the answer.
"""

import torch
from torch import Tensor

from utils.data.augment import training_zoom
from utils.data.checked import need_answers
from utils.data.sets import Split, image_digest, need_split
from utils.training.prediction import error_of, predict
from utils.training.trainer import TrainResult, need_result

MISTAKES_KEPT = 12
TRAIN_IMAGES_JUDGED = 10_000


def confusion_matrix(probabilities: Tensor, labels: Tensor) -> list[list[int]]:
    """Counts (K, K): row is the true class, column the predicted one.

    Raises:
        TypeError: no tensors.
        ValueError: probabilities other than (N, K), or labels that do not fit them.
    """
    need_answers(probabilities, labels)
    classes = probabilities.shape[1]
    flat = labels * classes + probabilities.argmax(1)
    return torch.bincount(flat, minlength=classes**2).reshape(classes, classes).tolist()


def confident_mistakes(probabilities: Tensor, split: Split, count: int) -> list[dict]:
    """The wrong predictions with the highest probability, most confident first.

    Images are named by their hash, so that they can be found in any copy of the data set and
    none has to be stored.

    Raises:
        TypeError: no tensor, or no :class:`Split`.
        ValueError: probabilities that do not fit the labels of the split.
    """
    need_split(split)
    need_answers(probabilities, split.labels)
    confidence, predicted = probabilities.max(1)
    wrong = (predicted != split.labels).nonzero().flatten()
    order = wrong[confidence[wrong].argsort(descending=True)][:count]
    return [
        {
            "image": image_digest(split.images[i], int(split.labels[i])).hex(),
            "label": int(split.labels[i]),
            "predicted": int(predicted[i]),
            "confidence": round(float(confidence[i]), 6),
        }
        for i in order
    ]


def judge(result: TrainResult, test: Split, train: Split) -> dict:
    """Final numbers of a run, from the last epoch's weights on the whole test set.

    ``train_error`` is that of the last epoch, in which the weights still moved and the images
    were varied. ``train_error_clean`` is the error of the final weights on the first
    :data:`TRAIN_IMAGES_JUDGED` training images as they are.

    Raises:
        TypeError: something else than a result and two splits.
        ValueError: no finished epoch, or labels that the network has no output for.
    """
    need_result(result)
    need_split(test, "test")
    need_split(train, "train")
    if not result.history:
        raise ValueError("the run was interrupted in its first epoch; train it again to judge it")
    seen = train.subset(slice(TRAIN_IMAGES_JUDGED))
    recalled = predict(result.net, seen.images, result.normaliser, result.precision)
    probabilities, mirrored, zoomed = (
        predict(result.net, images, result.normaliser, result.precision)
        for images in (test.images, test.images.flip(3), training_zoom(test.images))
    )
    two_views = (probabilities + mirrored) / 2
    return {
        "selection": "last epoch",
        "train_error": result.history[-1].train_error,
        "train_error_clean": error_of(recalled, seen.labels),
        "test_error": error_of(probabilities, test.labels),
        "test_error_two_views": error_of(two_views, test.labels),
        "test_error_zoomed": error_of(zoomed, test.labels),
        "confusion": confusion_matrix(probabilities, test.labels),
        "confident_mistakes": confident_mistakes(probabilities, test, MISTAKES_KEPT),
    }
