#!/usr/bin/env python3
"""PP-OCRv4's recogniser for Latin text.   ppocr_latin.py ch_PP-OCRv4_rec_infer.onnx OUTPUT.onnx

Of 6,625 classes the 134 Latin ones and the blank are kept: less to compute, and no stray Chinese characters. The
alphabet, in order, is the `alphabet` of the model `ppocr4-latin` in manifest.toml.
"""

import ppocr
from graphs import main


def is_latin(character):
    code = ord(character)
    return 0x20 <= code < 0x7F or 0xA1 <= code < 0x250 or character in "€£–—’‘“”•"


def convert(source):
    model, characters = ppocr.load(source)
    graph = model.graph
    ppocr.take_grey(graph)
    classes = [0] + [index for index, character in enumerate(characters, 1) if is_latin(character)]
    ppocr.keep_classes(graph, classes)
    last = ppocr.softmax(graph)
    last.op_type = "LogSoftmax"
    ppocr.finish(graph, last.output[0], len(classes))
    return model


if __name__ == "__main__":
    main(convert, __doc__)
