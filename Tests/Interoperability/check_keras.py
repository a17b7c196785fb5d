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

import warnings

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
warnings.simplefilter("ignore")
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
        np.save(f"{work}/input.{name}.npy", array.astype(np.float32))
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
    try:
        model = Model(x, layer(x))
    except ValueError as error:
        # A layer that gives its very input becomes that input's producer; no model of Keras can hold it.
        if "cycle" not in str(error):
            raise
        print(f"{name}: Keras itself fails: a layer that gives its very input")
        return
    check(name, model, inputs, **keywords)


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
    one(f"{kind} gelu", Layer(5, activation="gelu"), 6, 3)
    one(f"{kind} zero_output_for_mask", Layer(5, return_sequences=True, zero_output_for_mask=True), 6, 3)
    extra = 2 if kind == "LSTM" else 1
    states = [Input((5,), name=f"s{n}") for n in range(extra)]
    x = Input((6, 3), name="x")
    check(f"{kind} initial_state", Model([x] + states, Layer(5)(x, initial_state=states)))
    check(f"{kind} initial_state gelu", Model([x] + states, Layer(5, activation="gelu")(x, initial_state=states)))
one("GRU reset before", layers.GRU(5, reset_after=False), 6, 3)
one("GRU reset before gelu", layers.GRU(5, reset_after=False, activation="gelu", use_bias=False), 6, 3)
stack = lambda: [layers.LSTMCell(4), layers.GRUCell(3), layers.SimpleRNNCell(5, use_bias=False)]
one("StackedRNNCells", layers.RNN(stack()), 6, 3)
one("StackedRNNCells sequences", layers.RNN(stack(), return_sequences=True, go_backwards=True), 6, 3)
one("Bidirectional StackedRNNCells", layers.Bidirectional(layers.RNN(stack(), return_sequences=True)), 6, 3)
one("Bidirectional states", layers.Bidirectional(layers.LSTM(4, return_state=True, return_sequences=True)), 6, 3)
one("Bidirectional none", layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode=None), 6, 3)
one("Bidirectional backward", layers.Bidirectional(
    layers.LSTM(4, return_sequences=True),
    backward_layer=layers.LSTM(4, return_sequences=True, go_backwards=True)), 6, 3)
one("Bidirectional reversed", layers.Bidirectional(
    layers.LSTM(4, return_sequences=True, go_backwards=True),
    backward_layer=layers.LSTM(4, return_sequences=True)), 6, 3)
for rank, shape in {1: (4, 7, 2), 2: (4, 6, 7, 2), 3: (3, 4, 5, 4, 2)}.items():
    Layer = getattr(layers, f"ConvLSTM{rank}D")
    one(f"ConvLSTM{rank}D", Layer(3, 3), *shape)
    one(f"ConvLSTM{rank}D same", Layer(3, 2, padding="same", return_sequences=True, go_backwards=True), *shape)
one("ConvLSTM2D strides", layers.ConvLSTM2D(3, 3, strides=2, return_state=True, use_bias=False), 4, 7, 6, 2)
one("Bidirectional ConvLSTM1D", layers.Bidirectional(layers.ConvLSTM1D(3, 2, return_sequences=True)), 4, 7, 2)

# Masks through every kind of layer that passes, takes or drops them, and at last a layer that counts steps.
def masked(name, make, *shape, count=1, **keywords):
    """Layers behind Masking, and what they give is summed by GlobalAveragePooling1D and an LSTM."""
    xs = [Input(shape, name=f"x{n}") for n in range(count)]
    values = [noise.uniform(-1, 1, (3,) + shape).astype(np.float32) for _ in xs]
    for number, value in enumerate(values):
        value[0, 4:] = 0
        value[1, 1 + number:3 + number] = 0
    ys = make(*[layers.Masking()(x) for x in xs])
    ys = ys if isinstance(ys, (list, tuple)) else [ys]
    outputs = list(ys)
    if len(ys[0].shape) == 3:
        outputs += [layers.GlobalAveragePooling1D()(ys[0]), layers.LSTM(3)(ys[0])]
    check(f"mask {name}", Model(xs, outputs), {f"x{n}": v for n, v in enumerate(values)}, **keywords)


