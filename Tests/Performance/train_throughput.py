#!/usr/bin/env python3
"""Samples a second of mrdl-train and of PyTorch, on the same pictures and cores, in turn, in one run.

    train_throughput.py --train .build/tools/mrdl-train [--data DIR] [--threads 2] [--seconds 3] [--rounds 3]
                        [--only WORD] [--json FILE]

Each round measures one program after the other, both after a warm-up; what counts is the batch over the median time of a
step, and of the rounds the median. A step is the same work on both sides: pictures in a random order, forward, loss,
backward, optimizer. PyTorch runs with fused optimizers, and the CNN in the better of its two memory layouts. Where
PyTorch is not installed, mrdl-train is measured alone.
"""
import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

for key in [key for key in os.environ if key.startswith("OPENBLAS_")]:
    del os.environ[key]
try:
    import torch
    from torch import nn
except ImportError:
    torch = None

SIGMOID = {"kind": "activation", "function": "sigmoid"}
RELU = {"kind": "activation", "function": "relu"}
SOFTMAX = {"kind": "activation", "function": "softmax"}


def lenet(activation, pool, last):
    return [
        {"kind": "conv", "filters": 6, "kernel": 5}, activation, {"kind": pool, "size": 2},
        {"kind": "conv", "filters": 12, "kernel": 5}, activation, {"kind": pool, "size": 2},
        {"kind": "flatten"}, {"kind": "dense", "units": 10}, last]


def cnn():
    layers = []
    for filters in (32, 64, 96):
        layers += [
            {"kind": "conv", "filters": filters, "kernel": 3, "padding": "same", "bias": False},
            {"kind": "batch-norm"}, RELU, {"kind": "max-pool", "size": 2}]
    layers[-1] = {"kind": "global-average-pool"}
    return layers + [{"kind": "dropout", "rate": 0.2}, {"kind": "dense"}, SOFTMAX]


SGD = {"kind": "sgd", "rate": 0.05, "momentum": 0.9}
ADAM = {"kind": "adam", "rate": 0.001}
LSTM = [{"kind": "reshape", "shape": [28, 28]}, {"kind": "lstm", "units": 128}, {"kind": "dense"}, SOFTMAX]

# name, layers, loss, optimizer, batch, how many times as fast as PyTorch it is to be
NETWORKS = [
    ("LeNet, sigmoid, batch 1", lenet(SIGMOID, "average-pool", SIGMOID), "quadratic", SGD, 1, 15),
    ("LeNet, sigmoid, batch 64", lenet(SIGMOID, "average-pool", SIGMOID), "quadratic", SGD, 64, 3),
    ("LeNet, ReLU, Adam, batch 64", lenet(RELU, "max-pool", SOFTMAX), "cross-entropy", ADAM, 64, 2),
    ("LSTM 28x28, 128, Adam, batch 64", LSTM, "cross-entropy", ADAM, 64, 1.5),
    ("CNN, 3 blocks, batch norm, batch 64", cnn(), "cross-entropy", ADAM, 64, 1.2),
]


def recipe(name, layers, loss, optimizer, batch):
    return {"name": name, "layers": layers, "loss": loss, "optimizer": optimizer, "batch": batch, "epochs": 1}


