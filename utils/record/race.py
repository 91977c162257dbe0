"""Three training loops that race: what they are, how much they compute, what the device could do.

Answers "how near does each loop come to what the device can do?". The work of a step is counted
from the network, and the roofs are measured as ``python -m utils.record.roofline`` measures them,
in the precision of the loop. :mod:`utils.record.bench` times the steps.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch

from utils.models.counting import count_macs
from utils.models.networks import build
from utils.probes.layers import layer_costs
from utils.probes.roofline import MATRIX, STREAM, Device, measure_device
from utils.record.step_parts import SIZES
from utils.training.precision import NARROW, resolve_precision
from utils.training.recipes import recipe

SIZE = 32
FLOPS_A_MAC = 2
FORWARDS_A_STEP = 3
"""A backward pass computes two products for each one of the forward pass: the gradients of the
weights and those of the activations. So a step is about three forward passes. The optimiser's work
and everything but convolutions and linear layers are not counted."""


@dataclass(frozen=True)
class Loop:
    """A training loop that takes part.

    Attributes:
        network: a name for :func:`utils.models.networks.build`.
        recipe: a name of :data:`utils.training.recipes.RECIPES`.
        batch: images a step.
        precision: of the recipe, or "fp32" where the loop takes no other.
    """

    network: str
    recipe: str
    batch: int
    precision: str = "auto"

    def phases(self) -> dict[str, tuple[float, int]]:
        """The phases of a run, see :func:`phases_of`."""
        small = recipe(self.recipe).small_size
        return phases_of(self.recipe) if small else {USUAL: (1.0, SIZE)}


def phases_of(name: str, prefix: str = "") -> dict[str, tuple[float, int]]:
    """The phases of a run whose images are small at first.

    Args:
        name: of the recipe.
        prefix: how the names of its timed steps begin; the name of the recipe if empty.

    Returns:
        Name of a timed step -> its share of all steps of a run, and the size of its images.
    """
    settings = recipe(name)
    shares = (1 - settings.small_fraction, SIZE), (settings.small_fraction, settings.small_size)
    return {f"{prefix or name}, {size}": each for size, each in zip(SIZES, shares, strict=True)}


def rate_over(rates: Mapping[str, dict], phases: Mapping[str, tuple[float, int]]) -> float:
    """Images a second over a whole run, from the rates of its phases: :func:`phases_of`."""
    return 1 / sum(share / rates[name]["median"] for name, (share, _) in phases.items())


RACE = "race"
"""Field of a benchmark's record; older records lack it."""
USUAL = "usual loop"
LOOPS = {
    USUAL: Loop("source-resnet-14", "source", 100, "fp32"),
    "our loop": Loop("resnet-14", "fast", recipe("fast").batch_size),
    "new recipe": Loop("wide-8", "muon", recipe("muon").batch_size),
}
"""Who takes part. Network, recipe and batch belong together, as in the recorded runs."""


def flops_an_image(network: str, size: int) -> int:
    """Floating-point operations of a training step for one image, about."""
    return FLOPS_A_MAC * FORWARDS_A_STEP * count_macs(build(network), size)


def roof(device: Device, network: str, size: int, batch: int) -> float:
    """FLOP/s that the roofline allows: the peak, or the bandwidth times the FLOPs for each byte.

    The bytes are those of :meth:`utils.probes.layers.LayerCost.traffic`, in float32.
    """
    costs = layer_costs(build(network), size)
    operations = FLOPS_A_MAC * batch * sum(cost.macs for cost in costs)
    return min(device.peak, device.bandwidth * operations / sum(c.traffic(batch) for c in costs))


def measure_roofs(
    device: torch.device, matrix: int = MATRIX, stream: int = STREAM, repeats: int = 10
) -> dict[str, Device]:
    """The roofs in each precision that a loop takes on this device."""
    wanted = dict.fromkeys(resolve_precision(loop.precision, device) for loop in LOOPS.values())
    return {
        precision: measure_device(
            device, matrix, stream, repeats, NARROW.get(precision, torch.float32)
        )
        for precision in wanted
    }


def describe_race(
    rates: Mapping[str, dict], roofs: Mapping[str, Device], device: torch.device
) -> dict[str, dict]:
    """What a record keeps of each loop.

    Args:
        rates: images a second by name of the timed step, with a "median".
        roofs: what :func:`measure_roofs` found.
        device: where the steps ran.

    Returns:
        Name of a loop -> network, recipe, batch, precision, images a second over a whole run, and
        as means over a run the FLOPs of an image and the FLOP/s that the roofline allows.
    """
    found = {}
    for name, loop in LOOPS.items():
        precision = resolve_precision(loop.precision, device)
        flops, least_seconds = 0.0, 0.0
        for share, size in loop.phases().values():
            work = share * flops_an_image(loop.network, size)
            flops += work
            least_seconds += work / roof(roofs[precision], loop.network, size, loop.batch)
        found[name] = {
            **asdict(loop),
            "precision": precision,
            "images_per_second": rate_over(rates, loop.phases()),
            "flops_an_image": flops,
            "roofline_flops_per_second": flops / least_seconds,
        }
    return found


def share_of_roofline(raced: dict) -> float:
    """FLOP/s of a loop as a share of what the roofline allows, from its part of a record."""
    achieved = raced["images_per_second"] * raced["flops_an_image"]
    return achieved / raced["roofline_flops_per_second"]
