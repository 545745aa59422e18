"""Training of a network that reads a line of text: convolutions, CTC, synthetic lines alone.

`mrz_crnn.py` and `latin_crnn.py` say what the lines are; this file is the rest. Needs PyTorch 2.5 or newer, onnx and
numpy. One process trains and others draw. It takes a GPU if PyTorch sees one, else a core of the CPU.

Input `image` [N, 1, 32, W], grey, -0.5..0.5; output `logprobs` [T, N, classes]: class 0 is the CTC blank, class i the
i-th character of the alphabet.
"""

import argparse
import collections
import copy
import multiprocessing
import os
import random
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

HEIGHT = 32
BATCH = 24
RATE = 1.5e-3
WARM_UP_STEPS = 200
AVERAGED_STEPS = 1500
CHECKPOINT_SECONDS = 120
VALIDATION_SEED = 7
# So many lines tell the statistics of a network that was stored without them.
SETTLING_LINES = 300
# Widths are rounded up to this: fewer shapes, for each of which the convolutions are prepared once.
WIDTH_STEP = 32
# Batches are used again among so many of the last ones.
KEPT_BATCHES = 500


class Shape(NamedTuple):
    """A network's shape: how many pixels wide a time step is, 2 or 4, how many channels its layers have, and for each layer
    of context how many steps lie between those that it sees at once."""

    step: int
    channels: tuple[int, int, int, int, int]
    context: tuple[int, ...]


class ConvBlock(nn.Sequential):
    def __init__(self, inputs, outputs, kernel, stride, padding, dilation=1):
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class LineReader(nn.Module):
    """Convolutions only: quick on a CPU to train and to run."""

    def __init__(self, classes, shape):
        super().__init__()
        second = 2 if shape.step == 4 else (2, 1)
        a, b, c, d, e = shape.channels
        self.features = nn.Sequential(
            ConvBlock(1, 16, 3, 2, 1),  # 16 high, W / 2
            ConvBlock(16, a, 3, second, 1),  # 8 high, W / step
            ConvBlock(a, b, 3, 1, 1),
            ConvBlock(b, c, 3, (2, 1), 1),  # 4 high
            ConvBlock(c, c, 3, 1, 1),
            ConvBlock(c, d, 3, (2, 1), 1),  # 2 high
            ConvBlock(d, e, (2, 3), 1, (0, 1)),  # 1 high
        )
        self.context = nn.ModuleList(ConvBlock(e, e, (1, 5), 1, (0, 2 * far), (1, far)) for far in shape.context)
        self.classes = nn.Conv2d(e, classes, 1)

    def forward(self, image):
        x = self.features(image)
        for layer in self.context:
            x = x + layer(x)
        x = self.classes(x).squeeze(2)  # [N, classes, T]
        return x.permute(2, 0, 1).float().log_softmax(2)


