#!/usr/bin/env python3
"""dlib's face recognition network as ONNX.   dlib_resnet.py dlib_face_recognition_resnet_model_v1.dat OUTPUT.onnx

Input `input` [1, 3, 150, 150] RGB, (v - mean) / 256 done by the caller; output `embedding` [1, 128], not normalised.

A .dat file is a stream without an index: each layer starts with its type name, and its fields follow in the order
in which dlib serialises them. This reader finds the names and understands the layers that this network has, from
the output of the loss layer's input down to the image. The affine layers (frozen batch norm) are folded into the
convolutions before them.
"""

import re
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from graphs import main

SIZE = 150
EMBEDDING = 128

LAYER_NAMES = [
    b"con_4", b"con_5", b"con_6", b"affine_", b"affine_2", b"bn_con2", b"relu_", b"relu_2",
    b"max_pool_2", b"avg_pool_2", b"add_prev_", b"fc_2", b"fc_3", b"input_rgb_image_sized",
]  # fmt: skip
# A string is stored as an integer (its length, in one byte here) and its bytes.
LAYER_START = re.compile(
    b"|".join(sorted((re.escape(bytes([1, len(name)]) + name) for name in LAYER_NAMES), key=len, reverse=True))
)


class Reader:
    """dlib's portable serialisation."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def integer(self):
        """A control byte (low nibble: byte count, bit 7: sign), then the magnitude, little endian."""
        control = self.data[self.at]
        count = control & 0x0F
        value = int.from_bytes(self.data[self.at + 1 : self.at + 1 + count], "little")
        self.at += 1 + count
        return -value if control & 0x80 else value

    def integers(self, count):
        return tuple(self.integer() for _ in range(count))

    def real(self):
        """Mantissa and binary exponent, both integers."""
        mantissa, exponent = self.integers(2)
        return mantissa * 2.0**exponent

    def text(self):
        length = self.integer()
        value = self.data[self.at : self.at + length].decode("latin1")
        self.at += length
        return value

    def tensor(self):
        self.expect(2, "tensor version")
        count = int(np.prod(self.integers(4)))
        values = np.frombuffer(self.data, "<f4", count, self.at)
        self.at += 4 * count
        return values

    def alias(self):
        """A view into a layer's parameters: only its shape is of interest."""
        self.expect(1, "alias version")
        return self.integers(4)

    def expect(self, value, what):
        found = self.integer()
        if found != value:
            raise ValueError(f"{what} is {found}, not {value}, near byte {self.at}")


def read_layer(reader):
    kind = reader.text()
    layer = {"kind": kind}
    if kind == "input_rgb_image_sized":
        layer["mean"] = [reader.real() for _ in range(3)]
        layer["size"] = reader.integers(2)
    elif kind.startswith("con_"):
        layer["parameters"] = reader.tensor()
        layer["filters"] = reader.integer()
        layer["kernel"], layer["stride"], layer["padding"] = (reader.integers(2) for _ in range(3))
        layer["weight_shape"], layer["bias_shape"] = reader.alias(), reader.alias()
    elif kind.startswith("affine"):
        layer["parameters"] = reader.tensor()
        layer["gain_shape"], layer["bias_shape"] = reader.alias(), reader.alias()
        layer["mode"] = reader.integer()
    elif kind.endswith("pool_2"):
        layer["kernel"], layer["stride"], layer["padding"] = (reader.integers(2) for _ in range(3))
    elif kind.startswith("fc_"):
        layer["outputs"], layer["inputs"] = reader.integers(2)
        layer["parameters"] = reader.tensor()
    return layer


def read_layers(path):
    reader = Reader(Path(path).read_bytes())
    layers = []
    while match := LAYER_START.search(reader.data, reader.at):
        reader.at = match.start()
        layers.append(read_layer(reader))
    return layers


def is_kind(layer, prefix):
    return layer["kind"].startswith(prefix)


