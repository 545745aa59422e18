#!/usr/bin/env python3
"""EdgeFace-XS as float32 ONNX.   edgeface.py edgeface_xs_q.pt OUTPUT.onnx

Input `input` [1, 3, 112, 112] RGB, (v - 127.5) / 127.5; output `embedding` [1, 512], not normalised.

The network is timm's edgenext_x_small with a 512-wide head; the checkpoint keeps its Linear layers as int8. What
is written here equals that network with its Linear weights dequantised, arranged for engines that run one picture
at a time on a CPU:

- A LayerNorm is mean, centred value, mean of squares and a division over the last axis. Its gain and shift are
  folded into the Linear (or 2x2 downsampling convolution) behind it; the stem's centring goes into the stem's
  convolution. The layer scales `gamma` and `gamma_xca` are folded into the Linear before them.
- The Fourier position code depends on nothing but the size: a constant.
- The 9x9 depthwise kernels of the last stage see a 3x3 map, so their outer taps only ever meet padding: the
  middle 5x5 is all that counts.
- Depthwise padding is an explicit Concat with zeros, because tract has a fast kernel for the inside of a picture
  and moves a Pad node back into the convolution, but leaves a Concat alone.
- GELU is 0.5 x (1 + erf(x / sqrt 2)), the form that tract recognises as one operator.
"""

import math

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from checkpoint import load
from graphs import main

SIZE = 112
STAGES = 4
NORM_EPSILON = 1e-6
UNIT_EPSILON = 1e-12


class Graph:
    """Appends nodes; a value is known by its name. Equal constants are stored once."""

    def __init__(self):
        self.nodes, self.initializers = [], []
        self.names = 0
        self.constants = {}

    def name(self, prefix):
        self.names += 1
        return f"{prefix}_{self.names}"

    def constant(self, array, prefix="c"):
        array = np.ascontiguousarray(array)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            name = self.name(prefix)
            self.initializers.append(numpy_helper.from_array(array, name))
            self.constants[key] = name
        return self.constants[key]

    def floats(self, array, prefix="c"):
        return self.constant(np.asarray(array, np.float32), prefix)

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def op(self, kind, *inputs, **attributes):
        output = self.name(kind.lower())
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def convolution(self, x, weight, bias, stride=1, groups=1):
        inputs = [x, self.floats(weight, "w"), self.floats(bias, "b")]
        return self.op(
            "Conv",
            *inputs,
            kernel_shape=list(weight.shape[2:]),
            dilations=[1, 1],
            group=groups,
            strides=[stride, stride],
            pads=[0, 0, 0, 0],
        )

    def depthwise(self, x, weight, bias, side):
        channels, padding = weight.shape[0], weight.shape[2] // 2
        zeros = self.floats(np.zeros((1, channels, padding, side)))
        x = self.op("Concat", zeros, x, zeros, axis=2)
        zeros = self.floats(np.zeros((1, channels, side + 2 * padding, padding)))
        x = self.op("Concat", zeros, x, zeros, axis=3)
        return self.convolution(x, weight, bias, groups=channels)

    def linear(self, x, weight, bias):
        product = self.op("MatMul", x, self.floats(weight.T, "w"))
        return self.op("Add", product, self.floats(bias[None], "b"))

    def reshape(self, x, *dims):
        return self.op("Reshape", x, self.integers(*dims))

    def tokens(self, x, channels, count):
        """Picture [1, c, h, w] to rows [h * w, c]."""
        return self.op("Transpose", self.reshape(x, channels, count), perm=[1, 0])

    def image(self, x, channels, side):
        """Rows [side * side, c] to picture [1, c, side, side]."""
        return self.reshape(self.op("Transpose", x, perm=[1, 0]), 1, channels, side, side)

    def normed(self, x, centre=True):
        """LayerNorm of rows, without its gain and shift."""
        centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[1], keepdims=1)) if centre else x
        variance = self.op("ReduceMean", self.op("Mul", centred, centred), axes=[1], keepdims=1)
        deviation = self.op("Sqrt", self.op("Add", variance, self.floats(NORM_EPSILON)))
        return self.op("Div", centred, deviation)

    def gelu(self, x):
        erf = self.op("Erf", self.op("Mul", x, self.floats(math.sqrt(0.5))))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.floats(1))), self.floats(0.5))


