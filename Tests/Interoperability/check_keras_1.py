#!/usr/bin/env python3
"""Files of Keras 1, which no package writes any more: put together here by its rules, and answered by NumPy.

Keras 1 keeps the gates of recurrent layers in arrays of their own, has kernels [out, in, rows, columns] with the
channels first, turns them around when Theano computes, and joins models by Merge.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

tools = pathlib.Path(sys.argv[1])
noise = np.random.default_rng(11)
failures = []


def array(*shape):
    return noise.uniform(-1, 1, shape).astype(np.float32)


def layer(name, kind, **config):
    return {"class_name": kind, "config": {"name": name, **config}}


def write(path, model, weights, backend="tensorflow"):
    """A file as model.save of Keras 1.2 lays it out."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"1.2.2"
        file.attrs["backend"] = backend.encode()
        file.attrs["model_config"] = json.dumps(model).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, tensors in weights.items():
            part = group.create_group(name)
            part.attrs["weight_names"] = [f"{name}_{key}".encode() for key in tensors]
            for key, values in tensors.items():
                part[f"{name}_{key}"] = values


def check(title, model, weights, inputs, expected, backend="tensorflow"):
    with tempfile.TemporaryDirectory() as work:
        write(f"{work}/m.h5", model, weights, backend)
        arguments = []
        for name, values in inputs.items():
            np.save(f"{work}/{name}.npy", values)
            arguments += ["--input", f"{name}={work}/{name}.npy"]
        done = subprocess.run([tools / "mrdl-infer", f"{work}/m.h5", "--save-outputs", f"{work}/out", *arguments],
                              capture_output=True, text=True)
        if done.returncode != 0:
            failures.append(f"{title}: exit {done.returncode}: {done.stderr.strip()}")
            return
        listing = json.load(open(f"{work}/out/outputs.json"))
        found = np.load(f"{work}/out/{listing[0]['file']}")
        if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-5, atol=1e-5):
            worst = np.abs(found - expected).max() if found.shape == expected.shape else "shapes"
            failures.append(f"{title}: {found.shape} and {expected.shape} differ by {worst}")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def correlate(x, kernel, bias):
    """[N, C, H, W] and [out, C, 3, 3], with a border of one."""
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, kernel) + bias[:, None, None]


# Pictures, the channels first and last, computed by TensorFlow and by Theano.
for ordering in ("th", "tf"):
    for backend in ("tensorflow", "theano"):
        kernel, bias = array(4, 3, 3, 3), array(4)
        dense, offset = array(64, 5), array(5)
        x = array(2, 3, 8, 8)
        y = np.maximum(correlate(x, kernel[:, :, ::-1, ::-1] if backend == "theano" else kernel, bias), 0)
        y = y.reshape(2, 4, 4, 2, 4, 2).max((3, 5))
        y = y if ordering == "th" else y.transpose(0, 2, 3, 1)
        expected = softmax(y.reshape(2, 64) @ dense + offset)
        is_first = ordering == "th"
        check(f"pictures {ordering} {backend}", {"class_name": "Sequential", "config": [
            layer("c", "Convolution2D", nb_filter=4, nb_row=3, nb_col=3, border_mode="same", subsample=[1, 1],
                  dim_ordering=ordering, activation="relu", bias=True,
                  batch_input_shape=[None, 3, 8, 8] if is_first else [None, 8, 8, 3]),
            layer("p", "MaxPooling2D", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering=ordering),
            layer("o", "Dropout", p=0.5), layer("f", "Flatten"),
            layer("d", "Dense", output_dim=5, activation="softmax", bias=True)]},
            {"c": {"W": kernel if is_first else kernel.transpose(2, 3, 1, 0), "b": bias}, "p": {}, "o": {}, "f": {},
             "d": {"W": dense, "b": offset}},
            {"c_input": x if is_first else x.transpose(0, 2, 3, 1)}, expected, backend)

