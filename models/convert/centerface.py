#!/usr/bin/env python3
"""CenterFace: free the input size.   centerface.py centerface.onnx OUTPUT.onnx

The published file declares a 10x3x32x32 input, lists its weights as inputs too, and carries batch-norm counters
that nothing reads. The network itself works at any size that is a multiple of 32.
"""

import onnx

from graphs import keep_only, main, set_shape

OUTPUT_CHANNELS = (1, 2, 2, 10)  # heat map, size, offset, landmarks


def convert(source):
    model = onnx.load(source)
    graph = model.graph
    used = {name for node in graph.node for name in node.input}
    keep_only(graph.input, lambda value: value.name == "input.1")
    keep_only(graph.initializer, lambda initializer: initializer.name in used)
    set_shape(graph.input[0], ["N", 3, "H", "W"])
    for output, channels in zip(graph.output, OUTPUT_CHANNELS):
        set_shape(output, ["N", channels, "h", "w"])
    del graph.value_info[:]
    return model


if __name__ == "__main__":
    main(convert, __doc__)
