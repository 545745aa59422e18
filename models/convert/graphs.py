"""Small helpers shared by the converters: shapes, dead code, and the command line."""

import sys

import onnx


def set_shape(value, dims):
    """Give a graph input or output the shape `dims`; a string is a free dimension of that name."""
    shape = value.type.tensor_type.shape
    del shape.dim[:]
    for dim in dims:
        if isinstance(dim, str):
            shape.dim.add().dim_param = dim
        else:
            shape.dim.add().dim_value = dim


def keep_only(repeated, keep):
    """Drop from a protobuf list every element for which `keep` is false."""
    kept = [element for element in repeated if keep(element)]
    del repeated[:]
    repeated.extend(kept)


def drop_dead_code(graph):
    """Remove nodes that no output depends on, and initialisers that no node reads."""
    needed = {output.name for output in graph.output}
    live = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            live.append(node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(live))
    keep_only(graph.initializer, lambda initializer: initializer.name in needed)


def main(convert, usage):
    """Run `convert(source path) -> ModelProto` as a command: SCRIPT SOURCE OUTPUT."""
    if len(sys.argv) != 3:
        sys.exit(usage.strip())
    model = convert(sys.argv[1])
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, sys.argv[2])
