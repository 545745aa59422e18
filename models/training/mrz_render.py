"""Draws a line of text as a straightened strip cut from a photographed document would show it.

The strip is 32 px high, grey, -0.5..0.5. What varies: face, stroke and pitch; neighbouring lines; margins, tilt
and shear; guilloche, gradients and blotches behind the text; resolution, blur, noise, JPEG, binarisation, contrast.
"""

import math
import os
import random
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mrz_text import ALPHABET, line, pick

HEIGHT = 32
FONTS = os.environ.get("OCR_B_FONTS", "/usr/share/fonts/opentype/ocr-b")  # Debian package fonts-ocr-b
# The package's E and X faces are inverse video and F is an outline: not of use here.
FACES, FACE_WEIGHTS = ("OCRB.otf", "OCRBS.otf", "OCRBL.otf"), (0.5, 0.42, 0.08)
STROKES, STROKE_WEIGHTS = (0, 1, 2, 3), (0.62, 0.2, 0.12, 0.06)

chance = random.random
between = random.uniform


@lru_cache
def font(face, size):
    return ImageFont.truetype(os.path.join(FONTS, face), size)


class Ink:
    """A text and perhaps its neighbours, drawn large: `mask` is 0..1, the rest says where the text lies in it."""

    def __init__(self, text):
        size = pick((40, 48, 56))
        face = font(random.choices(FACES, FACE_WEIGHTS)[0], size)
        stroke = random.choices(STROKES, STROKE_WEIGHTS)[0]
        spaced = chance() < 0.85  # at a pitch of its own, or as the face has it
        pitch = face.getlength("0") * between(0.92, 1.18)
        width = pitch * len(text) if spaced else face.getlength(text)
        self.left, self.base = size, 2 * size
        self.pitch = width / len(text)
        self.right = self.left + width
        self.capital = -face.getbbox("H", anchor="ls")[1]
        image = Image.new("L", (int(width + 2 * size), int(3.2 * size)), 0)
        draw = ImageDraw.Draw(image)

        def row(content, y):
            if not spaced:
                draw.text((self.left, y), content, fill=255, font=face, anchor="ls", stroke_width=stroke)
                return
            for index, character in enumerate(content):
                x = self.left + index * pitch + (pitch - face.getlength(character)) / 2
                draw.text((x, y), character, fill=255, font=face, anchor="ls", stroke_width=stroke)

        row(text, self.base)
        gap = between(1.25, 1.7) * size
        for y in (self.base - gap, self.base + gap):
            if chance() < 0.35:
                row("".join(pick(ALPHABET) for _ in text), y)
        self.mask = np.asarray(image, np.float32) / 255


def background(height, width):
    """Paper: plain, or with wavy line patterns and a gradient, or with blotches."""
    paper = np.full((height, width), between(0.55, 1.0), np.float32)
    if chance() < 0.6:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        for _ in range(random.randint(1, 3)):
            angle, frequency = between(0, math.pi), 2 * 10 ** between(-2.2, -0.5)
            along = x * math.cos(angle) + y * math.sin(angle)
            bend = between(0, 3) * np.sin(x * between(0.005, 0.05))
            paper += between(0, 0.09) * np.sin(2 * math.pi * frequency * (along + between(0, 6) + bend))
        paper += between(-0.15, 0.15) * x / width + between(-0.15, 0.15) * y / height
    if chance() < 0.3:
        grid = (max(2, height // random.randint(3, 12)), max(2, width // random.randint(3, 40)))
        blotches = np.random.randn(*grid).astype(np.float32)
        paper += between(0, 0.12) * cv2.resize(blotches, (width, height), interpolation=cv2.INTER_CUBIC)
    return paper


def cut(ink):
    """The strip around the text at the resolution of a real photo, slightly tilted and sheared."""
    top = ink.base - ink.capital * (1 + between(0.06, 0.55))
    bottom = ink.base + ink.capital * between(0.06, 0.55)
    left, right = ink.left - ink.pitch * between(0, 0.9), ink.right + ink.pitch * between(0, 0.9)
    height = int(max(9, min(44, random.lognormvariate(3.2, 0.42))))
    scale = height / (bottom - top)
    width = max(8, int((right - left) * scale * between(0.82, 1.18)))
    tilt, shear = random.gauss(0, 0.008), between(-0.12, 0.12)
    centre_x, centre_y = (left + right) / 2, (top + bottom) / 2

    def place(x, y):
        dx, dy = x - centre_x, y - centre_y
        return (
            centre_x + dx * math.cos(tilt) - dy * math.sin(tilt) + shear * dy,
            centre_y + dx * math.sin(tilt) + dy * math.cos(tilt),
        )

    mask = ink.mask
    if scale < 1 / 1.3:
        mask = cv2.GaussianBlur(mask, (0, 0), 0.45 / scale)
    morph = chance()
    if morph < 0.28:
        mask = (cv2.dilate if morph < 0.18 else cv2.erode)(mask, np.ones((3, 3), np.uint8))
    source = np.float32([place(left, top), place(right, top), place(left, bottom)])
    target = np.float32([(0, 0), (width, 0), (0, height)])
    return cv2.warpAffine(mask, cv2.getAffineTransform(source, target), (width, height), flags=cv2.INTER_LINEAR)


def to_bytes(grey):
    return np.clip(grey * 255, 0, 255).astype(np.uint8)


def camera(grey):
    """What optics, sensor, compression and scanning software do to it."""
    height, width = grey.shape
    if chance() < 0.5:
        grey = cv2.GaussianBlur(grey, (0, 0), between(0.3, 0.055 * height if height > 12 else 0.6))
    if chance() < 0.6:
        grey = grey + np.random.randn(height, width).astype(np.float32) * between(0, 0.07)
    if chance() < 0.2:
        grey = grey * np.linspace(between(0.6, 1), between(0.6, 1), width, dtype=np.float32)[None]
    if chance() < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, random.randint(20, 85)]
        _, encoded = cv2.imencode(".jpg", to_bytes(grey), quality)
        grey = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    if chance() < 0.28:
        _, binary = cv2.threshold(to_bytes(grey), 0, 255, cv2.THRESH_OTSU)
        grey = binary.astype(np.float32) / 255
    if chance() < 0.5:
        low, high = grey.min(), grey.max()
        grey = (grey - low) / max(1e-3, high - low)
    return grey


def sample():
    """One strip [32, W] and its text."""
    text = line()
    ink = cut(Ink(text))
    paper = background(*ink.shape)
    darkness, opacity = between(0, 0.45), between(0.65, 1.0)
    grey = camera(paper * (1 - ink * opacity) + darkness * ink * opacity * np.minimum(paper, 1))
    width = max(16, int(ink.shape[1] * HEIGHT / ink.shape[0]))
    grey = cv2.resize(grey, (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.clip(grey, 0, 1) - 0.5, text
