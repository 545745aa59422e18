#!/usr/bin/env python3
"""YuNet: make one file work at any input size.   yunet.py yunet_n_dynamic.onnx OUTPUT.onnx

The published file computes the target of its reshapes from the shape of the input, and pins a symbolic batch size
on every intermediate value; engines that infer shapes beforehand refuse that. With batch 1 the target is a
constant, [1, -1, channels].
"""

import numpy as np
import onnx
from onnx import numpy_helper

from graphs import drop_dead_code, main, set_shape

# An output is called KIND_STRIDE, e.g. `kps_16`; each kind has this many values per anchor.
CHANNELS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def output_fed_by(graph, name):
    """Follow a value downstream to the graph output that it ends in."""
    outputs = {output.name for output in graph.output}
    while name not in outputs:
        name = next(node for node in graph.node if name in node.input).output[0]
    return name


def fix_reshapes(graph):
    for node in graph.node:
        if node.op_type != "Reshape":
            continue
        channels = CHANNELS[output_fed_by(graph, node.output[0]).split("_")[0]]
        target = f"shape_{channels}"
        if all(initializer.name != target for initializer in graph.initializer):
            shape = np.array([1, -1, channels], np.int64)
            graph.initializer.append(numpy_helper.from_array(shape, target))
        node.input[1] = target


def convert(source):
    model = onnx.load(source)
    graph = model.graph
    fix_reshapes(graph)
    drop_dead_code(graph)
    set_shape(graph.input[0], [1, 3, "height", "width"])
    for output in graph.output:
        kind, stride = output.name.split("_")
        set_shape(output, [1, f"n_{stride}", CHANNELS[kind]])
    del graph.value_info[:]
    return model


if __name__ == "__main__":
    main(convert, __doc__)
