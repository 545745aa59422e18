"""Draws a line of a machine-readable zone with its neighbours: face, stroke and pitch vary, and strip.py does the rest.
The face `HELD_OUT_FACE` is for testing and never drawn here.
"""

import random
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mrz_text import document
from strip import between, chance, strip, worn

FONTS = Path("/usr/share")
# Debian packages fonts-ocr-b, fonts-liberation2, fonts-dejavu-core, fonts-noto-mono, fonts-inconsolata, fonts-freefont-ttf,
# fonts-hack, fonts-texgyre, fonts-courier-prime. Of OCR-B the faces E and X are inverse video and F is an outline: not of
# use here.
HELD_OUT_FACE = "fonts/opentype/ocr-b/OCRBL.otf"
FACES = {
    "fonts/opentype/ocr-b/OCRB.otf": 0.42,
    "fonts/opentype/ocr-b/OCRBS.otf": 0.28,
    "fonts/truetype/liberation2/LiberationMono-Regular.ttf": 0.04,
    "fonts/truetype/liberation2/LiberationMono-Bold.ttf": 0.03,
    "fonts/truetype/dejavu/DejaVuSansMono.ttf": 0.05,
    "fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf": 0.02,
    "fonts/truetype/noto/NotoMono-Regular.ttf": 0.03,
    "fonts/truetype/noto/NotoSansMono-Regular.ttf": 0.03,
    "fonts/truetype/noto/NotoSansMono-Bold.ttf": 0.01,
    "fonts/truetype/inconsolata/Inconsolata.otf": 0.01,
    "fonts/truetype/freefont/FreeMonoBold.ttf": 0.01,
    "fonts/truetype/hack/Hack-Regular.ttf": 0.02,
    "texmf/fonts/opentype/public/tex-gyre/texgyrecursor-regular.otf": 0.02,
    "texmf/fonts/opentype/public/tex-gyre/texgyrecursor-bold.otf": 0.02,
    "fonts/opentype/courier-prime/Courier Prime Bold.otf": 0.01,
}
SIZE = 48
STROKES, STROKE_WEIGHTS = (0, 1, 2, 3), (0.60, 0.22, 0.12, 0.06)


@lru_cache
def face(name):
    return ImageFont.truetype(str(FONTS / name), SIZE)


@lru_cache(maxsize=None)
def glyph(name, stroke, character):
    """A character's ink, 0..1, in a cell of fixed size with the baseline at 1.5 sizes and the middle in the middle."""
    font = face(name)
    cell = Image.new("L", (2 * SIZE, 2 * SIZE), 0)
    at = (SIZE - font.getlength(character) / 2, 1.5 * SIZE)
    ImageDraw.Draw(cell).text(at, character, fill=255, font=font, anchor="ls", stroke_width=stroke)
    return np.asarray(cell, np.float32) / 255


@lru_cache
def measures(name):
    """Advance and height of the capitals."""
    font = face(name)
    return font.getlength("0"), -font.getbbox("H", anchor="ls")[1]


class Ink:
    """A text and its neighbours, drawn large: `mask` is 0..1, the rest says where the text lies in it."""

    margins = 0.05, 0.55
    scanned = 0.28
    least_height, log_height = 9, 3.15

    def __init__(self, lines, index):
        name = random.choices(list(FACES), list(FACES.values()))[0]
        stroke = random.choices(STROKES, STROKE_WEIGHTS)[0]
        advance, self.capital = measures(name)
        self.pitch = advance * between(0.90, 1.20)
        self.left, self.base = SIZE, 3 * SIZE
        self.right = self.left + self.pitch * len(lines[index])
        gap = between(1.2, 1.9) * SIZE
        longest = max(len(line) for line in lines)
        self.mask = np.zeros((5 * SIZE, int(self.pitch * longest + 4 * SIZE)), np.float32)
        even = chance() < 0.8
        for row, line in enumerate(lines):
            base = self.base + (row - index) * gap
            if 0.4 * SIZE < base < 4.6 * SIZE:
                self.write(line, base, name, stroke, even)

    def write(self, line, base, name, stroke, even):
        top = int(round(base - 1.5 * SIZE))
        for place, character in enumerate(line):
            strength = 1 if even else between(0.75, 1)
            x = self.left + (place + 0.5) * self.pitch + (0 if even else random.gauss(0, 0.4))
            y = top + (0 if even else round(random.gauss(0, 0.5)))
            cell = glyph(name, stroke, character)
            left = int(round(x)) - SIZE
            into = self.mask[max(0, y) : y + 2 * SIZE, max(0, left) : left + 2 * SIZE]
            cell = cell[max(0, -y) :, max(0, -left) :][: into.shape[0], : into.shape[1]]
            np.maximum(into, cell * strength, out=into)


def sample():
    """One strip [32, W] and its text."""
    lines = document()
    index = random.randrange(len(lines))
    if chance() < 0.15:
        lines, index = (lines[index],), 0
    ink = Ink(lines, index)
    ink.mask = worn(ink.mask)
    return strip(ink), lines[index]