# Recurrent layers; the gates of the LSTM lie in the order i, c, f, o.
x = array(3, 6, 4)
for sequences in (False, True):
    w = {f"{kind}_{gate}": array(*shape) for gate in "icfo"
         for kind, shape in (("W", (4, 5)), ("U", (5, 5)), ("b", (5,)))}
    h = c = np.zeros((3, 5), np.float32)
    steps = []
    for t in range(6):
        i, g, f, o = (x[:, t] @ w[f"W_{n}"] + h @ w[f"U_{n}"] + w[f"b_{n}"] for n in "icfo")
        c = hard_sigmoid(f) * c + hard_sigmoid(i) * np.tanh(g)
        h = hard_sigmoid(o) * np.tanh(c)
        steps.append(h)
    config = dict(output_dim=5, activation="tanh", inner_activation="hard_sigmoid", return_sequences=sequences,
                  go_backwards=False, stateful=False, consume_less="cpu", batch_input_shape=[None, 6, 4])
    check(f"LSTM {sequences}", {"class_name": "Sequential", "config": [layer("r", "LSTM", **config)]}, {"r": w},
          {"r_input": x}, np.stack(steps, 1) if sequences else h)
    w = {f"{kind}_{gate}": array(*shape) for gate in "zrh"
         for kind, shape in (("W", (4, 5)), ("U", (5, 5)), ("b", (5,)))}
    h = np.zeros((3, 5), np.float32)
    steps = []
    for t in range(6):
        z, r = (hard_sigmoid(x[:, t] @ w[f"W_{n}"] + h @ w[f"U_{n}"] + w[f"b_{n}"]) for n in "zr")
        h = z * h + (1 - z) * np.tanh(x[:, t] @ w["W_h"] + (r * h) @ w["U_h"] + w["b_h"])
        steps.append(h)
    check(f"GRU {sequences}", {"class_name": "Sequential", "config": [layer("r", "GRU", **config)]}, {"r": w},
          {"r_input": x}, np.stack(steps, 1) if sequences else h)

# Models joined by Merge, and the layers that Keras 1 alone has.
a, b = array(2, 4), array(2, 3)
left, right, last = array(4, 3), array(3, 3), {"concat": array(6, 2), "sum": array(3, 2), "mul": array(3, 2)}
for mode, kernel in last.items():
    branch = lambda name, size: {"class_name": "Sequential", "config": [
        layer(name, "Dense", output_dim=3, activation="tanh", bias=False, batch_input_shape=[None, size])]}
    parts = [np.tanh(a @ left), np.tanh(b @ right)]
    joined = {"concat": np.concatenate(parts, 1), "sum": parts[0] + parts[1], "mul": parts[0] * parts[1]}[mode]
    check(f"Merge {mode}", {"class_name": "Sequential", "config": [
        layer("m", "Merge", layers=[branch("a", 4), branch("b", 3)], mode=mode, concat_axis=-1, dot_axes=-1,
              mode_type="raw", output_shape=None, output_shape_type="raw"),
        layer("d", "Dense", output_dim=2, activation="linear", bias=False)]},
        {"a": {"W": left}, "b": {"W": right}, "m": {}, "d": {"W": kernel}}, {"a_input": a, "b_input": b},
        joined @ kernel)
w = {"W": array(3, 4, 2), "b": array(3, 2)}
check("MaxoutDense", {"class_name": "Sequential", "config": [
    layer("x", "MaxoutDense", output_dim=2, nb_feature=3, bias=True, batch_input_shape=[None, 4])]}, {"x": w},
    {"x_input": a}, (np.einsum("ni,kio->nko", a, w["W"]) + w["b"]).max(1))
w = {"W": array(4, 4), "W_carry": array(4, 4), "b": array(4), "b_carry": array(4)}
gate = sigmoid(a @ w["W_carry"] + w["b_carry"])
check("Highway", {"class_name": "Sequential", "config": [
    layer("x", "Highway", activation="tanh", bias=True, batch_input_shape=[None, 4])]}, {"x": w},
    {"x_input": a}, gate * np.tanh(a @ w["W"] + w["b"]) + (1 - gate) * a)
w = {"gamma": array(4), "beta": array(4), "running_mean": array(4), "running_std": array(4) ** 2 + 0.5}
check("BatchNormalization", {"class_name": "Sequential", "config": [
    layer("x", "BatchNormalization", mode=0, axis=-1, epsilon=1e-5, momentum=0.99, batch_input_shape=[None, 4])]},
    {"x": w}, {"x_input": a},
    (a - w["running_mean"]) / np.sqrt(w["running_std"] + 1e-5) * w["gamma"] + w["beta"])

for failure in failures:
    print(failure)
print("Keras 1: " + ("all agree" if not failures else f"{len(failures)} do not agree"))
sys.exit(1 if failures else 0)