def mrdl(train, path, data, threads, seconds):
    done = subprocess.run(
        [train, path, "--data", data, "--benchmark", str(seconds), "--threads", str(threads), "--format", "json"],
        capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    result = json.loads(done.stdout)
    return result["batch"] * 1e3 / result["latency_ms"]["p50"]


if torch is not None:
    class Rows(nn.Module):
        """An LSTM over the rows of a picture, and a dense layer on its last state."""

        def __init__(self, units):
            super().__init__()
            self.cell = nn.LSTM(28, units, batch_first=True)
            self.dense = nn.Linear(units, 10)

        def forward(self, x):
            return self.dense(self.cell(x.view(-1, 28, 28))[1][0][0])

    def module(layers):
        """The same network, up to the softmax that its loss contains."""
        parts, channels, side = [], 1, 28
        for layer in layers:
            kind = layer["kind"]
            if kind == "lstm":
                return Rows(layer["units"])
            if kind == "conv":
                same = layer.get("padding") == "same"
                parts.append(nn.Conv2d(channels, layer["filters"], layer["kernel"],
                                       padding=layer["kernel"] // 2 if same else 0, bias=layer.get("bias", True)))
                channels, side = layer["filters"], side if same else side - layer["kernel"] + 1
            elif kind == "batch-norm":
                parts.append(nn.BatchNorm2d(channels))
            elif kind == "activation" and layer["function"] != "softmax":
                parts.append(nn.Sigmoid() if layer["function"] == "sigmoid" else nn.ReLU())
            elif kind in ("max-pool", "average-pool"):
                parts.append((nn.MaxPool2d if kind == "max-pool" else nn.AvgPool2d)(layer["size"]))
                side //= layer["size"]
            elif kind == "global-average-pool":
                parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
                side = 1
            elif kind == "flatten":
                parts.append(nn.Flatten())
            elif kind == "dropout":
                parts.append(nn.Dropout(layer["rate"]))
            elif kind == "dense":
                parts.append(nn.Linear(channels * side * side, 10))
        return nn.Sequential(*parts)

    def half_squares(outputs, labels):
        return ((outputs - nn.functional.one_hot(labels, 10)) ** 2).sum(1).mean() / 2

    def pytorch(layers, loss, optimizer, batch, images, labels, seconds, layout):
        torch.manual_seed(1)
        net = module(layers).to(memory_format=layout).train()
        images = images.to(memory_format=layout)
        if optimizer["kind"] == "sgd":
            rule = torch.optim.SGD(net.parameters(), optimizer["rate"], momentum=optimizer["momentum"], fused=True)
        else:
            rule = torch.optim.Adam(net.parameters(), optimizer["rate"], fused=True)
        measure = nn.CrossEntropyLoss() if loss == "cross-entropy" else half_squares
        order = torch.randperm(len(images))
        times, first = [], 0
        warm = time.perf_counter() + seconds / 4
        end = warm + seconds
        while True:
            start = time.perf_counter()
            if start > end and times:
                return batch / statistics.median(times)
            chosen = order[first:first + batch]
            first = (first + batch) % (len(order) - batch)
            rule.zero_grad(set_to_none=True)
            value = measure(net(images[chosen]), labels[chosen])
            value.backward()
            rule.step()
            value.item()
            if start > warm:
                times.append(time.perf_counter() - start)

    def pictures(data):
        def read(name):
            raw = gzip.open(pathlib.Path(data) / name).read()
            return torch.frombuffer(bytearray(raw), dtype=torch.uint8)

        images = read("train-images-idx3-ubyte.gz")[16:].view(-1, 1, 28, 28).float() / 255
        return images, read("train-labels-idx1-ubyte.gz")[8:].long()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", required=True)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    if torch is None:
        print("this Python has no PyTorch: mrdl-train alone")
    else:
        torch.set_num_threads(arguments.threads)
        print(f"PyTorch {torch.__version__}, {arguments.threads} threads")
        images, labels = pictures(arguments.data)
    print(f"{'samples a second':38}{'mrdl':>10}{'PyTorch':>10}{'ratio':>8}{'goal':>7}")
    results = []
    with tempfile.TemporaryDirectory() as work:
        for name, layers, loss, optimizer, batch, goal in NETWORKS:
            if arguments.only not in name:
                continue
            path = os.path.join(work, "recipe.json")
            pathlib.Path(path).write_text(json.dumps(recipe(name, layers, loss, optimizer, batch)))
            layouts = []
            if torch is not None:
                layouts = [torch.contiguous_format] + ([torch.channels_last] if "CNN" in name else [])
            ours, theirs = [], [[] for _ in layouts]
            for _ in range(arguments.rounds):
                ours.append(mrdl(arguments.train, path, arguments.data, arguments.threads, arguments.seconds))
                for index, layout in enumerate(layouts):
                    theirs[index].append(pytorch(
                        layers, loss, optimizer, batch, images, labels, arguments.seconds, layout))
            own = statistics.median(ours)
            peer = max((statistics.median(rates) for rates in theirs), default=None)
            results.append({"network": name, "mrdl": own, "pytorch": peer, "goal": goal})
            print(f"{name:38}{own:>10,.0f}" + (f"{peer:>10,.0f}{own / peer:>8.2f}{goal:>7}" if peer else ""),
                  flush=True)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(results, indent=2))


main()