for name, layer in {
        "Activation": layers.Activation("tanh"), "BatchNormalization": layers.BatchNormalization(),
        "Dense": layers.Dense(4), "Dropout": layers.Dropout(0.5), "ELU": layers.ELU(),
        "LayerNormalization": layers.LayerNormalization(), "LeakyReLU": layers.LeakyReLU(),
        "PReLU": layers.PReLU(), "RMSNormalization": layers.RMSNormalization(), "ReLU": layers.ReLU(),
        "Rescaling": layers.Rescaling(2.0), "GaussianNoise": layers.GaussianNoise(0.5),
        "GroupNormalization": layers.GroupNormalization(1), "Identity": layers.Identity(),
        "SpatialDropout1D": layers.SpatialDropout1D(0.5), "UnitNormalization": layers.UnitNormalization(),
        "ActivityRegularization": layers.ActivityRegularization(0.1), "AlphaDropout": layers.AlphaDropout(0.5),
        "Normalization": layers.Normalization(mean=0.5, variance=2.0),
        "Conv1D": layers.Conv1D(4, 3, padding="same"), "EinsumDense": layers.EinsumDense("abc,cd->abd", (None, 4)),
        "MaxPooling1D": layers.MaxPooling1D(2, strides=1, padding="same"), "Permute": layers.Permute((2, 1)),
        "Reshape": layers.Reshape((6, 3)), "TimeDistributed": layers.TimeDistributed(layers.Dense(4)),
        "Bidirectional": layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        "Bidirectional last": layers.Bidirectional(layers.GRU(4)),
        "GRU backwards": layers.GRU(4, return_sequences=True, go_backwards=True),
        "LSTM zeros": layers.LSTM(4, return_sequences=True, zero_output_for_mask=True),
        "LSTM zeros last": layers.LSTM(4, zero_output_for_mask=True),
        "StackedRNNCells": layers.RNN(stack(), return_sequences=True),
        "GlobalAveragePooling1D keep": layers.GlobalAveragePooling1D(keepdims=True),
        "GlobalMaxPooling1D": layers.GlobalMaxPooling1D(), "Flatten": layers.Flatten(),
        "SpectralNormalization": layers.SpectralNormalization(layers.Dense(4))}.items():
    masked(name, layer, 6, 3, onnx_too=name != "Bidirectional last", out=name in ("Dense", "GRU backwards"))
for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
    masked(kind, lambda a, b, kind=kind: getattr(layers, kind)()([a, b]), 6, 3, count=2, out=False)
masked("Concatenate steps", lambda a, b: layers.Concatenate(axis=1)([a, b]), 6, 3, count=2, out=False)
masked("Add one", lambda a, b: layers.Add()([a, layers.Flatten()(b)[:, None, :3]]), 6, 3, count=2, out=False)
masked("Concatenate one", lambda a, b: layers.Concatenate()([a, layers.Conv1D(3, 1)(b)]), 6, 3, count=2, out=False)
masked("Attention", lambda a, b: layers.Attention()([a, b]), 6, 3, count=2, out=False)
masked("Attention causal", lambda a, b: layers.Attention(use_scale=True, score_mode="concat")(
    [a, b], use_causal_mask=True), 6, 3, count=2, out=False)
masked("AdditiveAttention", lambda a, b: layers.AdditiveAttention()([a, b, a]), 6, 3, count=2, out=False)
for name, options in {"": {}, " dropout": {"dropout": 0.1}, " window": {"sliding_window": 2},
                      " gate": {"use_gate": True}}.items():
    masked(f"MultiHeadAttention{name}", lambda a, b: layers.MultiHeadAttention(2, 3, **options)(a, b), 6, 3,
           count=2, out=False)
    masked(f"GroupQueryAttention{name}", lambda a, b: layers.GroupQueryAttention(2, 4, 2, **options)(
        a, b, key=b, use_causal_mask=True), 6, 3, count=2, out=False)
