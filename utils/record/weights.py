"""Trained networks that come with the book, loaded by name.

Answers "may I look into a trained ResNet without training one?". Each network is a safetensors
file under ``weights/``, named in ``weights/index.json`` with its hash and with the record of the
run that made it. ``python -m utils.record.weights`` lists them.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_tensors
from safetensors.torch import save as write_tensors
from torch import Tensor

from utils import data as datasets
from utils.data.augment import Normaliser
from utils.data.checked import need
from utils.files import checkpoint as checkpoints
from utils.files.places import WEIGHTS
from utils.files.records import parse_record, read_record, record_path
from utils.files.whole import atomic_write, write_text
from utils.models.networks import ResNet, build
from utils.record.experiments import Run, runs
from utils.record.runs import weights_path
from utils.training.judging import confusion_matrix
from utils.training.prediction import predict

FOLDER = WEIGHTS
NORMALISER = "normaliser."


class WeightsError(RuntimeError):
    """Published weights are absent, damaged or unknown; the message says what to do."""


class NotTrained(WeightsError, FileNotFoundError):
    """This machine has no weights of a run; the message says which command trains it."""


@dataclass(frozen=True)
class Trained:
    """A trained network, ready to be asked.

    Attributes:
        net: in evaluation mode, float32, on the CPU.
        normaliser: what turns uint8 images into the input it was trained on.
        record: the record of its run: recipe, seed, errors, machine.
    """

    net: ResNet
    normaliser: Normaliser
    record: dict


def need_trained(trained: Trained) -> None:
    """Refuse what is not a trained network with its normaliser.

    Raises:
        TypeError: says how to get one.
    """
    need(trained, Trained, "trained", 'pass a trained network, for example load("resnet-20")')


def index() -> dict[str, dict]:
    """What is published: name to file, SHA-256, bytes, experiment and run.

    Raises:
        WeightsError: the index cannot be read.
    """
    try:
        return json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{FOLDER / 'index.json'} cannot be read ({error}); restore it with git"
        ) from error


def _read(name: str) -> tuple[dict, bytes]:
    """The entry and the checked bytes of a published network."""
    entries = index()
    if name not in entries:
        raise WeightsError(f"no weights named {name!r}; choose from {sorted(entries)}")
    entry = entries[name]
    path = FOLDER / entry["file"]
    try:
        found = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error}); restore it with git") from error
    if hashlib.sha256(found).hexdigest() != entry["sha256"]:
        raise WeightsError(
            f"{path} is not the published file (its SHA-256 differs); restore it with git"
        )
    return entry, found


def load(name: str) -> Trained:
    """Load a published network by name: ``load("resnet-20")``.

    Raises:
        WeightsError: unknown name, or a file that is absent or not the published one.
        utils.files.records.ResultError: the record of its run is absent or damaged.
    """
    entry, found = _read(name)
    record = parse_record(record_path(entry["experiment"], entry["run"]))
    try:
        tensors = parse_tensors(found)
    except SafetensorError as error:
        raise WeightsError(f"{entry['file']} cannot be read: {error}") from error
    return assemble(tensors, record)


def assemble(tensors: dict[str, Tensor], record: dict) -> Trained:
    """A network from its tensors, built as the record of its run says."""
    state = {key: value for key, value in tensors.items() if not key.startswith(NORMALISER)}
    net = build(record["model"])
    net.load_state_dict(state)
    if record["config"]["channels_last"]:
        net = net.to(memory_format=torch.channels_last)
    normaliser = Normaliser(tensors[f"{NORMALISER}mean"], tensors[f"{NORMALISER}sd"])
    return Trained(net.eval(), normaliser, record)


def kept(run: Run) -> dict[str, Tensor]:
    """The tensors that a recorded run left on this machine, its normaliser's included.

    Raises:
        NotTrained: this machine has not trained that run, or not as its record says.
    """
    record = read_record(record_path(run.experiment, run.name))
    found = checkpoints.load(weights_path(run))
    if record is None or found is None or record["hash"] != run.hash():
        raise NotTrained(
            f"{run.experiment}/{run.name} left no weights here; "
            f"train it with: python -m utils.record {run.experiment} --replace"
        )
    images = datasets.load(run.dataset).train.images
    normaliser = Normaliser.fit(images, run.config.normalise)
    return {
        **{key: value.contiguous() for key, value in found["net"].items()},
        f"{NORMALISER}mean": normaliser.mean.contiguous(),
        f"{NORMALISER}sd": normaliser.sd.contiguous(),
    }


def of_run(run: Run) -> Trained:
    """The network that a recorded run left on this machine; see :func:`kept`."""
    return assemble(kept(run), parse_record(record_path(run.experiment, run.name)))


def publish(name: str, run: Run) -> Path:
    """Write a recorded run's weights to ``weights/NAME.safetensors`` and into the index.

    The weights are published only if they make the very mistakes that the record counts.

    Raises:
        WeightsError: no weights were kept here, or they do not give the record's numbers.
    """
    tensors = kept(run)
    trained = assemble(tensors, parse_record(record_path(run.experiment, run.name)))
    if recount(trained) != trained.record["final"]["confusion"]:
        raise WeightsError(f"the weights of {run.name} do not give the numbers of its record")
    about = {"experiment": run.experiment, "run": run.name, "record": run.hash()}
    found = write_tensors(tensors, metadata={"format": "pt", **about})
    path = FOLDER / f"{name}.safetensors"
    with atomic_write(path) as file:
        file.write(found)
    entries = index() if (FOLDER / "index.json").exists() else {}
    entries[name] = {
        "file": path.name,
        "bytes": len(found),
        "sha256": hashlib.sha256(found).hexdigest(),
        "experiment": run.experiment,
        "run": run.name,
    }
    write_text(FOLDER / "index.json", json.dumps(dict(sorted(entries.items())), indent=1) + "\n")
    return path


def recount(trained: Trained) -> list[list[int]]:
    """The confusion matrix (10, 10) on the test images, in the arithmetic of the record."""
    test = datasets.load(trained.record["dataset"]["name"]).test
    precision = trained.record["machine"]["precision"]
    found = predict(trained.net, test.images, trained.normaliser, precision)
    return confusion_matrix(found, test.labels)


def show() -> None:
    """Print what is published, with the test error of each record."""
    for name, entry in index().items():
        record = parse_record(record_path(entry["experiment"], entry["run"]))
        print(
            f"{name:12s} {entry['bytes'] / 1e6:5.2f} MB   test error "
            f"{record['final']['test_error']:.2%}   {entry['experiment']}/{entry['run']}"
        )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.record.weights", description=__doc__)
    parser.add_argument(
        "--publish", nargs=3, metavar=("NAME", "EXPERIMENT", "RUN"),
        help="publish the kept weights of a recorded run",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not options.publish:
        show()
        return 0
    name, experiment, wanted = options.publish
    try:
        found = [run for run in runs(experiment) if run.name == wanted]
        if not found:
            raise WeightsError(f"{experiment} has no run {wanted!r}")
        print(publish(name, found[0]))
    except (ValueError, WeightsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
