#!/usr/bin/env python3
"""Trains the reader of machine-readable zones, weights/mrz_crnn.onnx, on synthetic lines alone.

    mrz_crnn.py --lines 4000000 --anneal --out FOLDER
    mrz_crnn.py --minutes 9 --anneal --drawers 6 --batch 96 --uses 2 --rate 2e-3 --out FOLDER    # with a GPU

Needs PyTorch, OpenCV, Pillow, numpy, and the fonts that mrz_render.py names. With `--anneal` the learning
rate falls to nothing; without it, a training may be gone on with by `--resume`. Every two minutes, and at the end, the state
and the ONNX file are written, and the share of unseen synthetic lines that are read without a mistake is printed and added
to the log. What is saved is the average of the weights over the last 1,500 steps.

The alphabet is A-Z 0-9 <, and a time step is 4 pixels wide; see lines.py.
"""

from lines import Shape, main
from mrz_render import sample
from mrz_text import ALPHABET

if __name__ == "__main__":
    main("mrz_crnn", __doc__, ALPHABET, Shape(4, (32, 48, 64, 96, 128), (1, 1)), sample)
