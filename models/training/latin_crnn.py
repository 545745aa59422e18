#!/usr/bin/env python3
"""Trains the reader of Latin print, weights/latin_crnn.onnx, on synthetic lines alone.

    latin_crnn.py --lines 4000000 --anneal --out FOLDER

Needs PyTorch, OpenCV, Pillow, fontTools, numpy, and the fonts that latin_render.py names; mrz_crnn.py says what the
options do. The alphabet is latin_text.ALPHABET: ASCII, the letters of Latin-1 and of Latin Extended-A, and what else
documents print. A time step is 2 pixels wide, because letters are narrower than in a machine-readable zone.
"""

from latin_render import sample
from latin_text import ALPHABET
from lines import Shape, main

if __name__ == "__main__":
    main("latin_crnn", __doc__, ALPHABET, Shape(2, (32, 64, 96, 128, 160), (1, 1)), sample)
