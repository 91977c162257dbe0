"""A model card, written from the record of a run: what a stranger must know to use the weights.

Answers "what is this file, what goes in, what comes out, and how good is it?". Every value
comes from the record, the index or the weights; only the last line, on what they lack, is typed.
"""

from utils.data.cifar10 import CLASSES
from utils.record import weights
from utils.results.labels import IMAGES, device_label, network_label

HEX_SHOWN = 12
"""Digits of a hash in the card; the index has the whole."""


def model_card(name: str) -> str:
    """Markdown for a published network: one line each for what its users ask.

    Args:
        name: one of :func:`utils.record.weights.index`.

    Raises:
        utils.record.weights.WeightsError: there is no such network, or its file is damaged.
    """
    trained, entry = weights.load(name), weights.index()[name]
    record = trained.record
    lines = {
        "File": f"`{entry['file']}`, {entry['bytes']:,} bytes, SHA-256 begins with "
        f"`{entry['sha256'][:HEX_SHOWN]}`",
        "Network": f"{record['parameters']:,} parameters, {record['macs']:,} MACs for one image",
        **_inputs(trained),
        "Answers": f"one logit for each of {len(CLASSES)} classes: {', '.join(CLASSES)}",
        **_training(record),
        "Not in the record": "photographs from elsewhere, other sizes, damaged images",
    }
    title = f"### {network_label(record['model'])}, seed {record['seed']}"
    return "\n".join([title, "", *(f"- **{key}:** {value}" for key, value in lines.items())])


def _inputs(trained: weights.Trained) -> dict[str, str]:
    mean, sd = (
        ", ".join(f"{value:.4f}" for value in part.flatten().tolist())
        for part in (trained.normaliser.mean, trained.normaliser.sd)
    )
    return {
        "Inputs": f"RGB images; divide the bytes by 255, subtract {mean}, divide by {sd}",
    }


def _training(record: dict) -> dict[str, str]:
    dataset, config, machine = record["dataset"], record["config"], record["machine"]
    versions = machine["versions"]
    return {
        "Trained on": f"{IMAGES[dataset['name']]}, {dataset['train_images']:,} images, "
        f'{config["epochs"]} epochs of the recipe "{config["recipe"]}"',
        "Test error": f"{record['final']['test_error']:.2%} of {dataset['test_images']:,} images, "
        f"after the {record['final']['selection']}",
        "Made on": f"{device_label(machine)}, {machine['precision']}, torch {versions['torch']}, "
        f"{record['timing']['train_seconds'] / 60:.0f} minutes, "
        f"commit `{record['git_commit'][:HEX_SHOWN]}`",
    }
