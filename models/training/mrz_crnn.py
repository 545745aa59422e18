#!/usr/bin/env python3
"""Trains the reader of machine-readable zones, weights/mrz_crnn.onnx, on synthetic lines alone.

    mrz_crnn.py --lines 2000000 --out FOLDER
    mrz_crnn.py --lines 500000 --out FOLDER --resume --anneal

Needs PyTorch, OpenCV, Pillow, numpy, and the fonts that mrz_render.py names. The first form goes on at one learning
rate and may be repeated with `--resume`; the second lets the rate fall to nothing. Every 1,000 steps of 24 lines, and at
the end, the state and the ONNX file are written, and the share of unseen synthetic lines that are read without a
mistake is printed and added to the log. What is saved is the average of the weights over the last 1,500 steps.

The alphabet is A-Z 0-9 <, and a time step is 4 pixels wide; see lines.py.
"""

from lines import Shape, main
from mrz_render import sample
from mrz_text import ALPHABET

if __name__ == "__main__":
    main("mrz_crnn", __doc__, ALPHABET, Shape(4, (32, 48, 64, 96, 128)), sample)
