#!/usr/bin/env python3
"""Keras models, one for each layer and option, in and out.

Each is made by the `keras` package with drawn weights, saved as an archive and as HDF5, and must be answered
by mrdl-infer as Keras answers it. Converted by mrdl-convert to an archive, to HDF5 and to ONNX, it must be
answered by Keras and by onnxruntime in the same way, and the converted ONNX file must pass the checker.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "numpy"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import logging

logging.disable(logging.WARNING)

import keras
import numpy as np
import onnx
import onnxruntime
from keras import Input, Model, Sequential, layers, ops

tools = pathlib.Path(sys.argv[1])
wanted = sys.argv[2:]
noise = np.random.default_rng(3)
failures = []
counts = {"in": 0, "keras": 0, "h5": 0, "onnx": 0}
refused = {"keras": {}, "h5": {}, "onnx": {}}
onnxruntime.set_default_logger_severity(4)


def fail(message):
    print(message, flush=True)
    failures.append(message)


def run(tool, *arguments):
    done = subprocess.run([tools / tool, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stderr.strip()


def infer(model, inputs, work):
    """The outputs of mrdl-infer, or what it says."""
    import json
    arguments = []
    for name, array in inputs.items():
        np.save(f"{work}/input.{name}.npy", array)
        arguments += ["--input", f"{name}={work}/input.{name}.npy"]
    code, message = run("mrdl-infer", model, "--save-outputs", f"{work}/out", *arguments)
    if code != 0:
        return f"exit {code}: {message}"
    listing = json.load(open(f"{work}/out/outputs.json"))
    return [np.load(f"{work}/out/{entry['file']}") for entry in listing]


def compare(name, found, expected):
    if isinstance(found, str):
        fail(f"{name}: {found[:300]}")
        return False
    for wanted, got in zip(expected, found, strict=True):
        if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=1e-5, atol=1e-5):
            worst = np.abs(got - wanted).max() if got.shape == wanted.shape else "shapes"
            fail(f"{name}: {got.shape} and {wanted.shape} differ by {worst}")
            return False
    return True


def draw(model):
    """Weights that are neither zero nor one, variances that are positive."""
    def some(variable):
        values = noise.uniform(-0.5, 0.5, variable.shape).astype(np.float32)
        positive = "variance" in variable.path or "gamma" in variable.path
        return np.abs(values) + 0.5 if positive else values
    if model.weights:
        # Seeds of dropout are integers.
        for variable in model.weights:
            if "float" in str(variable.dtype):
                variable.assign(some(variable))


def answers(model, inputs):
    found = model([inputs[i.name] for i in model.inputs] if len(model.inputs) > 1
                  else inputs[model.inputs[0].name], training=False)
    return [np.asarray(y) for y in (found if isinstance(found, (list, tuple)) else [found])]


def check(name, model, inputs=None, onnx_too=True, out=True):
    if wanted and not any(word in name for word in wanted):
        return
    draw(model)
    if inputs is None:
        inputs = {i.name: noise.uniform(-2, 2, [2] + [4 if d is None else d for d in i.shape[1:]])
                  .astype(np.float32) for i in model.inputs}
    try:
        expected = answers(model, inputs)
    except Exception as error:
        print(f"{name}: Keras itself fails: {str(error)[:100]!r}")
        return
    with tempfile.TemporaryDirectory() as work:
        files = [f"{work}/m.keras"]
        model.save(files[0])
        try:
            model.save(f"{work}/m.h5")
            keras.models.load_model(f"{work}/m.h5", compile=False)
            files.append(f"{work}/m.h5")
        except Exception:
            pass  # What Keras cannot save as HDF5 or load from there.
        for path in files:
            counts["in"] += compare(f"{name}: in, {path[-5:]}", infer(path, inputs, work), expected)
        if not out:
            return
        for kind, target in (("keras", "o.keras"), ("h5", "o.h5")):
            code, message = run(
                "mrdl-convert", files[0], f"{work}/{target}", "--to", "keras", "--force")
            if code != 0:
                refused[kind][name] = message
                continue
            try:
                back = keras.models.load_model(f"{work}/{target}", compile=False)
            except Exception as error:
                fail(f"{name}: {kind} out: {str(error)[:300]}")
                continue
            renamed = dict(zip([i.name for i in back.inputs], inputs.values()))
            good = compare(f"{name}: {kind} out", answers(back, renamed), expected)
            # What is written is read again.
            good = good and compare(
                f"{name}: {kind} out and in", infer(f"{work}/{target}", renamed, work), expected)
            counts[kind] += good
        if onnx_too:
            code, message = run("mrdl-convert", files[0], f"{work}/o.onnx")
            if code != 0:
                refused["onnx"][name] = message
                return
            try:
                onnx.checker.check_model(f"{work}/o.onnx", full_check=True)
                session = onnxruntime.InferenceSession(f"{work}/o.onnx")
                found = session.run(None, inputs)
            except Exception as error:
                found = str(error)
            counts["onnx"] += compare(f"{name}: onnx out", found, expected)


def one(name, layer, *shape, dtype="float32", inputs=None, **keywords):
    x = Input(shape, name="x", dtype=dtype)
    y = layer(x)
    check(name, Model(x, y), inputs, **keywords)


volume = {1: (11, 3), 2: (9, 8, 3), 3: (6, 5, 7, 3)}
for rank, shape in volume.items():
    d = f"{rank}D"
    Conv = getattr(layers, f"Conv{d}")
    for padding in ("valid", "same") + (("causal",) if rank == 1 else ()):
        one(f"Conv{d} {padding}", Conv(4, 3, padding=padding), *shape)
        one(f"Conv{d} {padding} strides", Conv(4, 3, strides=2, padding=padding, activation="relu"), *shape)
        one(f"Conv{d} {padding} dilation",
            Conv(4, 2, dilation_rate=2, padding=padding, use_bias=False), *shape)
    one(f"Conv{d} groups", Conv(6, 2, groups=3), *shape)
    one(f"Conv{d} 1", Conv(5, 1, activation="sigmoid"), *shape)
    for padding in ("valid", "same"):
        Transposed = getattr(layers, f"Conv{d}Transpose")
        for strides in (1, 2, 3):
            one(f"Conv{d}Transpose {padding} {strides}",
                Transposed(4, 2, strides=strides, padding=padding), *shape)
        if rank < 3:
            one(f"DepthwiseConv{d} {padding}",
                getattr(layers, f"DepthwiseConv{d}")(3, padding=padding, depth_multiplier=2), *shape)
            one(f"DepthwiseConv{d} {padding} strides",
                getattr(layers, f"DepthwiseConv{d}")(3, strides=2, padding=padding), *shape)
            one(f"SeparableConv{d} {padding}",
                getattr(layers, f"SeparableConv{d}")(4, 3, padding=padding, depth_multiplier=2), *shape)
        for kind in ("Max", "Average"):
            Pooling = getattr(layers, f"{kind}Pooling{d}")
            one(f"{kind}Pooling{d} {padding}", Pooling(2, padding=padding), *shape)
            one(f"{kind}Pooling{d} {padding} 3/2", Pooling(3, strides=2, padding=padding), *shape)
    for kind in ("Max", "Average"):
        for keep in (False, True):
            one(f"Global{kind}Pooling{d} {keep}",
                getattr(layers, f"Global{kind}Pooling{d}")(keepdims=keep), *shape)
    one(f"ZeroPadding{d}", getattr(layers, f"ZeroPadding{d}")(2), *shape)
    one(f"Cropping{d}", getattr(layers, f"Cropping{d}")(1), *shape)
    one(f"UpSampling{d}", getattr(layers, f"UpSampling{d}")(2), *shape)
    one(f"SpatialDropout{d}", getattr(layers, f"SpatialDropout{d}")(0.5), *shape)
one("ZeroPadding1D two", layers.ZeroPadding1D((1, 2)), 5, 3)
one("ZeroPadding2D four", layers.ZeroPadding2D(((1, 2), (3, 0))), 5, 4, 3)
one("Cropping2D four", layers.Cropping2D(((1, 2), (0, 1))), 7, 6, 3)
one("UpSampling2D bilinear", layers.UpSampling2D((2, 3), interpolation="bilinear"), 5, 4, 3)
one("Conv2D uneven", layers.Conv2D(4, (3, 2), strides=(1, 2)), 9, 8, 3)

for name in ("relu", "sigmoid", "tanh", "softmax", "softplus", "softsign", "elu", "selu", "exponential", "gelu",
             "silu", "mish", "hard_sigmoid", "hard_silu", "leaky_relu", "relu6", "log_softmax", "celu",
             "linear", "glu", "hard_tanh", "hard_shrink", "log_sigmoid", "sparse_plus", "sparse_sigmoid",
             "soft_shrink", "squareplus", "tanh_shrink", "threshold", "sparsemax"):
    if name in ("glu", "sparsemax", "threshold"):
        continue
    one(f"Activation {name}", layers.Activation(name), 5, 4)
one("ReLU", layers.ReLU(max_value=1.0, negative_slope=0.0), 5)
one("ReLU slope", layers.ReLU(negative_slope=0.1), 5)
one("ReLU threshold", layers.ReLU(threshold=0.5, max_value=1.5, negative_slope=0.2), 5)
one("LeakyReLU", layers.LeakyReLU(negative_slope=0.3), 5)
one("ELU", layers.ELU(alpha=0.7), 5)
one("PReLU", layers.PReLU(), 5, 4)
one("PReLU shared", layers.PReLU(shared_axes=[1, 2]), 5, 4, 3)
one("Softmax", layers.Softmax(), 5, 4)
one("Softmax axis", layers.Softmax(axis=1), 5, 4)
one("Softmax axes", layers.Softmax(axis=(1, 2)), 5, 4)

for shape in ((4,), (5, 4), (3, 5, 4)):
    one(f"Dense {shape}", layers.Dense(6, activation="tanh"), *shape)
    one(f"Dense {shape} without bias", layers.Dense(6, use_bias=False), *shape)
    one(f"BatchNormalization {shape}", layers.BatchNormalization(), *shape)
    one(f"LayerNormalization {shape}", layers.LayerNormalization(), *shape)
    one(f"UnitNormalization {shape}", layers.UnitNormalization(), *shape)
    one(f"Flatten {shape}", layers.Flatten(), *shape)
one("EinsumDense", layers.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d"), 5, 4)
one("BatchNormalization axis", layers.BatchNormalization(axis=1), 5, 4, 3)
one("BatchNormalization plain", layers.BatchNormalization(scale=False, center=False), 4)
one("LayerNormalization axes", layers.LayerNormalization(axis=[1, 2]), 5, 4)
one("LayerNormalization plain", layers.LayerNormalization(scale=False, center=False), 5, 4)
one("GroupNormalization", layers.GroupNormalization(groups=2), 5, 3, 4)
one("RMSNormalization", layers.RMSNormalization(), 5, 4)
one("Normalization", layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 4.0, 0.5, 2.0]), 4)
one("Rescaling", layers.Rescaling(0.5, offset=-1.0), 5, 4, 3)
one("Rescaling channels", layers.Rescaling([0.5, 1.0, 2.0], offset=[1.0, 0.0, -1.0]), 5, 4, 3)
one("Resizing", layers.Resizing(7, 9), 5, 4, 3)
one("Resizing nearest", layers.Resizing(7, 9, interpolation="nearest"), 5, 4, 3)
one("CenterCrop", layers.CenterCrop(3, 2), 7, 6, 3)
one("Dropout", layers.Dropout(0.5), 5)
one("GaussianNoise", layers.GaussianNoise(0.5), 5)
one("Reshape", layers.Reshape((2, -1)), 4, 3)
one("Permute", layers.Permute((3, 1, 2)), 4, 3, 2)
one("RepeatVector", layers.RepeatVector(3), 4)
one("Identity", layers.Identity(), 4)
one("Embedding", layers.Embedding(7, 3), 5, inputs={"x": noise.integers(0, 7, (2, 5)).astype(np.float32)})

for kind in ("SimpleRNN", "GRU", "LSTM"):
    Layer = getattr(layers, kind)
    for sequences in (False, True):
        one(f"{kind} {sequences}", Layer(5, return_sequences=sequences), 6, 3)
        one(f"{kind} {sequences} backwards", Layer(5, return_sequences=sequences, go_backwards=True), 6, 3)
        for mode in ("concat", "sum", "mul", "ave"):
            one(f"Bidirectional {kind} {sequences} {mode}",
                layers.Bidirectional(Layer(5, return_sequences=sequences), merge_mode=mode), 6, 3)
    one(f"{kind} state", Layer(5, return_state=True), 6, 3)
    one(f"{kind} without bias", Layer(5, use_bias=False), 6, 3)
    one(f"{kind} relu", Layer(5, activation="relu"), 6, 3)
    one(f"{kind} steps", Layer(5), None, 3)
    one(f"{kind} cell", layers.RNN(getattr(layers, f"{kind}Cell")(5), return_sequences=True), 6, 3)
    x = Input((6, 3), name="x")
    masked = layers.Masking(mask_value=0.0)(x)
    value = noise.uniform(-1, 1, (3, 6, 3)).astype(np.float32)
    value[0, 4:] = 0
    value[1, 1:3] = 0
    for sequences in (False, True):
        check(f"Masking {kind} {sequences}", Model(x, Layer(5, return_sequences=sequences)(masked)),
              {"x": value}, onnx_too=False, out=False)
one("GRU reset before", layers.GRU(5, reset_after=False), 6, 3)
one("TimeDistributed Dense", layers.TimeDistributed(layers.Dense(4)), 6, 3)
one("TimeDistributed Conv2D", layers.TimeDistributed(layers.Conv2D(4, 2)), 3, 5, 4, 2)

for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
    a, b = Input((5, 3), name="a"), Input((5, 3), name="b")
    check(kind, Model([a, b], getattr(layers, kind)()([a, b])))
a, b = Input((5, 1), name="a"), Input((1, 3), name="b")
check("Add of other shapes", Model([a, b], layers.Add()([a, b])))
a, b = Input((5, 3), name="a"), Input((4, 3), name="b")
check("Dot", Model([a, b], layers.Dot(axes=2)([a, b])))
check("Dot normalised", Model([a, b], layers.Dot(axes=2, normalize=True)([a, b])))
check("Attention", Model([a, b], layers.Attention()([a, b])))
check("AdditiveAttention", Model([a, b], layers.AdditiveAttention()([a, b])))
check("MultiHeadAttention", Model([a, b], layers.MultiHeadAttention(2, 3)(a, b)))
check("MultiHeadAttention self", Model(a, layers.MultiHeadAttention(2, 3, value_dim=4, use_bias=False)(a, a)))

# Whole models.
check("LeNet", Sequential([
    Input((28, 28, 1), name="x"), layers.Conv2D(6, 5, padding="same", activation="relu"),
    layers.AveragePooling2D(2), layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
    layers.Dense(84, activation="relu"), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]))
x = Input((16, 16, 3), name="x")
y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
y = layers.BatchNormalization()(y)
y = layers.ReLU(max_value=6.0)(y)
z = layers.DepthwiseConv2D(3, padding="same")(y)
z = layers.Conv2D(8, 1)(z)
y = layers.Add()([y, z])
y = layers.Concatenate()([y, z])
y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
y = layers.Conv2D(4, 3, strides=2)(y)
y = layers.GlobalAveragePooling2D()(y)
check("residual", Model(x, [layers.Dense(3)(y), y]))
inner = Sequential([Input((4,)), layers.Dense(5, activation="relu"), layers.Dense(4)])
x = Input((4,), name="x")
check("shared model", Model(x, layers.Add()([inner(x), inner(inner(x))])))
shared = layers.Dense(4)
check("shared layer", Model(x, layers.Subtract()([shared(shared(x)), shared(x)])))
x = Input((4, 5, 3), name="x")
y = ops.transpose(layers.Conv2D(2, 3)(x) + np.array([1.0, 2.0], np.float32), [0, 3, 1, 2]) * 0.5
y = ops.matmul(ops.reshape(y, (-1, 12)), np.ones((12, 2), np.float32))
y = ops.concatenate([y, ops.mean(ops.exp(x[:, 1:3, ::-1]), axis=[1, 2])], axis=1)
check("operations", Model(x, ops.maximum(ops.sqrt(ops.abs(y)), 1.0)))

for kind, names in refused.items():
    reasons = {}
    for name, message in names.items():
        reasons.setdefault(message.split(": ", 2)[-1], []).append(name)
    for reason, group in sorted(reasons.items()):
        print(f"refused, {kind} out: {reason}: {', '.join(group)}")
print(", ".join(f"{kind}: {count} agree" for kind, count in counts.items()))
sys.exit(1 if failures else 0)
