"""What happens to printed text until it is a strip [32, W], grey, -0.5..0.5, cut from a photographed document: wear; the
paper behind it; margins, tilt, shear and perspective; shadow and glare; resolution, blur, noise, JPEG, binarisation and
contrast. A background of crossed hatching is for testing and never drawn here.
"""

import math
import random

import cv2
import numpy as np

from lines import HEIGHT

chance = random.random
between = random.uniform


def worn(mask):
    """Ink that is missing here and there, or has run."""
    kind = chance()
    if kind < 0.16:
        mask = cv2.dilate(mask, np.ones(random.choice(((3, 3), (2, 3), (5, 3))), np.uint8))
    elif kind < 0.26:
        mask = cv2.erode(mask, np.ones(random.choice(((2, 2), (3, 3))), np.uint8))
    if chance() < 0.15:
        height, width = mask.shape
        coarse = np.random.rand(max(2, height // random.randint(3, 10)), max(2, width // random.randint(3, 10)))
        holes = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        mask = mask * np.clip((holes - between(0.02, 0.25)) * 12 + 0.5, between(0, 0.6), 1)
    return mask


def cut(ink):
    """The strip around the text at the resolution of a real photo, not quite straight. Of `ink`: `mask`, and where in it
    the text has its `base` line, its `left` and `right` end, the height of a `capital`, the mean `pitch`, and the `margins`
    that are seen above and below it, in capitals, the least and the most; and how high such strips are in photos, in pixels:
    `least_height`, and `log_height`, the logarithm of the median."""
    top = ink.base - ink.capital * (1 + between(*ink.margins))
    bottom = ink.base + ink.capital * between(*ink.margins)
    left, right = ink.left - ink.pitch * between(-0.1, 1.2), ink.right + ink.pitch * between(-0.1, 1.2)
    height = int(max(ink.least_height, min(44, random.lognormvariate(ink.log_height, 0.42))))
    scale = height / (bottom - top)
    width = max(8, int((right - left) * scale * between(0.78, 1.22)))
    tilt, shear, bow = random.gauss(0, 0.0035), between(-0.14, 0.14), between(-0.06, 0.06)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    corners = []
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
        dx, dy = x - middle_x, y - middle_y
        dy *= 1 + bow * (1 if dx > 0 else -1)
        corners.append((middle_x + dx - tilt * dy + shear * dy, middle_y + tilt * dx + dy))
    mask = ink.mask
    if scale < 1 / 1.3:
        mask = cv2.GaussianBlur(mask, (0, 0), 0.45 / scale)
    target = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    matrix = cv2.getPerspectiveTransform(np.float32(corners), target)
    return cv2.warpPerspective(mask, matrix, (width, height), flags=cv2.INTER_LINEAR)


def smooth_noise(height, width, cells_high, cells_wide):
    coarse = np.random.randn(max(2, cells_high), max(2, cells_wide)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def background(height, width):
    """Paper: plain, or with wavy lines, guilloches, blotches or a picture's texture behind the text."""
    paper = np.full((height, width), between(0.5, 1.0), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if chance() < 0.5:
        for _ in range(random.randint(1, 3)):
            angle, frequency = between(0, math.pi), 2 * 10 ** between(-2.2, -0.5)
            along = x * math.cos(angle) + y * math.sin(angle)
            bend = between(0, 3) * np.sin(x * between(0.005, 0.05))
            paper += between(0, 0.1) * np.sin(2 * math.pi * frequency * (along + between(0, 6) + bend))
    if chance() < 0.3:
        # A guilloche: fine lines that follow one wave, each a little further.
        wave = height * between(0.1, 0.6) * np.sin(x * between(0.01, 0.15) + between(0, 6))
        wave += height * between(0, 0.3) * np.sin(x * between(0.01, 0.3))
        lines = np.cos((y + wave) * 2 * math.pi / between(2.5, 10))
        paper -= between(0.05, 0.3) * np.clip((lines - between(0.3, 0.8)) * 4, 0, 1)
    if chance() < 0.5:
        paper += between(-0.2, 0.2) * x / width + between(-0.15, 0.15) * y / height
    if chance() < 0.35:
        paper += between(0, 0.13) * smooth_noise(
            height, width, height // random.randint(3, 12), width // random.randint(3, 40)
        )
    if chance() < 0.15:
        for octave in (4, 8, 16):
            paper += between(0, 0.05) * smooth_noise(height, width, height // octave, width // octave)
    return paper


def lit(grey):
    """Shadows with a soft edge, and glare that bleaches the ink."""
    height, width = grey.shape
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    if chance() < 0.18:
        edge = (x - between(0, width) + y * between(-2, 2)) / between(2, 60)
        grey = grey * (1 - between(0.1, 0.55) / (1 + np.exp(np.clip(edge * random.choice((-1, 1)), -30, 30))))
    if chance() < 0.18:
        grey = grey * np.linspace(between(0.5, 1), between(0.5, 1), width, dtype=np.float32)[None]
    if chance() < 0.15:
        far = ((x - between(0, width)) / (height * between(0.5, 3))) ** 2
        far = far + ((y - between(0, height)) / (height * between(0.3, 1.5))) ** 2
        glare = between(0.2, 0.75) * np.exp(-far)
        grey = grey + (1.05 - grey) * glare
    return grey


def blurred(grey):
    height = grey.shape[0]
    kind = chance()
    if kind < 0.45:
        return cv2.GaussianBlur(grey, (0, 0), between(0.3, max(0.6, 0.055 * height)))
    if kind < 0.6:
        length = random.randint(2, max(2, height // 7))
        kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
        angle = between(0, math.pi)
        dx, dy = math.cos(angle) * length / 2, math.sin(angle) * length / 2
        ends = [(int(round(length + s * dx)), int(round(length + s * dy))) for s in (-1, 1)]
        cv2.line(kernel, *ends, 1)
        return cv2.filter2D(grey, -1, kernel / kernel.sum())
    return grey


def to_bytes(grey):
    return np.clip(grey * 255, 0, 255).astype(np.uint8)


def binarised(grey):
    grey = to_bytes(grey)
    kind = chance()
    if kind < 0.5:
        level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
        grey = (grey > level + between(-18, 18)).astype(np.float32)
    else:
        window = 2 * random.randint(5, max(6, grey.shape[0])) + 1
        method = random.choice((cv2.ADAPTIVE_THRESH_MEAN_C, cv2.ADAPTIVE_THRESH_GAUSSIAN_C))
        grey = cv2.adaptiveThreshold(grey, 255, method, cv2.THRESH_BINARY, window, between(4, 20)) / np.float32(255)
    if chance() < 0.3:
        grey = cv2.GaussianBlur(grey, (0, 0), between(0.3, 0.8))
    return grey.astype(np.float32)


def camera(grey, scanned):
    """What light, optics, sensor, compression and scanning software do to it."""
    grey = blurred(lit(grey))
    if chance() < 0.6:
        grey = grey + np.random.randn(*grey.shape).astype(np.float32) * between(0, 0.08)
    if chance() < 0.45:
        quality = [cv2.IMWRITE_JPEG_QUALITY, random.randint(20, 85)]
        _, encoded = cv2.imencode(".jpg", to_bytes(grey), quality)
        grey = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    if chance() < scanned:
        grey = binarised(grey)
    if chance() < 0.5:
        low, high = grey.min(), grey.max()
        grey = (grey - low) / max(1e-3, high - low)
    return grey


def strip(ink):
    """The strip that a photo of this ink on some paper gives; of `ink`, a share of `scanned` is black on white."""
    mask = cut(ink)
    paper = background(*mask.shape)
    darkness, opacity = between(0, 0.45), between(0.6, 1.0)
    grey = camera(paper * (1 - mask * opacity) + darkness * mask * opacity * np.minimum(paper, 1), ink.scanned)
    width = max(16, int(mask.shape[1] * HEIGHT / mask.shape[0]))
    grey = cv2.resize(grey, (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.clip(grey, 0, 1) - 0.5