masked("MultiHeadAttention scores", lambda a, b: layers.MultiHeadAttention(2, 3)(
    a, b, return_attention_scores=True, use_causal_mask=True), 6, 3, count=2, out=False)
masked("nested", lambda a: Sequential([Input((6, 3)), layers.Dense(4)])(a), 6, 3, out=False)
x = Input((5,), name="x")
words = noise.integers(1, 7, (3, 5)).astype(np.float32)
words[0, 3:] = 0
y = layers.Embedding(7, 4, mask_zero=True)(x)
check("mask Embedding", Model(x, [layers.Bidirectional(layers.LSTM(3))(y), layers.GlobalAveragePooling1D()(y)]),
      {"x": words})
a, m = Input((5, 3), name="a"), Input((5,), name="m", dtype="bool")
given = {"a": noise.uniform(-1, 1, (2, 5, 3)).astype(np.float32),
         "m": np.array([[1, 1, 0, 1, 0], [1, 0, 1, 1, 1]], np.float32)}
check("mask given", Model([a, m], [
    layers.LSTM(3)(a, mask=m), layers.MultiHeadAttention(2, 3)(a, a, key_mask=m),
    layers.Attention()([a, a], mask=[None, m])]), given, onnx_too=False, out=False)
m = Input((3,), name="m", dtype="bool")
check("mask Softmax", Model([a, m], layers.Softmax()(a, mask=layers.Reshape((1, 3))(m))), {
    "a": given["a"], "m": np.array([[1, 1, 0], [0, 0, 0]], np.float32)}, onnx_too=False, out=False)
t = Input((5, 5), name="t", dtype="bool")
check("attention_mask", Model([a, t], layers.MultiHeadAttention(2, 3)(a, a, attention_mask=t)), {
    "a": given["a"], "t": (noise.uniform(0, 1, (2, 5, 5)) > 0.4).astype(np.float32)}, out=False)

one("TimeDistributed Dense", layers.TimeDistributed(layers.Dense(4)), 6, 3)
one("TimeDistributed Conv2D", layers.TimeDistributed(layers.Conv2D(4, 2)), 3, 5, 4, 2)
inner = Sequential([Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)])
one("TimeDistributed model", layers.TimeDistributed(inner), 6, 3)
one("TimeDistributed steps", layers.TimeDistributed(layers.Dense(4)), None, 3)
one("TimeDistributed LSTM", layers.TimeDistributed(layers.Bidirectional(layers.LSTM(4))), 3, 6, 2)
one("SpectralNormalization", layers.SpectralNormalization(layers.Conv2D(4, 2)), 5, 4, 3)
for rank, shape in volume.items():
    for kind in ("Average", "Max"):
        Pooling = getattr(layers, f"Adaptive{kind}Pooling{rank}D")
        one(f"Adaptive{kind}Pooling{rank}D", Pooling(3), *shape, out=rank == 2)
    one(f"Conv{rank}DTranspose output_padding",
        getattr(layers, f"Conv{rank}DTranspose")(4, 3, strides=2, output_padding=1), *shape, out=rank == 2)
one("Conv2DTranspose same output_padding",
    layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=0), 5, 4, 3)
one("Conv2DTranspose dilation", layers.Conv2DTranspose(4, 2, dilation_rate=2), 5, 4, 3)
for mode in ("one_hot", "multi_hot", "count"):
    indices = noise.integers(0, 6, (3, 4))
    one(f"CategoryEncoding {mode}", layers.CategoryEncoding(6, output_mode=mode), 4, dtype="int32",
        inputs={"x": indices}, out=False)
    one(f"Discretization {mode}", layers.Discretization([-1.0, 0.0, 0.5], output_mode=mode), 4, out=False)