class Batches:
    """Batches of lines of similar width, drawn from a small pool, so that little of a batch is padding. The pictures are
    bytes."""

    def __init__(self, sample, size):
        self.sample, self.size = sample, size
        self.pool = []

    def __next__(self):
        while len(self.pool) < self.size * 6:
            self.pool.append(self.sample())
        self.pool.sort(key=lambda item: item[0].shape[1])
        start = random.randrange(len(self.pool) - self.size + 1)
        chosen = self.pool[start : start + self.size]
        del self.pool[start : start + self.size]
        width = -(-max(strip.shape[1] for strip, _ in chosen) // WIDTH_STEP) * WIDTH_STEP
        images = np.zeros((self.size, 1, HEIGHT, width), np.uint8)
        for row, (strip, _) in zip(images, chosen):
            row[0, :, : strip.shape[1]] = (strip + 0.5) * 255 + 0.5
        return images, [text for _, text in chosen]


class Alphabet:
    """The characters that a network tells apart, in the order of its classes."""

    def __init__(self, characters):
        self.characters = characters
        self.classes = {character: place + 1 for place, character in enumerate(characters)}

    def targets(self, texts):
        """The classes of all texts, one after the other, and each text's length: the form that CTC loss takes."""
        classes = torch.tensor([self.classes[character] for text in texts for character in text])
        return classes, torch.tensor([len(text) for text in texts])

    def read(self, log_probabilities):
        """Greedy CTC decoding: drop repeats, then blanks."""
        texts = []
        for path in log_probabilities.argmax(2).permute(1, 0).tolist():
            changes = (now for before, now in zip([0, *path], path) if now != before)
            texts.append("".join(self.characters[now - 1] for now in changes if now))
        return texts


def seed_chance(seed):
    random.seed(seed)
    np.random.seed(seed % 2**32)


def draw(sample, seed, size, queue):
    """Draws batches for as long as the process lives."""
    cv2.setNumThreads(1)
    seed_chance(seed)
    batches = Batches(sample, size)
    while True:
        queue.put(next(batches))


def used_again(queue, uses):
    """What was drawn, each batch so many times: again when others have come between."""
    kept = collections.deque(maxlen=KEPT_BATCHES)
    while True:
        kept.append(queue.get())
        yield kept[-1]
        for _ in range(uses - 1):
            yield random.choice(kept)


class Averaged:
    """A running mean of a network's weights: it reads better than any single step's."""

    def __init__(self, network):
        self.network = copy.deepcopy(network).eval()
        self.steps = 0

    def add(self, network):
        self.steps += 1
        share = 1 / min(self.steps, AVERAGED_STEPS)
        with torch.no_grad():
            for mean, now in zip(self.network.state_dict().values(), network.state_dict().values()):
                if mean.dtype.is_floating_point:
                    mean.lerp_(now, share)


class Training:
    """A network on its way, which can be left and taken up again."""

    def __init__(self, name, alphabet, shape, sample, options):
        self.name, self.alphabet, self.sample, self.folder = name, Alphabet(alphabet), sample, options.out
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.batch, self.uses = options.batch, options.uses
        self.network, self.step = LineReader(len(alphabet) + 1, shape), 0
        self.network = self.network.to(self.device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=RATE, weight_decay=1e-4)
        self.averaged = Averaged(self.network)
        self.rate = options.rate
        if options.weights:
            self.take_up(options.weights)
        if options.resume:
            state = torch.load(self.folder / f"{name}.pt", map_location=self.device)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.averaged.network.load_state_dict(state["averaged"])
            self.averaged.steps = self.step = state["step"]

    def take_up(self, weights):
        """Goes on from an ONNX file whose training state is lost. There each normalisation is folded into the convolution
        before it; here it gets its statistics back from what that convolution makes of some lines."""
        graph = onnx.load(weights).graph
        stored = {array.name: torch.tensor(numpy_helper.to_array(array)) for array in graph.initializer}
        pairs = [[stored[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Conv"]
        convolutions = [module for module in self.network.modules() if isinstance(module, nn.Conv2d)]
        norms = [module for module in self.network.modules() if isinstance(module, nn.BatchNorm2d)]

        def settle(norm, inputs):
            variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.add_(mean)

        with torch.no_grad():
            for convolution, (weight, bias) in zip(convolutions, pairs, strict=True):
                convolution.weight.copy_(weight)
                if convolution.bias is not None:
                    convolution.bias.copy_(bias)
            for norm, (_, bias) in zip(norms, pairs):
                norm.bias.copy_(bias)
            hooks = [norm.register_forward_pre_hook(settle) for norm in norms]
            images, _ = next(Batches(self.sample, SETTLING_LINES))
            self.network.eval()(self.input(images))
            for hook in hooks:
                hook.remove()
        self.network.train()
        self.averaged = Averaged(self.network)

    def input(self, images):
        images = torch.from_numpy(images).to(self.device).float() / 255 - 0.5
        return images.contiguous(memory_format=torch.channels_last)

    def log(self, text):
        print(text, flush=True)
        with open(self.folder / f"{self.name}.log", "a") as log:
            log.write(text + "\n")

    def save(self):
        state = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        state |= {"averaged": self.averaged.network.state_dict(), "step": self.step}
        torch.save(state, self.folder / f"{self.name}.new")
        os.replace(self.folder / f"{self.name}.new", self.folder / f"{self.name}.pt")
        torch.onnx.export(
            self.averaged.network,
            torch.zeros(1, 1, HEIGHT, 400, device=self.device),
            str(self.folder / f"{self.name}.onnx"),
            input_names=["image"],
            output_names=["logprobs"],
            opset_version=13,
            dynamic_axes={"image": {0: "batch", 3: "width"}, "logprobs": {0: "seq", 1: "batch"}},
            dynamo=False,
        )

    def share_read(self, count):
        """The share of fresh lines read without a mistake; always the same lines."""
        kept = random.getstate(), np.random.get_state()
        seed_chance(VALIDATION_SEED)
        batches, right = Batches(self.sample, 20), 0
        with torch.no_grad():
            for _ in range(count // batches.size):
                images, texts = next(batches)
                output = self.averaged.network(self.input(images))
                right += sum(found == text for found, text in zip(self.alphabet.read(output), texts))
        random.setstate(kept[0])
        np.random.set_state(kept[1])
        return right / count

    def run(self, lines, minutes, anneal, queue):
        """Trains until so many lines are read or so many minutes have passed."""
        loss_of = nn.CTCLoss(blank=0, zero_infinity=True)
        batches, first, smooth, saved, start = used_again(queue, self.uses), self.step, None, 0, time.monotonic()
        while True:
            passed = time.monotonic() - start
            done = (self.step - first) * self.batch / lines if lines else passed / 60 / minutes
            if done >= 1:
                return
            falling = max(0.005, 1 - done) if anneal else 1
            rate = self.rate * min(1, (self.step + 1) / WARM_UP_STEPS) * falling
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            images, texts = next(batches)
            images = self.input(images)
            # Half the digits make the convolutions twice as quick, and weights and loss keep all of theirs.
            with torch.autocast(self.device, dtype=torch.bfloat16):
                output = self.network(images)
            lengths = torch.full((len(texts),), output.shape[0], dtype=torch.long)
            classes, text_lengths = self.alphabet.targets(texts)
            loss = loss_of(output, classes.to(self.device), lengths, text_lengths)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self.optimizer.step()
            self.averaged.add(self.network)
            self.step += 1
            smooth = loss.item() if smooth is None else 0.99 * smooth + 0.01 * loss.item()
            if passed - saved > CHECKPOINT_SECONDS:
                saved = passed
                self.save()
                seen = (self.step - first) * self.batch
                self.log(
                    f"{seen} lines, {seen // self.uses} of them drawn, {passed / 60:.0f} minutes, rate {rate:.1e}, "
                    f"loss {smooth:.4f}, read {self.share_read(400):.1%}"
                )


def main(name, description, alphabet, shape, sample):
    """The command line of a training. `sample` draws one strip and its text."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("--lines", type=int, help="how many lines to train on")
    until.add_argument("--minutes", type=float, help="for how long to train")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {name}.pt, {name}.onnx and {name}.log")
    parser.add_argument("--resume", action="store_true", help="go on from the state in that folder")
    parser.add_argument("--weights", type=Path, help="go on from an ONNX file whose state is lost")
    parser.add_argument("--rate", type=float, default=RATE, help=f"the learning rate, {RATE} unless given")
    parser.add_argument("--anneal", action="store_true", help="let the learning rate fall to nothing")
    parser.add_argument("--drawers", type=int, default=1, help="processes that draw")
    parser.add_argument("--batch", type=int, default=BATCH, help=f"lines of a step, {BATCH} unless given")
    parser.add_argument("--uses", type=int, default=1, help="how often a line is used: more than once where a GPU waits for them")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    training = Training(name, alphabet, shape, sample, options)
    queue = multiprocessing.Queue(8)
    for drawer in range(options.drawers):
        seed = (options.seed * 1_000_003 + training.step) * 101 + drawer
        multiprocessing.Process(target=draw, args=(sample, seed, options.batch, queue), daemon=True).start()
    training.run(options.lines, options.minutes, options.anneal, queue)
    training.save()
    training.log(f"at the end: read {training.share_read(2000):.1%} of 2,000 lines")
