#!/usr/bin/env python3
"""Weights without an architecture: safetensors and .npz against the packages that define them, and weights of
Keras put into the architecture that Keras gave."""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "numpy"

import json

import keras
import numpy as np
import safetensors.numpy
from keras import layers

tools = pathlib.Path(sys.argv[1])
noise = np.random.default_rng(5)
work = tempfile.TemporaryDirectory()
root = pathlib.Path(work.name)
failures = []


def run(tool, *arguments):
    done = subprocess.run([tools / tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        failures.append(f"{tool} {arguments[0]}: exit {done.returncode}: {done.stderr.strip()}")
    return done


def expect_equal(name, found, wanted):
    if set(found) != set(wanted):
        failures.append(f"{name}: {sorted(found)} are not {sorted(wanted)}")
        return
    for key, array in wanted.items():
        if found[key].dtype != array.dtype or not np.array_equal(found[key], array):
            failures.append(f"{name}: {key} differs")


types = ["float64", "float32", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
         "bool"]
arrays = {f"layer.{index}.{name}": (noise.uniform(0, 100, (3, index)) > 50 if name == "bool" else
                                   noise.uniform(0, 100, (3, index))).astype(name)
          for index, name in enumerate(types)}
arrays["scalar"] = np.array(1.5, np.float32)

safetensors.numpy.save_file(arrays, root / "a.safetensors", metadata={"license": "MIT"})
run("mrdl-convert", root / "a.safetensors", root / "a.npz")
expect_equal("safetensors to npz", dict(np.load(root / "a.npz")), arrays)
run("mrdl-convert", root / "a.npz", root / "b.safetensors")
expect_equal("npz to safetensors", safetensors.numpy.load_file(root / "b.safetensors"), arrays)
np.savez_compressed(root / "c.npz", **arrays)
run("mrdl-convert", root / "c.npz", root / "c.mrdl")
run("mrdl-validate", "--strict", root / "c.mrdl")
run("mrdl-convert", root / "c.mrdl", root / "c.safetensors")
expect_equal("through .mrdl", safetensors.numpy.load_file(root / "c.safetensors"), arrays)
listed = json.loads(run("mrdl-inspect", root / "a.safetensors", "--tensors", "--format", "json").stdout)
if len(listed if isinstance(listed, list) else listed["tensors"]) != len(arrays):
    failures.append("mrdl-inspect lists another number of tensors")

model = keras.Sequential([
    keras.Input((9, 8, 3), name="x"), layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(),
    layers.Flatten(), layers.Dense(5), layers.Dense(3, activation="softmax")])
for variable in model.weights:
    variable.assign(noise.uniform(0.1, 0.9, variable.shape).astype(np.float32))
model.save_weights(root / "k.weights.h5")
(root / "k.json").write_text(model.to_json())
x = noise.uniform(-1, 1, (2, 9, 8, 3)).astype(np.float32)
np.save(root / "x.npy", x)
run("mrdl-inspect", root / "k.weights.h5")
run("mrdl-convert", root / "k.weights.h5", root / "k.mrdl", "--architecture", root / "k.json")
run("mrdl-infer", root / "k.mrdl", root / "x.npy", "--save-outputs", root / "out")
found = np.load(root / "out" / json.loads((root / "out/outputs.json").read_text())[0]["file"])
if not np.allclose(found, np.asarray(model(x)), atol=1e-5):
    failures.append("weights of Keras in their architecture answer differently")

# The same weights by name, in an architecture that is a model.
run("mrdl-convert", root / "k.mrdl", root / "k.safetensors")
run("mrdl-convert", root / "k.safetensors", root / "k2.mrdl", "--architecture", root / "k.mrdl")
run("mrdl-validate", root / "k2.mrdl")
run("mrdl-infer", root / "k2.mrdl", root / "x.npy", "--save-outputs", root / "out2")
if not np.array_equal(np.load(root / "out2" / json.loads((root / "out2/outputs.json").read_text())[0]["file"]), found):
    failures.append("weights by name answer differently")

for failure in failures:
    print(failure)
print(f"{len(arrays)} arrays of {len(types)} types agree" if not failures else "weights differ")
sys.exit(1 if failures else 0)
