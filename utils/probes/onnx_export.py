"""A trained ResNet as an ONNX graph with a switch on every residual branch.

Answers "how does the network of the book get into a browser?". The graph is written node by node,
so that its nodes carry the names of the PyTorch modules and can be read beside them.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from utils.data.augment import Normaliser
from utils.data.checked import need
from utils.models.blocks import BasicBlock
from utils.models.networks import ResNet
from utils.probes.gates import residual_blocks

OPSET = 17
IR_VERSION = 8


@dataclass
class Graph:
    """Nodes and weights, in the order in which they are added."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def constant(self, name: str, value: Tensor | np.ndarray | list[int]) -> str:
        """Store a float tensor, or a list of whole numbers; returns its name."""
        array = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        kind = np.float32 if array.dtype.kind == "f" else np.int64
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(array, kind), name)
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        """Add a node named like its output; returns that name."""
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def convolution(self, name: str, layer: nn.Conv2d, x: str) -> str:
        """A convolution without bias."""
        weight = self.constant(f"{name}.weight", layer.weight)
        return self.node(
            "Conv", [x, weight], name,
            kernel_shape=list(layer.kernel_size),
            strides=list(layer.stride),
            pads=list(layer.padding) * 2,
        )  # fmt: skip

    def normalisation(self, name: str, layer: nn.BatchNorm2d, x: str) -> str:
        """Batch normalisation with its running statistics, as in evaluation mode."""
        parts = {
            "weight": layer.weight,
            "bias": layer.bias,
            "running_mean": layer.running_mean,
            "running_var": layer.running_var,
        }
        stored = [self.constant(f"{name}.{part}", value) for part, value in parts.items()]
        return self.node("BatchNormalization", [x, *stored], name, epsilon=layer.eps)

    def shortcut(self, name: str, layer: nn.Module, x: str, channels: int) -> str:
        """The identity, or option A: every second pixel, then zeros for the new channels."""
        if isinstance(layer, nn.Identity):
            return x
        missing = layer.out_channels - channels
        before, after = missing // 2, missing - missing // 2
        slices = {
            "starts": [0, 0],
            "ends": [2**31 - 1, 2**31 - 1],
            "axes": [2, 3],
            "steps": [layer.stride, layer.stride],
        }
        bounds = [self.constant(f"{name}.{part}", value) for part, value in slices.items()]
        kept = self.node("Slice", [x, *bounds], f"{name}.subsampled")
        pads = self.constant(f"{name}.pads", [0, before, 0, 0, 0, after, 0, 0])
        return self.node("Pad", [kept, pads], name)

    def block(self, name: str, block: BasicBlock, x: str, gate: str, output: str) -> str:
        """relu(shortcut(x) + gate * F(x))."""
        paths = {module: path for path, module in block.named_modules()}
        layers, branch = block.layers(), x
        for number, (path, convolution, normalisation) in enumerate(layers, 1):
            branch = self.convolution(f"{name}.{path}", convolution, branch)
            branch = self.normalisation(f"{name}.{paths[normalisation]}", normalisation, branch)
            if number < len(layers):
                branch = self.node("Relu", [branch], f"{name}.relu{number}")
        gated = self.node("Mul", [branch, gate], f"{name}.gated")
        channels = layers[0].convolution.in_channels
        shortcut = self.shortcut(f"{name}.downsample", block.downsample, x, channels)
        total = self.node("Add", [gated, shortcut], f"{name}.sum")
        return self.node("Relu", [total], output)


def gated_graph(net: ResNet, normaliser: Normaliser) -> onnx.ModelProto:
    """Write a network with a gate for each residual branch as a checked ONNX model.

    Inputs: ``image`` float (1, 3, 32, 32), RGB from 0 to 1, and ``gates`` float (blocks,), 1 for
    a branch that is on and 0 for one that is off. Outputs: ``logits`` float (1, classes), and the
    activations ``stem``, ``block1``, ``block2``... after their last ReLU.

    Raises:
        TypeError: not a network, or not a normaliser.
        ValueError: a block that :func:`utils.probes.gates.residual_blocks` refuses, or a network
            that is not on the CPU.
    """
    blocks = residual_blocks(net)
    need(normaliser, Normaliser, "normaliser", "pass the one that the network was trained with")
    if (device := net.fc.weight.device).type != "cpu":
        raise ValueError(f"net is on {device}; its weights are written from the CPU: net.cpu()")
    graph = Graph()
    mean = graph.constant("normaliser.mean", normaliser.mean)
    sd = graph.constant("normaliser.sd", normaliser.sd)
    centred = graph.node("Sub", ["image", mean], "normaliser.centred")
    x = graph.node("Div", [centred, sd], "normaliser")

    gates = [f"gate{number}" for number in range(1, len(blocks) + 1)]
    graph.nodes.append(helper.make_node("Split", ["gates"], gates, "split_gates", axis=0))

    x = graph.convolution("conv1", net.conv1, x)
    x = graph.normalisation("bn1", net.bn1, x)
    x = graph.node("Relu", [x], "stem")
    for number, (name, block) in enumerate(blocks.items(), 1):
        x = graph.block(name, block, x, gates[number - 1], f"block{number}")

    x = graph.node("GlobalAveragePool", [x], "pool")
    x = graph.node("Flatten", [x], "flat")
    weight = graph.constant("fc.weight", net.fc.weight)
    bias = graph.constant("fc.bias", net.fc.bias)
    graph.node("Gemm", [x, weight, bias], "logits", transB=1)
    return finished(graph, len(blocks), net.fc.out_features)


def finished(graph: Graph, blocks: int, classes: int) -> onnx.ModelProto:
    """Give the graph its inputs and outputs, and check it."""

    def info(name: str, shape: list[int | str]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    names = ["stem", *(f"block{number}" for number in range(1, blocks + 1))]
    maps = [info(name, [1, f"{name}_channels", f"{name}_size", f"{name}_size"]) for name in names]
    made = helper.make_graph(
        graph.nodes,
        "gated-resnet",
        [info("image", [1, 3, 32, 32]), info("gates", [blocks])],
        [info("logits", [1, classes]), *maps],
        list(graph.weights.values()),
    )
    model = helper.make_model(
        made, producer_name="resnet-measured", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = IR_VERSION
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    onnx.checker.check_model(model, full_check=True)
    return model