one("CategoryEncoding column", layers.CategoryEncoding(6, output_mode="one_hot"), 1, dtype="int32",
    inputs={"x": noise.integers(0, 6, (3, 1))}, out=False)
one("Discretization", layers.Discretization([-1.0, 0.0, 0.5]), 4, out=False)
for mode in ("log", "magnitude", "psd", "real", "imag", "stft"):
    one(f"STFTSpectrogram {mode}", layers.STFTSpectrogram(mode=mode, frame_length=8, frame_step=3, fft_length=8,
                                                         expand_dims=mode == "psd"), 32, 2, out=False)
one("ReversibleEmbedding", layers.ReversibleEmbedding(7, 3), 5,
    inputs={"x": noise.integers(0, 7, (2, 5)).astype(np.float32)})
for tied in (True, False):
    table = layers.ReversibleEmbedding(7, 3, tie_weights=tied, logit_soft_cap=2.0)
    x = Input((5,), name="x")
    check(f"ReversibleEmbedding back {tied}", Model(x, table(table(x) * 2.0, reverse=True)),
          {"x": noise.integers(0, 7, (2, 5)).astype(np.float32)}, out=False)
for name in ("AugMix", "CutMix", "Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment",
             "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast",
             "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale",
             "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomRotation",
             "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom",
             "Solarization"):
    options = {"RandomBrightness": {"factor": 0.2}, "RandomColorDegeneration": {"factor": 0.2},
               "RandomContrast": {"factor": 0.2}, "RandomHue": {"factor": 0.2}, "RandomRotation": {"factor": 0.2},
               "RandomSaturation": {"factor": 0.2}, "RandomSharpness": {"factor": 0.2},
               "RandomPosterization": {"factor": 4}, "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
               "RandomZoom": {"height_factor": 0.2}, "MaxNumBoundingBoxes": {"max_number": 3}}
    one(name, getattr(layers, name)(**options.get(name, {})), 6, 5, 3, out=False)
one("AutoContrast", layers.AutoContrast(value_range=(-2, 2)), 6, 5, 3, out=False)
one("Pipeline", layers.Pipeline([layers.RandomFlip(), layers.CenterCrop(4, 4), layers.Rescaling(2.0)]), 6, 5, 3,
    out=False)
for mode in ("bilinear", "nearest", "bicubic"):
    for name, options in {"crop": {"crop_to_aspect_ratio": True}, "pad": {"pad_to_aspect_ratio": True, "fill_value": 0.5},
                          "antialias": {"antialias": True}, "": {}}.items():
        one(f"Resizing {mode} {name}", layers.Resizing(4, 7, interpolation=mode, **options), 9, 6, 3,
            onnx_too=name != "antialias" and mode != "bicubic", out=name == "")
one("CenterCrop smaller", layers.CenterCrop(8, 4), 5, 6, 3, out=False)
one("UpSampling2D bicubic", layers.UpSampling2D(2, interpolation="bicubic"), 5, 4, 3, out=False)
one("BatchNormalization middle", layers.BatchNormalization(axis=2), 5, 4, 3)
one("LayerNormalization middle", layers.LayerNormalization(axis=[1, 2]), 5, 4, 3)

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
check("MultiHeadAttention key", Model([a, b], layers.MultiHeadAttention(2, 3)(key=b, value=b, query=a)))
check("MultiHeadAttention output", Model(a, layers.MultiHeadAttention(2, 3, output_shape=(2, 4))(a, a)))
c = Input((3, 5, 4), name="c")
for axes in ((1,), (2,), (1, 2), None):
    check(f"MultiHeadAttention axes {axes}", Model(
        c, layers.MultiHeadAttention(2, 3, attention_axes=axes)(c, c)), out=False)
check("GroupQueryAttention", Model([a, b], layers.GroupQueryAttention(2, 4, 2)(a, b)), out=False)
d = Input((5,), name="d")
check("Multiply ranks", Model([a, d], layers.Multiply()([a, layers.Reshape((5, 1))(d)])))

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
