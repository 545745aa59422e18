#!/usr/bin/env python3
"""PP-OCRv4's recogniser for machine-readable zones.   ppocr_mrz.py ch_PP-OCRv4_rec_infer.onnx OUTPUT.onnx

A machine-readable zone knows A-Z, 0-9 and the filler <. Forbidding all other classes would lose letters wherever
the network is sure of a look-alike (a lower-case o, a Chinese bracket), so the probabilities of look-alikes are
added up instead: a letter takes its lower-case, accented and full-width forms, the filler every kind of bracket,
and the blank takes punctuation and spaces. Classes that look like nothing in the zone are cut off.
"""

import unicodedata

import numpy as np
from onnx import helper, numpy_helper

import ppocr
from graphs import main

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
BLANK = 0

# Beyond what Unicode's compatibility decomposition says.
LOOK_ALIKES = {
    "<": "«»‹›≤()[]{}>〈〉《》「」『』【】〔〕〖〗﹝﹞",
    "0": "〇○◎⊙Φθ",
    "A": "αΛ∧ʌ",
    "B": "β",
    "C": "ɔ￠",
    "G": "ɡ",
    "I": "l",
    "N": "ИЙ",
    "O": "Ο",
    "R": "Я",
    "S": "§$",
    "U": "μ",
    "V": "√",
    "X": "×",
    "Y": "¥￥",
    "3": "З",
}
CLASS_OF = {look: ALPHABET.index(target) + 1 for target, looks in LOOK_ALIKES.items() for look in looks}
SMALLEST = 1e-8  # keeps the logarithm finite


def mrz_class(character):
    """The class that a character counts for, or None if it resembles nothing in the zone."""
    plain = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    for form in (character, *(plain if len(plain) == 1 else ())):
        if form in CLASS_OF:
            return CLASS_OF[form]
        if form.upper() in ALPHABET:
            return ALPHABET.index(form.upper()) + 1
    return BLANK if unicodedata.category(character)[0] in "PSZ" else None


def folding(characters):
    """The classes to keep, and the 0/1 matrix [kept, 38] that says what each counts for."""
    targets = {0: BLANK}
    for index, character in enumerate(characters, 1):
        if (target := mrz_class(character)) is not None:
            targets[index] = target
    matrix = np.zeros((len(targets), len(ALPHABET) + 1), np.float32)
    matrix[np.arange(len(targets)), list(targets.values())] = 1
    return list(targets), matrix


def convert(source):
    model, characters = ppocr.load(source)
    graph = model.graph
    ppocr.take_grey(graph)
    classes, matrix = folding(characters)
    ppocr.keep_classes(graph, classes)
    probabilities = ppocr.softmax(graph).output[0]
    # A whole row, not one number: rten merges MatMul and Add, and needs a bias as wide as the product.
    floor = np.full(matrix.shape[1], SMALLEST, np.float32)
    graph.initializer.append(numpy_helper.from_array(matrix, "fold"))
    graph.initializer.append(numpy_helper.from_array(floor, "floor"))
    graph.node.append(helper.make_node("MatMul", [probabilities, "fold"], ["folded"]))
    graph.node.append(helper.make_node("Add", ["folded", "floor"], ["above_zero"]))
    graph.node.append(helper.make_node("Log", ["above_zero"], ["folded_logprobs"]))
    ppocr.finish(graph, "folded_logprobs", matrix.shape[1])
    return model


if __name__ == "__main__":
    main(convert, __doc__)
