#!/usr/bin/env python3
"""MiniFASNetV2 or V1SE as ONNX.   minifasnet.py CHECKPOINT.pth OUTPUT.onnx

Input `input` [1, 3, 80, 80] BGR 0..255; output `probs` [1, 3], class 1 is a live face. Which of the two networks
a checkpoint holds shows in its names: V1SE has squeeze-and-excitation modules.

Batch norms are folded into the convolutions. PRelu(x, a) is written as max(x, 0) + a * min(x, 0), which says the
same and runs faster in engines that take PRelu apart themselves.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from checkpoint import load
from graphs import main

EPSILON = 1e-5  # of the batch norms
ZERO = "zero_c"


class Builder:
    def __init__(self, state):
        self.state = state
        self.used = set()
        self.nodes = []
        self.initializers = []

    def parameter(self, name):
        self.used.add(name)
        return self.state[name].astype(np.float32)

    def constant(self, array, name):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def norm(self, prefix):
        """A batch norm as (gain, shift) per channel."""
        gain = self.parameter(prefix + ".weight") / np.sqrt(self.parameter(prefix + ".running_var") + EPSILON)
        return gain, self.parameter(prefix + ".bias") - self.parameter(prefix + ".running_mean") * gain

    def convolution(self, source, name, norm, stride=1, padding=0):
        weight = self.parameter(name)
        gain, shift = self.norm(norm)
        weight = weight * gain[:, None, None, None]
        inputs = [source, self.constant(weight, name), self.constant(shift, name + "_b")]
        attributes = {
            "kernel_shape": weight.shape[2:],
            "strides": [stride] * 2,
            "pads": [padding] * 4,
            "group": 1 if weight.shape[1] != 1 else weight.shape[0],  # one input channel: depthwise
        }
        self.nodes.append(helper.make_node("Conv", inputs, [name + "_o"], name=name, **attributes))
        return name + "_o"

    def prelu(self, source, name):
        slope = self.constant(self.parameter(name).reshape(-1, 1, 1), name)
        out = name + "_o"
        for op, inputs, output in (
            ("Max", [source, ZERO], out + "_p"),
            ("Min", [source, ZERO], out + "_n"),
            ("Mul", [out + "_n", slope], out + "_m"),
            ("Add", [out + "_p", out + "_m"], out),
        ):
            self.nodes.append(helper.make_node(op, inputs, [output]))
        return out

    def linear_block(self, source, prefix, stride=1, padding=0):
        return self.convolution(source, prefix + ".conv.weight", prefix + ".bn", stride, padding)

    def block(self, source, prefix, stride=1, padding=0):
        return self.prelu(self.linear_block(source, prefix, stride, padding), prefix + ".prelu.weight")

    def excitation(self, source, prefix):
        pooled = self.node("GlobalAveragePool", [source], prefix + "_pool")
        squeezed = self.convolution(pooled, prefix + ".fc1.weight", prefix + ".bn1")
        squeezed = self.node("Relu", [squeezed], prefix + "_relu")
        gate = self.convolution(squeezed, prefix + ".fc2.weight", prefix + ".bn2")
        gate = self.node("Sigmoid", [gate], prefix + "_sig")
        return self.node("Mul", [source, gate], prefix + "_mul")

    def bottleneck(self, source, prefix, stride=1, residual=False):
        value = self.block(source, prefix + ".conv")
        value = self.block(value, prefix + ".conv_dw", stride, 1)
        value = self.linear_block(value, prefix + ".project")
        if not residual:
            return value
        if prefix + ".se_module.fc1.weight" in self.state:
            value = self.excitation(value, prefix + ".se_module")
        return self.node("Add", [source, value], prefix + "_add")

    def stage(self, source, prefix, count):
        for index in range(count):
            source = self.bottleneck(source, f"{prefix}.model.{index}", residual=True)
        return source

    def head(self, source):
        """Flatten, Linear, batch norm (folded into it), Linear, softmax; dropout is off."""
        self.node("Flatten", [source], "flat", axis=1)
        gain, shift = self.norm("bn")
        weight = self.parameter("linear.weight") * gain[:, None]
        classes = self.parameter("prob.weight")
        for name, inputs, output in (
            ("linear", ["flat", self.constant(weight, "linear_w"), self.constant(shift, "linear_b")], "emb"),
            ("prob", ["emb", self.constant(classes, "prob_w")], "logits"),
        ):
            self.nodes.append(helper.make_node("Gemm", inputs, [output], name=name, transB=1))
        self.nodes.append(helper.make_node("Softmax", ["logits"], ["probs"], name="softmax", axis=1))

    def build(self):
        value = self.block("input", "conv1", 2, 1)
        value = self.block(value, "conv2_dw", 1, 1)
        value = self.stage(self.bottleneck(value, "conv_23", 2), "conv_3", 4)
        value = self.stage(self.bottleneck(value, "conv_34", 2), "conv_4", 6)
        value = self.stage(self.bottleneck(value, "conv_45", 2), "conv_5", 2)
        value = self.block(value, "conv_6_sep")
        self.head(self.linear_block(value, "conv_6_dw"))
        self.constant(np.zeros((1, 1, 1)), ZERO)
        unused = [name for name in self.state if name not in self.used and "num_batches" not in name]
        if unused:
            raise ValueError(f"parameters without a place: {unused}")


def convert(source):
    builder = Builder({name.removeprefix("module."): value for name, value in load(source).items()})
    builder.build()
    graph = helper.make_graph(
        builder.nodes,
        "minifasnet",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 80, 80])],
        [helper.make_tensor_value_info("probs", TensorProto.FLOAT, [1, 3])],
        builder.initializers,
    )
    # The producer is part of the file, and so of its digest.
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="feas-conv", ir_version=8
    )


if __name__ == "__main__":
    main(convert, __doc__)
