#!/usr/bin/env python3
"""Models that others have made learn on: a Keras and an ONNX model with attention, normalisation over channels and
rows, and resampling are fine-tuned on three kinds of pictures, and the loss must fall from epoch to epoch.

    check_fine_tuning.py DIRECTORY-OF-THE-COMMANDS
"""
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "numpy"
logging.disable(logging.WARNING)

import keras
import numpy as np
import onnx
from keras import layers
from onnx import TensorProto, helper, numpy_helper

TOOLS = pathlib.Path(sys.argv[1]).resolve()
SIDE, CLASSES = 8, 3
noise = np.random.default_rng(7)


def pictures(count):
    """Bars that lie, bars that stand and bright corners, in noise."""
    y = noise.integers(0, CLASSES, count)
    x = noise.normal(0, 0.3, (count, SIDE, SIDE))
    for picture, label in zip(x, y):
        place = noise.integers(1, SIDE - 1)
        if label == 0:
            picture[place, :] += 2
        elif label == 1:
            picture[:, place] += 2
        else:
            picture[:: SIDE - 1, :: SIDE - 1] += 4
    return x.astype(np.float32), y.astype(np.int64)


def onnx_model(path):
    """Conv, LRN, Resize, Einsum, Attention, LpNormalization, Gemm."""
    width = 8

    def weights(name, *shape):
        scale = 1 / np.sqrt(max(1, np.prod(shape[1:])))
        return numpy_helper.from_array(noise.normal(0, scale, shape).astype(np.float32), name)

    def whole(name, values):
        return numpy_helper.from_array(np.array(values, np.int64), name)

    nodes = [
        helper.make_node("Conv", ["x", "filters"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("LRN", ["r"], ["l"], size=3, alpha=0.1),
        helper.make_node("Resize", ["l", "", "scales"], ["s"], mode="linear"),
        helper.make_node("Reshape", ["s", "steps"], ["p"]),
        helper.make_node("Transpose", ["p"], ["t"], perm=[0, 2, 1]),
        helper.make_node("Einsum", ["t", "mixing"], ["e"], equation="nsi,ij->nsj"),
        helper.make_node("Attention", ["e", "e", "e"], ["a"], q_num_heads=2, kv_num_heads=2),
        helper.make_node("Add", ["a", "t"], ["b"]),
        helper.make_node("ReduceMean", ["b", "axis"], ["m"], keepdims=0),
        helper.make_node("LpNormalization", ["m"], ["n"]),
        helper.make_node("Gemm", ["n", "end"], ["logits"], transB=1),
    ]
    graph = helper.make_graph(
        nodes, "mixed",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", CLASSES])],
        [weights("filters", width, 1, 3, 3),
         numpy_helper.from_array(np.array([1, 1, 0.75, 0.75], np.float32), "scales"),
         whole("steps", [0, width, 36]), weights("mixing", width, width), whole("axis", [1]),
         weights("end", CLASSES, width)])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def keras_model(path):
    keras.utils.set_random_seed(5)
    given = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(8, 3, padding="same", activation="gelu")(given)
    x = layers.GroupNormalization(2)(x)
    x = layers.Reshape((SIDE * SIDE, 8))(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)]))
    x = layers.GlobalAveragePooling1D()(x)
    keras.Model(given, layers.Dense(CLASSES, activation="softmax")(x)).save(path)


def learns(model, x, y, work):
    np.savez(f"{work}/data.npz", x=x, y=y)
    recipe = {
        "name": "fine", "loss": "cross-entropy", "epochs": 4, "batch": 16, "seed": 1,
        "optimizer": {"kind": "adam", "rate": 0.01}, "from": str(model)}
    pathlib.Path(f"{work}/recipe.json").write_text(json.dumps(recipe))
    trained = f"{work}/trained.mrdl"
    done = subprocess.run(
        [TOOLS / "mrdl-train", f"{work}/recipe.json", "--data", f"{work}/data.npz", "--output",
         trained, "--force", "--history", f"{work}/history"], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"FAIL  {model.name}: {done.stderr.strip()}")
        return False
    losses = [json.loads(line)["loss"] for line in open(f"{work}/history")]
    falls = losses[1] < losses[0] and losses[-1] < 0.9 * losses[0]
    text = " ".join(f"{loss:.3f}" for loss in losses)
    print(f"{'ok  ' if falls else 'FAIL'}  {model.name}: loss {text}; {done.stdout.strip()}")
    return falls


with tempfile.TemporaryDirectory() as work:
    x, y = pictures(480)
    made = [(pathlib.Path(work, "mixed.onnx"), onnx_model, x[:, None])]
    made += [(pathlib.Path(work, f"mixed.{kind}"), keras_model, x[..., None])
             for kind in ("keras", "h5")]
    results = []
    for path, make, inputs in made:
        make(path)
        results.append(learns(path, inputs, y, work))
sys.exit(0 if all(results) else 1)