class Builder:
    """Walks the layers and appends ONNX nodes; a value is a (name, shape without batch) pair."""

    def __init__(self, layers):
        self.layers = layers
        self.at = 0
        self.nodes = []
        self.initializers = []

    def take(self, prefix):
        layer = self.layers[self.at]
        if not is_kind(layer, prefix):
            raise ValueError(f"layer {self.at} is {layer['kind']}, not {prefix}")
        self.at += 1
        return layer

    def constant(self, array, name, dtype=np.float32):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, dtype), name))
        return name

    def node(self, op, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, value):
        source, (channels, height, width) = value
        name = f"conv{self.at}"
        conv, affine = self.take("con_"), self.take("affine")
        filters, (kh, kw), (sh, sw), (ph, pw) = (conv[k] for k in ("filters", "kernel", "stride", "padding"))
        weights = filters * channels * kh * kw
        if conv["parameters"].size != weights + filters:
            raise ValueError(f"{name} has {conv['parameters'].size} parameters, not {weights + filters}")
        weight = conv["parameters"][:weights].reshape(filters, channels, kh, kw)
        bias = conv["parameters"][weights:]
        gain, shift = affine["parameters"][:filters], affine["parameters"][filters:]
        inputs = [
            source,
            self.constant(weight * gain[:, None, None, None], name + "_w"),
            self.constant(bias * gain + shift, name + "_b"),
        ]
        self.node("Conv", inputs, name, kernel_shape=[kh, kw], strides=[sh, sw], pads=[ph, pw, ph, pw])
        return name, (filters, (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1)

    def relu(self, value):
        name = f"relu{self.at}"
        self.take("relu")
        return self.node("Relu", [value[0]], name), value[1]

    def pool(self, value, prefix, op, name):
        layer = self.take(prefix)
        if layer["padding"] != (0, 0):
            raise ValueError(f"{name} has padding")
        source, (channels, *sides) = value
        self.node(op, [source], name, kernel_shape=list(layer["kernel"]), strides=list(layer["stride"]))
        sides = [(s - k) // t + 1 for s, k, t in zip(sides, layer["kernel"], layer["stride"])]
        return name, (channels, *sides)

    def pad(self, value, shape):
        """Zeros at the end of each dimension up to `shape`."""
        source, old = value
        if old == shape:
            return value
        name = source + "_pad"
        amounts = [0, 0, 0, 0, 0] + [new - was for was, new in zip(old, shape)]
        self.node("Pad", [source, self.constant(amounts, name + "_p", np.int64)], name, mode="constant")
        return name, shape

    def residual_block(self, value):
        """Two convolutions, plus the input itself (or pooled, where the block halves the picture).

        dlib adds tensors of different shapes: the smaller one counts as zero outside itself.
        """
        main_path = self.convolution(self.relu(self.convolution(value)))
        shortcut = value
        if is_kind(self.layers[self.at], "avg_pool_2"):
            shortcut = self.pool(value, "avg_pool_2", "AveragePool", f"ap{self.at}")
        name = f"add{self.at}"
        self.take("add_prev_")
        shape = tuple(max(a, b) for a, b in zip(main_path[1], shortcut[1]))
        main_path, shortcut = self.pad(main_path, shape), self.pad(shortcut, shape)
        return self.relu((self.node("Add", [main_path[0], shortcut[0]], name), shape))

    def head(self, value):
        if self.take("avg_pool_2")["kernel"] != (0, 0):
            raise ValueError("the last pooling is not global")
        self.node("GlobalAveragePool", [value[0]], "gap")
        self.node("Flatten", ["gap"], "flat", axis=1)
        layer = self.take("fc_")
        weight = layer["parameters"].reshape(value[1][0], EMBEDDING)
        inputs = ["flat", self.constant(weight, "fc_w")]
        self.nodes.append(helper.make_node("MatMul", inputs, ["embedding"], name="fc"))

    def build(self):
        if self.take("input_rgb_image_sized")["size"] != (SIZE, SIZE):
            raise ValueError("the input is not 150x150")
        value = self.relu(self.convolution(("input", (3, SIZE, SIZE))))
        value = self.pool(value, "max_pool_2", "MaxPool", "mp")
        while is_kind(self.layers[self.at], "con_"):
            value = self.residual_block(value)
        self.head(value)
        if self.at != len(self.layers):
            raise ValueError(f"{len(self.layers) - self.at} layers are left over")


def convert(source):
    builder = Builder(read_layers(source))
    builder.build()
    graph = helper.make_graph(
        builder.nodes,
        "dlib_resnet",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, EMBEDDING])],
        builder.initializers,
    )
    # The producer is part of the file, and so of its digest.
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="feas-conv", ir_version=8
    )


if __name__ == "__main__":
    main(convert, __doc__)