def fourier_code(side, hidden=32, temperature=10000.0):
    """Sines and cosines of both coordinates: [side, side, 2 * hidden]."""
    position = np.arange(1, side + 1, dtype=np.float32) / np.float32(side + 1e-6) * np.float32(2 * math.pi)
    wavelength = temperature ** (2 * (np.arange(hidden) // 2) / hidden)
    phase = position[:, None] / wavelength
    code = np.stack((np.sin(phase[:, 0::2]), np.cos(phase[:, 1::2])), 2).reshape(side, -1)
    rows = np.repeat(code[:, None], side, 1)
    columns = np.repeat(code[None], side, 0)
    return np.concatenate([rows, columns], 2)


class EdgeFace:
    """The network; `channels` and `side` describe the picture at the point reached."""

    def __init__(self, state):
        self.state = state
        self.used = set()
        self.graph = Graph()
        self.channels = 3
        self.side = SIZE

    def parameter(self, name):
        self.used.add(name)
        return self.state[name].astype(np.float64)

    def linear(self, name):
        """Weight [out, in] and bias of a Linear, packed int8 or plain."""
        packed = name + "._packed_params._packed_params"
        if packed not in self.state:
            return self.parameter(name + ".weight"), self.parameter(name + ".bias")
        self.used.update((packed, name + ".scale", name + ".zero_point", name + "._packed_params.dtype"))
        weight, bias = self.state[packed]
        return weight.astype(np.float64), bias.astype(np.float64)

    def linear_after_norm(self, name, norm):
        """Linear(gain * x + shift) as one Linear."""
        weight, bias = self.linear(name)
        gain, shift = self.parameter(norm + ".weight"), self.parameter(norm + ".bias")
        return weight * gain[None], bias + (weight * shift[None]).sum(1)

    def scaled_linear(self, name, scale):
        weight, bias = self.linear(name)
        gamma = self.parameter(scale)
        return weight * gamma[:, None], bias * gamma

    def tokens(self, x):
        return self.graph.tokens(x, self.channels, self.side * self.side)

    def image(self, x):
        return self.graph.image(x, self.channels, self.side)

    def mlp(self, tokens, block):
        """LayerNorm, widening Linear, GELU, narrowing Linear, layer scale."""
        graph = self.graph
        hidden = self.linear_after_norm(block + ".mlp.fc1", block + ".norm")
        tokens = graph.gelu(graph.linear(graph.normed(tokens), *hidden))
        return self.image(graph.linear(tokens, *self.scaled_linear(block + ".mlp.fc2", block + ".gamma")))

    def stem(self):
        graph = self.graph
        weight, bias = self.parameter("stem.0.weight"), self.parameter("stem.0.bias")
        self.channels, self.side = weight.shape[0], SIZE // 4
        weight, bias = weight - weight.mean(0, keepdims=True), bias - bias.mean()
        tokens = self.tokens(graph.convolution("input", weight, bias, stride=4))
        tokens = graph.normed(tokens, centre=False)
        tokens = graph.op("Mul", tokens, graph.floats(self.parameter("stem.1.weight")[None]))
        tokens = graph.op("Add", tokens, graph.floats(self.parameter("stem.1.bias")[None]))
        return self.image(tokens)

    def downsample(self, x, name):
        weight, bias = self.parameter(name + ".1.weight"), self.parameter(name + ".1.bias")
        gain, shift = self.parameter(name + ".0.weight"), self.parameter(name + ".0.bias")
        bias = bias + (weight * shift[None, :, None, None]).sum((1, 2, 3))
        weight = weight * gain[None, :, None, None]
        x = self.image(self.graph.normed(self.tokens(x)))
        self.channels, self.side = weight.shape[0], self.side // 2
        return self.graph.convolution(x, weight, bias, stride=2)

    def convolution_block(self, x, block):
        """Depthwise convolution and MLP, with a shortcut."""
        weight, bias = self.parameter(block + ".conv_dw.weight"), self.parameter(block + ".conv_dw.bias")
        idle = max(0, weight.shape[2] // 2 - (self.side - 1))
        if idle:
            weight = weight[:, :, idle:-idle, idle:-idle]
        mixed = self.graph.depthwise(x, weight, bias, self.side)
        return self.graph.op("Add", x, self.mlp(self.tokens(mixed), block))

    def attention_block(self, x, block):
        """Split depthwise convolutions, cross-covariance attention and MLP, with a shortcut."""
        mixed = self.split_convolutions(x, block)
        if block + ".pos_embd.token_projection.weight" in self.state:
            mixed = self.graph.op("Add", mixed, self.position_code(block + ".pos_embd.token_projection"))
        tokens = self.tokens(mixed)
        tokens = self.graph.op("Add", tokens, self.attention(tokens, block))
        return self.graph.op("Add", x, self.mlp(tokens, block))

    def split_convolutions(self, x, block):
        """Channel groups, each convolved together with the result of the group before; the last passes through."""
        graph = self.graph
        count = 0
        while f"{block}.convs.{count}.weight" in self.state:
            count += 1
        width = -(-self.channels // (count + 1))
        groups = []
        for index in range(count + 1):
            start, end = index * width, min(self.channels, (index + 1) * width)
            bounds = (graph.integers(start), graph.integers(end), graph.integers(1))
            groups.append(graph.op("Slice", x, *bounds))
        value, results = groups[0], []
        for index in range(count):
            if index:
                value = graph.op("Add", value, groups[index])
            name = f"{block}.convs.{index}"
            weight, bias = self.parameter(name + ".weight"), self.parameter(name + ".bias")
            value = graph.depthwise(value, weight, bias, self.side)
            results.append(value)
        return graph.op("Concat", *results, groups[-1], axis=1)

    def position_code(self, name):
        weight, bias = self.parameter(name + ".weight")[:, :, 0, 0], self.parameter(name + ".bias")
        code = (fourier_code(self.side)[:, :, None] * weight).sum(-1) + bias
        return self.graph.floats(code.transpose(2, 0, 1)[None])

    def attention(self, tokens, block):
        """Attention between channels: the heads' maps are [d, d], whatever the size of the picture."""
        graph, channels, count = self.graph, self.channels, self.side * self.side
        weight, bias = self.linear_after_norm(block + ".xca.qkv", block + ".norm_xca")
        temperature = self.parameter(block + ".xca.temperature")
        heads = temperature.shape[0]
        rows = graph.normed(tokens)
        parts = []
        for index in range(3):  # query, key, value: [heads, d, tokens]
            cut = slice(index * channels, (index + 1) * channels)
            part = graph.op("Transpose", graph.linear(rows, weight[cut], bias[cut]), perm=[1, 0])
            part = graph.reshape(part, heads, channels // heads, count)
            parts.append(part if index == 2 else self.unit_rows(part))
        query, key, value = parts
        scores = graph.op("MatMul", query, graph.op("Transpose", key, perm=[0, 2, 1]))
        scores = graph.op("Mul", scores, graph.floats(temperature.reshape(heads, 1, 1)))
        mixed = graph.op("MatMul", graph.op("Softmax", scores, axis=2), value)
        mixed = graph.op("Transpose", graph.reshape(mixed, channels, count), perm=[1, 0])
        return graph.linear(mixed, *self.scaled_linear(block + ".xca.proj", block + ".gamma_xca"))

    def unit_rows(self, x):
        graph = self.graph
        squares = graph.op("ReduceSum", graph.op("Mul", x, x), graph.integers(2), keepdims=1)
        return graph.op("Div", x, graph.op("Max", graph.op("Sqrt", squares), graph.floats(UNIT_EPSILON)))

    def head(self, x):
        graph = self.graph
        x = graph.reshape(x, 1, self.channels, self.side * self.side)
        pooled = graph.op("ReduceMean", x, axes=[2], keepdims=0)
        weight, bias = self.linear_after_norm("head.fc", "head.norm")
        product = graph.op("MatMul", graph.normed(pooled), graph.floats(weight.T, "w"))
        inputs = [product, graph.floats(bias[None], "b")]
        graph.nodes.append(helper.make_node("Add", inputs, ["embedding"], name="embedding"))
        return weight.shape[0]

    def build(self):
        """Append every layer; returns the length of the embedding."""
        x = self.stem()
        for stage in range(STAGES):
            if stage:
                x = self.downsample(x, f"stages.{stage}.downsample")
            index = 0
            while (block := f"stages.{stage}.blocks.{index}") + ".gamma" in self.state:
                is_convolution = block + ".conv_dw.weight" in self.state
                x = self.convolution_block(x, block) if is_convolution else self.attention_block(x, block)
                index += 1
        length = self.head(x)
        unused = set(self.state) - self.used
        if unused:
            raise ValueError(f"parameters without a place: {sorted(unused)}")
        return length


def convert(source):
    network = EdgeFace({name.removeprefix("model."): value for name, value in load(source).items()})
    length = network.build()
    graph = helper.make_graph(
        network.graph.nodes,
        "edgeface",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, length])],
        network.graph.initializers,
    )
    # The producer is part of the file, and so of its digest.
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="conv_edgeface.py", ir_version=8
    )


if __name__ == "__main__":
    main(convert, __doc__)
