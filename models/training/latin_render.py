"""Draws a line of Latin print: face, weight, tracking and neighbours vary, and strip.py does the rest. The face
`HELD_OUT_FACE` is for testing and never drawn here.
"""

import random
from functools import lru_cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from latin_text import text
from strip import between, chance, strip, worn

FONTS = Path("/usr/share/fonts")
# Debian packages fonts-liberation2, fonts-dejavu-core, fonts-dejavu-extra, fonts-freefont-ttf, fonts-noto-core, fonts-open-sans,
# fonts-roboto-unhinted, fonts-lato, fonts-crosextra-carlito, fonts-crosextra-caladea, fonts-cabin, fonts-cantarell,
# fonts-ebgaramond, fonts-croscore, fonts-quicksand, fonts-inconsolata, fonts-ocr-b.
HELD_OUT_FACE = "truetype/crosextra/Carlito-Regular.ttf"
PATTERNS = (
    "truetype/liberation2/*.ttf", "truetype/dejavu/*.ttf", "truetype/freefont/*.ttf", "truetype/noto/NotoSans-*.ttf",
    "truetype/noto/NotoSerif-*.ttf", "truetype/noto/NotoMono-*.ttf", "truetype/open-sans/*.ttf",
    "truetype/roboto/unhinted/RobotoTTF/*.ttf", "truetype/roboto/unhinted/RobotoCondensed*.ttf", "truetype/lato/*.ttf",
    "truetype/crosextra/*.ttf", "truetype/croscore/*.ttf", "truetype/quicksand/*.ttf", "opentype/cabin/*.otf",
    "opentype/cantarell/*.otf", "opentype/ebgaramond/*.otf", "truetype/inconsolata/*.otf", "opentype/ocr-b/OCRB.otf",
)
# Too thin or too decorated for any document.
UNUSED = ("Hairline", "Thin", "ExtraLight", "Math", "Symbol")
SIZE = 48
STROKES, STROKE_WEIGHTS = (0, 1, 2), (0.80, 0.14, 0.06)


@lru_cache(maxsize=None)
def faces():
    paths = sorted(path for pattern in PATTERNS for path in FONTS.glob(pattern))
    return [path for path in paths if path != FONTS / HELD_OUT_FACE and not any(part in path.name for part in UNUSED)]


@lru_cache(maxsize=None)
def face(path):
    return ImageFont.truetype(str(path), SIZE)


@lru_cache(maxsize=None)
def covered(path):
    """The characters that the face has."""
    with TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def face_for(line):
    while True:
        path = random.choice(faces())
        if covered(path).issuperset(line):
            return face(path)


class Ink:
    """A line and what stands above and below it, drawn large: `mask` is 0..1, the rest says where the line lies in it."""

    # Accents stand above capitals, and the strip has to hold them.
    margins = 0.12, 0.65
    scanned = 0.1
    least_height, log_height = 14, 3.4

    def __init__(self, line):
        self.stroke = random.choices(STROKES, STROKE_WEIGHTS)[0]
        self.tracking = 0 if chance() < 0.7 else between(-0.03, 0.12) * SIZE
        self.left, self.base = SIZE, 3 * SIZE
        self.canvas = Image.new("L", (SIZE * (len(line) * 2 + 16), 5 * SIZE), 0)
        self.draw = ImageDraw.Draw(self.canvas)
        parts = in_two(line) if chance() < 0.2 else [line]
        self.right, self.capital = self.left, 0
        for place, part in enumerate(parts):
            font = face_for(part)
            start = self.right + place * between(0.4, 4) * SIZE
            self.right = self.write(part, start, self.base, font, self.tracking)
            self.capital = max(self.capital, -font.getbbox("H", anchor="ls")[1])
        self.pitch = (self.right - self.left) / len(line)
        gap = between(1.05, 2.2) * SIZE
        for side in (-1, 1):
            if chance() < 0.45:
                other = text()
                self.write(other, self.left + between(-1, 3) * SIZE, self.base + side * gap, face_for(other), 0)
        self.mask = np.asarray(self.canvas, np.float32)[:, : int(self.right) + 2 * SIZE] / 255

    def write(self, line, x, base, font, tracking):
        """Writes and gives the place where the writing ends."""
        if not tracking:
            self.draw.text((x, base), line, fill=255, font=font, anchor="ls", stroke_width=self.stroke)
            return x + font.getlength(line)
        for place, character in enumerate(line):
            at = x + font.getlength(line[:place]) + tracking * place
            self.draw.text((at, base), character, fill=255, font=font, anchor="ls", stroke_width=self.stroke)
        return x + font.getlength(line) + tracking * (len(line) - 1)


def in_two(line):
    """The line parted at one of its spaces: a caption and its value stand far from each other, in two faces."""
    spaces = [place for place, character in enumerate(line) if character == " "]
    if not spaces:
        return [line]
    place = random.choice(spaces)
    return [line[:place], line[place + 1 :]]


def sample():
    """One strip [32, W] and its text. A few are light on dark, as headings are."""
    line = text()
    ink = Ink(line)
    ink.mask = worn(ink.mask)
    picture = strip(ink)
    return (-picture if chance() < 0.06 else picture), line
