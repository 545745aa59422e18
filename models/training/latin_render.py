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

FONTS = Path("/usr/share")
# Debian packages fonts-liberation2, fonts-dejavu-core, fonts-dejavu-extra, fonts-freefont-ttf, fonts-noto-core,
# fonts-noto-mono, fonts-open-sans, fonts-roboto-unhinted, fonts-roboto-slab, fonts-lato, fonts-crosextra-carlito,
# fonts-crosextra-caladea, fonts-cabin, fonts-cantarell, fonts-ebgaramond, fonts-croscore, fonts-quicksand,
# fonts-inconsolata, fonts-ocr-a, fonts-ocr-b, fonts-texgyre, fonts-linuxlibertine, fonts-sil-gentium, fonts-sil-andika,
# fonts-hack, fonts-dosis, fonts-jura, fonts-courier-prime.
HELD_OUT_FACE = "fonts/truetype/crosextra/Carlito-Regular.ttf"
# Each family is as likely as any other, and each face within it.
FAMILIES = (
    "fonts/truetype/liberation2/LiberationSans-*.ttf", "fonts/truetype/liberation2/LiberationSerif-*.ttf",
    "fonts/truetype/liberation2/LiberationMono-*.ttf", "fonts/truetype/dejavu/DejaVuSans*.ttf",
    "fonts/truetype/dejavu/DejaVuSerif*.ttf", "fonts/truetype/freefont/FreeSans*.ttf",
    "fonts/truetype/freefont/FreeSerif*.ttf", "fonts/truetype/freefont/FreeMono*.ttf",
    "fonts/truetype/noto/NotoSans-*.ttf", "fonts/truetype/noto/NotoSerif-*.ttf", "fonts/truetype/noto/Noto*Mono-*.ttf",
    "fonts/truetype/open-sans/*.ttf", "fonts/truetype/roboto/unhinted/RobotoTTF/*.ttf",
    "fonts/truetype/roboto/unhinted/RobotoCondensed*.ttf", "fonts/opentype/roboto/slab/*.otf", "fonts/truetype/lato/*.ttf",
    "fonts/truetype/crosextra/Carlito*.ttf", "fonts/truetype/crosextra/Caladea*.ttf", "fonts/truetype/croscore/Arimo*.ttf",
    "fonts/truetype/croscore/Tinos*.ttf", "fonts/truetype/croscore/Cousine*.ttf", "fonts/truetype/quicksand/*.ttf",
    "fonts/opentype/cabin/*.otf", "fonts/opentype/cantarell/*.otf", "fonts/opentype/ebgaramond/*.otf",
    "fonts/truetype/inconsolata/*.otf", "fonts/truetype/ocr-a/OCRA*.ttf", "fonts/opentype/ocr-b/OCRB.otf",
    "texmf/fonts/opentype/public/tex-gyre/texgyreheros-*.otf", "texmf/fonts/opentype/public/tex-gyre/texgyreheroscn-*.otf",
    "texmf/fonts/opentype/public/tex-gyre/texgyreadventor-*.otf", "texmf/fonts/opentype/public/tex-gyre/texgyretermes-*.otf",
    "texmf/fonts/opentype/public/tex-gyre/texgyreschola-*.otf", "texmf/fonts/opentype/public/tex-gyre/texgyrecursor-*.otf",
    "fonts/opentype/linux-libertine/LinBiolinum_R*.otf", "fonts/opentype/linux-libertine/LinLibertine_R*.otf",
    "fonts/truetype/gentium/Gentium*.ttf", "fonts/truetype/andika/*.ttf", "fonts/truetype/hack/*.ttf",
    "fonts/opentype/dosis/*.otf", "fonts/opentype/jura/*.otf", "fonts/opentype/courier-prime/*.otf",
)
# Too thin or too decorated for any document.
UNUSED = ("Hairline", "Thin", "ExtraLight", "Math", "Symbol")
SIZE = 48
STROKES, STROKE_WEIGHTS = (0, 1, 2), (0.80, 0.14, 0.06)


@lru_cache(maxsize=None)
def families():
    """The faces of each family that is installed."""
    is_used = lambda path: path != FONTS / HELD_OUT_FACE and not any(part in path.name for part in UNUSED)
    found = [[path for path in sorted(FONTS.glob(pattern)) if is_used(path)] for pattern in FAMILIES]
    return [family for family in found if family]


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
        path = random.choice(random.choice(families()))
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
        if chance() < 0.08:
            # The rule of a form.
            rule = self.base + random.choice((between(0.2, 0.6), between(-1.5, -1.1))) * SIZE
            self.draw.line((0, rule, self.canvas.width, rule), fill=255, width=random.randint(1, 4))
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
