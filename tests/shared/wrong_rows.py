"""For each public function of utils what may be wrong with its arguments.

Answers "is every function told about?". :mod:`wrong_values` has the mistakes and their sentences,
:mod:`wrong_inputs` calls the functions.
"""

from __future__ import annotations

import torch
import torchvision
from torch import nn
from wrong_values import (
    ANSWERS,
    ANY_CHANNELS,
    AXES,
    BLOCK,
    BOOK,
    BYTES,
    COUNTED,
    DATASET,
    FLOATS,
    FROM_ONE,
    INPUTS,
    LABELS,
    NETWORK,
    SPLIT,
    floats,
    numbers,
    pictures,
)

from utils.data.sets import Split
from utils.models.networks import build

DATA, MODELS, PROBES = "utils.data.", "utils.models.", "utils.probes."
RECORD, TRAINING, CHAPTERS = "utils.record.", "utils.training.", "utils.chapters."
LIVE = f"{CHAPTERS}inside_a_resnet.live."
CONTROL = f"{CHAPTERS}simplecnn_vs_resnet.control."
TRANSFER = f"{TRAINING}transfer."
NET, BOOKS, ONE_BLOCK = {"net": NETWORK}, {"net": BOOK}, {"block": BLOCK}

ROWS: dict[str, dict[str, list]] = {
    f"{MODELS}folding.folded": BOOKS,
    f"{MODELS}given.load_given": NET,
    f"{MODELS}given.inspect_given": NET,
    f"{MODELS}heads.find_head": NET,
    f"{MODELS}heads.replace_head": NET,
    f"{MODELS}heads.find_first_convolution": NET,
    f"{MODELS}heads.with_input_channels": NET,
    f"{MODELS}heads.with_small_stem": NET,
    f"{PROBES}checks.aside": NET,
    f"{PROBES}diagnosis.diagnose": NET,
    f"{PROBES}kept.predicted_kept": NET,
    f"{PROBES}kept.measured_kept": {"net": NETWORK, "images": INPUTS, "labels": LABELS},
    f"{PROBES}memory.predicted": NET,
    f"{PROBES}memory.measured": {"net": NETWORK, "images": INPUTS, "labels": LABELS},
    f"{PROBES}memory.ways_to_save": {"net": NETWORK},
    f"{PROBES}memory.largest_batch": NET,
    f"{PROBES}memory.recomputing": NET,
    f"{TRAINING}fine_tuning.few_of_each": {"split": SPLIT},
    f"{TRAINING}fine_tuning.only_classes": {"split": SPLIT},
    f"{TRAINING}fine_tuning.set_modes": NET,
    f"{TRAINING}fine_tuning.fine_tune": {"net": NETWORK, "split": SPLIT},
    f"{DATA}augment.stretch": {"images": BYTES},
    f"{DATA}augment.centre_crop": {"images": AXES},
    f"{DATA}augment.training_zoom": {"images": BYTES},
    f"{DATA}augment.shrink": {"inputs": INPUTS},
    f"{DATA}augment.Normaliser": {"mean": FLOATS[2:], "sd": FLOATS[2:]},
    f"{DATA}augment.Normaliser.fit": {"images": BYTES},
    f"{DATA}augment.Normaliser.__call__": {"images": BYTES},
    f"{DATA}augment.Augmenter": {"images": BYTES},
    f"{DATA}checked.need_images": {"images": BYTES},
    f"{DATA}checked.need_inputs": {"inputs": INPUTS},
    f"{DATA}checked.need_floats": {"values": FLOATS},
    f"{DATA}checked.need_labels": {"labels": [*LABELS, FROM_ONE]},
    f"{DATA}checked.need_answers": {"answers": ANSWERS, "labels": LABELS},
    f"{DATA}checked.need_one_device": {
        "tensors": [
            (
                lambda: {"images": pictures(), "labels": numbers().to("meta")},
                r"labels on meta; move them: labels\.to\('cpu'\)",
            )
        ]
    },
    f"{DATA}sets.Split": {"images": BYTES, "labels": COUNTED},
    f"{DATA}sets.Split.subset": {
        "index": [
            (lambda: torch.tensor(3), r"give places int64 \(M,\) or a mask"),
            (lambda: torch.tensor([1, 0], dtype=torch.uint8), r"give places int64"),
            (lambda: 3, r"index is 3; give a slice or a tensor"),
        ]
    },
    f"{DATA}sets.Dataset": {
        "train": [*SPLIT, (lambda: Split(pictures(), numbers() + 1), FROM_ONE[1])],
        "test": [
            *SPLIT,
            (
                lambda: Split(pictures(), numbers() + 9),
                r"run from 9 to 12 .* so labels may run to 3",
            ),
        ],
    },
    f"{DATA}sets.need_split": {"split": SPLIT},
    f"{DATA}sets.need_dataset": {"data": DATASET},
    f"{DATA}sets.image_digest": {
        "image": [(lambda: floats()[0], "as after normalisation"), (lambda: [1], "torch.tensor")]
    },
    f"{DATA}sets.dataset_hash": {"train": SPLIT, "test": SPLIT},
    f"{DATA}sets.halve": {
        "images": [*ANY_CHANNELS, (lambda: pictures()[..., 1:], r"16 x 15 have no half")]
    },
    f"{DATA}sets.half_size": {"whole": DATASET},
    f"{DATA}sets.held_back": {"whole": DATASET},
    "utils.display.figures.picture_grid": {
        "images": [
            (lambda: pictures().permute(0, 2, 3, 1), "channels come first"),
            (lambda: pictures()[1:], "7 images but 8 captions"),
        ]
    },
    "utils.miniatures.jacobians.relative_gap": {
        "claimed": [(lambda: torch.rand(1, 3), "compare like with like")]
    },
    "utils.miniatures.linear.deepen": {
        "net": [(lambda: nn.Sequential(nn.Linear(2, 2)), "has to end with a ReLU")]
    },
    f"{MODELS}blocks.pad_shortcut": {"x": AXES},
    f"{MODELS}blocks.conv_layers": NET,
    f"{MODELS}blocks.need_block": ONE_BLOCK,
    f"{MODELS}checked.need_network": NET,
    f"{MODELS}checked.need_trainable": {
        "net": [
            *NETWORK,
            (lambda: nn.ReLU(), "can move"),
            (
                lambda: build("resnet-8").half(),
                r"conv1\.weight is stored in float16.*net\.float\(\)",
            ),
        ]
    },
    f"{MODELS}checked.need_evaluating": {
        "net": [
            *NETWORK,
            (lambda: build("resnet-8").train(), r"bn1 is in training mode; call net\.eval\(\)"),
        ]
    },
    f"{MODELS}construction.deepen": BOOKS,
    f"{MODELS}construction.pass_on": ONE_BLOCK,
    f"{MODELS}counting.count_parameters": NET,
    f"{MODELS}counting.count_macs": {
        "net": [
            *NETWORK,
            (lambda: nn.Conv2d(1, 4, 3), r"expects 1 channels, and inputs \(1, 3, 32, 32\) have 3"),
        ]
    },
    f"{MODELS}counting.sketched": NET,
    **{
        f"{MODELS}initialise.{name}": NET
        for name in (
            "leave_default",
            "initialise_he",
            "initialise_orthogonal",
            "initialise_dirac",
            "initialise",
        )
    },
    f"{MODELS}initialise.initialise_fixup": {
        "net": [*NETWORK, (torchvision.models.resnet18, "no branch to silence")]
    },
    f"{MODELS}modes.modes_kept": NET,
    f"{MODELS}modes.evaluating": NET,
    f"{MODELS}networks.stage_shapes": BOOKS,
    f"{MODELS}starts.remove_batch_norm": NET,
    f"{MODELS}stochastic_depth.StochasticBlock": {"inner": BLOCK},
    f"{MODELS}stochastic_depth.with_stochastic_depth": BOOKS,
    f"{MODELS}surgery.block_names": BOOKS,
    f"{MODELS}surgery.blocks_of": BOOKS,
    f"{MODELS}surgery.layers_of": BOOKS,
    f"{MODELS}surgery.replace_modules": NET,
    f"{MODELS}wide.WideNet.whiten": {"inputs": INPUTS},
    f"{MODELS}wide.whitening_filters": {"inputs": INPUTS},
    f"{MODELS}wide.whiten": {
        "net": [*NETWORK, (torchvision.models.resnet18, "no layer that whitens")],
        "inputs": INPUTS,
    },
    f"{PROBES}additions.addition_sizes": {"net": NETWORK, "images": INPUTS},
    f"{PROBES}additions.without_normalisation": NET,
    f"{PROBES}gates.residual_blocks": BOOKS,
    f"{PROBES}gates.forward": {"net": BOOK, "inputs": INPUTS},
    f"{PROBES}layers.macs_of": {"layer": NETWORK},
    f"{PROBES}layers.layer_costs": NET,
    f"{PROBES}layers.block_windows": ONE_BLOCK,
    f"{PROBES}layers.stage_fields": BOOKS,
    f"{PROBES}layers.gradient_support": BOOKS,
    f"{PROBES}layers.with_average_pooling": BOOKS,
    f"{PROBES}lesions.shape_change": ONE_BLOCK,
    f"{PROBES}lesions.keeps_shape": ONE_BLOCK,
    f"{PROBES}lesions.SilentBlock": ONE_BLOCK,
    **{
        f"{PROBES}lesions.{name}": BOOKS
        for name in ("lesion", "reordered", "exchangeable", "swaps", "orders")
    },
    f"{PROBES}lesions.deletion_tree": {"net": BOOK, "x": INPUTS},
    f"{PROBES}onnx_export.gated_graph": BOOKS,
    f"{PROBES}path_gradients.record": {"net": BOOK, "x": INPUTS, "labels": [*COUNTED, FROM_ONE]},
    f"{PROBES}readings.measured_layers": NET,
    f"{PROBES}readings.dead_share": {
        "values": [*FLOATS, (lambda: torch.rand(3), "without an axis of channels")]
    },
    f"{PROBES}readings.measure": NET,
    f"{PROBES}roofline.in_inference": {"module": NETWORK, "x": FLOATS},
    f"{PROBES}roofline.in_training": {"module": NETWORK, "x": FLOATS},
    f"{PROBES}strangers.need_bare": NET,
    f"{PROBES}strangers.need_measurable": NET,
    f"{PROBES}strangers.need_countable": NET,
    f"{PROBES}surfaces.filter_normalise": {"direction": FLOATS, "weight": FLOATS},
    f"{PROBES}surfaces.leave_as_drawn": {
        "direction": [*FLOATS, (lambda: torch.rand(4, 1), "draw the direction with")],
        "weight": FLOATS,
    },
    f"{PROBES}surfaces.draw_plane": NET,
    f"{PROBES}surfaces.restored": NET,
    f"{PROBES}surfaces.move": {
        "net": [*NETWORK, (lambda: nn.Linear(2, 2), "has no place in this plane")]
    },
    f"{PROBES}surfaces.classification": {"inputs": FLOATS, "labels": COUNTED},
    f"{PROBES}surfaces.evaluate_rows": NET,
    **{
        f"{RECORD}bench.{name}": {"dataset": DATASET}
        for name in (
            "profile",
            "show_profile",
            "our_step",
            "training_calls",
            "recipe_calls",
            "data_calls",
            "measure",
        )
    },
    f"{RECORD}gradient_norms.freeze_statistics": {"net": NETWORK, "inputs": INPUTS},
    f"{RECORD}gradient_norms.neighbour_cosines": {"net": NETWORK, "inputs": INPUTS},
    f"{RECORD}lesions.first": {"split": SPLIT},
    f"{RECORD}lesions.answers": {"split": SPLIT},
    f"{RECORD}lesions.wrong_of_each": {
        "given": [(lambda: numbers()[:, None], "one class for each label")],
        "labels": [*LABELS, FROM_ONE],
    },
    f"{RECORD}lesions.renewed_statistics": {"net": NETWORK, "inputs": INPUTS},
    f"{RECORD}lesions.every_set": {"split": SPLIT},
    **{f"{RECORD}step_parts.{name}": {"dataset": DATASET} for name in ("step_parts", "all_parts")},
    f"{TRAINING}distributed.share_batch_norm": NET,
    f"{TRAINING}judging.confusion_matrix": {"probabilities": ANSWERS, "labels": LABELS},
    f"{TRAINING}judging.confident_mistakes": {"probabilities": ANSWERS, "split": SPLIT},
    f"{TRAINING}judging.judge": {"test": SPLIT, "train": SPLIT},
    f"{TRAINING}prediction.predict": {"net": NETWORK, "images": BYTES},
    f"{TRAINING}prediction.error_of": {"probabilities": ANSWERS, "labels": LABELS},
    f"{TRAINING}muon.kernels": NET,
    f"{TRAINING}muon.Muon": NET,
    f"{TRAINING}muon.orthogonalised": {"matrix": [*FLOATS, (floats, "must have two axes, not 4")]},
    f"{TRAINING}optimisers.make_optimiser": NET,
    f"{TRAINING}trainer.Trainer": {"net": NETWORK, "data": DATASET},
    f"{TRAINING}trainer.train": {"net": NETWORK, "data": DATASET},
    **{
        f"{TRANSFER}{name}": NET
        for name in (
            "randomise_statistics",
            "replace_head",
            "head_of",
            "freeze_trunk",
            "unfreeze",
            "train_mode",
            "parameter_groups",
        )
    },
    f"{TRANSFER}prepare": {"images": BYTES},
    f"{TRANSFER}train_epoch": {"net": NETWORK, "images": INPUTS, "labels": COUNTED},
    f"{TRANSFER}refresh_statistics": {"net": NETWORK, "images": INPUTS},
    f"{TRANSFER}evaluate": {"net": NETWORK, "images": INPUTS, "labels": COUNTED},
    f"{TRAINING}tutorial.PictureSet": {"split": SPLIT},
    f"{TRAINING}tutorial.source_batches": {"split": SPLIT},
    f"{TRAINING}tutorial.SourceTrainer": {"net": NETWORK, "split": SPLIT},
    f"{CHAPTERS}bottleneck.counts.census": BOOKS,
    f"{CHAPTERS}claim_numbers.main_and_projection_layers": NET,
    **{
        f"{LIVE}{name}": {"test": SPLIT}
        for name in ("error_without", "one_out", "one_out_live", "live_panel")
    },
    f"{CHAPTERS}loss_surfaces.grids.live_surface": NET,
    f"{CHAPTERS}loss_surfaces.grids.rescaled": BOOKS,
    f"{CONTROL}find_images": {"split": SPLIT},
    f"{CONTROL}recorded_mistakes": {"split": SPLIT},
    f"{CONTROL}live_mistakes": {"split": SPLIT},
    f"{CONTROL}confident_mistakes": {"images": DATASET},
}
"""For each function its arguments, and for each of these what is wrong with the sentence."""
