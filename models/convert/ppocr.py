"""What the recognisers made from PP-OCRv4 share: grey input, fewer classes, and the output that ocrs reads.

Published: [N, 3, 48, W], the same grey in three channels, (v / 255 - 0.5) / 0.5, to softmax [N, T, classes] with
class 0 the CTC blank, class i the i-th entry of the metadata key `character`, and a space last.
Wanted: [N, 1, 48, W], v / 255 - 0.5, to log-probabilities [T, N, classes].
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from graphs import keep_only

HEIGHT = 48


def load(source):
    """The published network and the characters of its classes 1, 2, …"""
    model = onnx.load(source)
    (characters,) = (entry.value for entry in model.metadata_props if entry.key == "character")
    del model.metadata_props[:]
    return model, "".join(characters.splitlines()) + " "


def constant(graph, name):
    """The tensor of a Constant node, for reading and replacing."""
    return next(node.attribute[0].t for node in graph.node if name in node.output)


def replace(tensor, array, name=None):
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))


def take_grey(graph):
    """Three equal channels at twice the scale are one channel under the sum of the weights, times two.

    This is exact at the border as well: the padding is zero before and after.
    """
    name = graph.input[0].name
    (conv,) = (node for node in graph.node if name in node.input)
    weight = constant(graph, conv.input[1])
    replace(weight, numpy_helper.to_array(weight).sum(1, keepdims=True) * 2)
    value = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1, HEIGHT, "seq_in"])
    graph.input[0].CopyFrom(value)


def keep_classes(graph, classes):
    """Cut the last linear layer down to the given classes, in the given order."""
    product = [node for node in graph.node if node.op_type == "MatMul"][-1]
    addition = [node for node in graph.node if node.op_type == "Add"][-1]
    for name in (product.input[1], addition.input[1]):
        tensor = constant(graph, name)
        replace(tensor, np.take(numpy_helper.to_array(tensor), classes, axis=-1), tensor.name)


def finish(graph, log_probabilities, classes):
    """Transpose a value [N, T, classes] into the output [T, N, classes]."""
    graph.node.append(helper.make_node("Transpose", [log_probabilities], ["logprobs"], perm=[1, 0, 2]))
    keep_only(graph.output, lambda output: False)
    value = helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["seq", "batch", classes])
    graph.output.append(value)


def softmax(graph):
    """The node that makes the published output."""
    node = next(node for node in graph.node if graph.output[0].name in node.output)
    if node.op_type != "Softmax":
        raise ValueError(f"the network ends in {node.op_type}, not Softmax")
    return node
