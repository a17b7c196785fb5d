#!/usr/bin/env python3
"""Files that are damaged at random: every reader must give a model, a picture or a clear error.

Small files of every kind that is read are written with the packages that define their formats, and given to
fuzz-readers, which changes them in the manner of their formats and reads the result. What ends the process,
takes too long or takes too much memory is printed with the options that repeat it.

    check_hostile_files.py TOOLS [SECONDS [SEED]]

Without a time it tries the same 60,000 cases each time, so that what it finds does not depend on
the speed of the machine.
"""
import json
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import types
import zipfile

os.environ["KERAS_BACKEND"] = "numpy"
import logging

logging.disable(logging.WARNING)

import h5py
import keras
import numpy as np
import onnx
import PIL.Image
import safetensors.numpy
from keras import Input, Model, Sequential, layers
from onnx import TensorProto, helper, numpy_helper

extent = ["--seconds", sys.argv[2]] if len(sys.argv) > 2 else ["--cases", "30000", "--seconds", "600"]
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
root = pathlib.Path(__file__).resolve().parents[2]
noise = np.random.default_rng(5)
keras.utils.set_random_seed(5)


def array(*shape):
    return noise.uniform(-1, 1, shape).astype(np.float32)


def onnx_files(directory):
    """Plain graphs, graphs inside nodes, functions, every way of storing numbers, data beside the file."""
    tensor = helper.make_tensor_value_info
    value = lambda name, shape=(None, 3, 8, 8): tensor(name, TensorProto.FLOAT, shape)

    def save(name, nodes, inputs, outputs, initializers=(), opset=21, functions=(), **keywords):
        graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
        domains = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1),
                   helper.make_opsetid("own", 1)]
        model = helper.make_model(graph, opset_imports=domains, functions=list(functions), **keywords)
        onnx.save(model, directory / f"{name}.onnx")
        return model

    weights = [numpy_helper.from_array(array(4, 3, 3, 3), "w"), numpy_helper.from_array(array(4), "b"),
               numpy_helper.from_array(array(64, 5), "d")]
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[1, 1]),
             helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
             helper.make_node("Flatten", ["p"], ["f"]),
             helper.make_node("MatMul", ["f", "d"], ["m"]),
             helper.make_node("Softmax", ["m"], ["y"], axis=-1)]
    model = save("plain", nodes, [value("x")], [value("y", (None, 5))], weights, producer_name="sample")
    onnx.save(model, directory / "beside.onnx", save_as_external_data=True, location="beside.data", size_threshold=0)
    for version in (7, 11, 13):
        old = [helper.make_node("BatchNormalization", ["x", "s", "s", "s", "s"], ["n"], epsilon=1e-3),
               helper.make_node("Unsqueeze", ["n"], ["u"], axes=[0]) if version < 13
               else helper.make_node("Unsqueeze", ["n", "a"], ["u"]),
               helper.make_node("ReduceMean", ["u"], ["y"], axes=[2], keepdims=0)]
        save(f"version{version}", old, [value("x")], [value("y", None)],
             [numpy_helper.from_array(array(3) ** 2 + 1, "s"), numpy_helper.from_array(np.array([0]), "a")],
             opset=version)
    body = helper.make_graph(
        [helper.make_node("Add", ["s", "x"], ["t"]), helper.make_node("Identity", ["c"], ["d"]),
         helper.make_node("Constant", [], ["k"], value_float=1.5), helper.make_node("Mul", ["t", "k"], ["e"])],
        "body", [tensor("i", TensorProto.INT64, []), tensor("c", TensorProto.BOOL, []), value("s", None)],
        [tensor("d", TensorProto.BOOL, []), value("t", None), value("e", None)])
    branch = lambda op: helper.make_graph([helper.make_node(op, ["x"], ["z"])], op, [], [value("z", None)])
    save("graphs", [helper.make_node("Loop", ["n", "g", "x"], ["l", "a"], body=body),
                    helper.make_node("If", ["g"], ["i"], then_branch=branch("Neg"), else_branch=branch("Abs")),
                    helper.make_node("SequenceConstruct", ["l", "i"], ["q"]),
                    helper.make_node("ConcatFromSequence", ["q"], ["y"], axis=0)],
         [value("x")], [value("y", None), value("a", None)],
         [numpy_helper.from_array(np.array(3), "n"), numpy_helper.from_array(np.array(True), "g")])
    inner = helper.make_function("own", "Twice", ["a"], ["b"], [
        helper.make_node("Constant", [], ["two"], value_floats=[2.0]), helper.make_node("Mul", ["a", "two"], ["b"])],
        [helper.make_opsetid("", 21)])
    leaky = onnx.helper.make_node("LeakyRelu", ["c"], ["b"])
    reference = leaky.attribute.add()
    reference.name, reference.ref_attr_name, reference.type = "alpha", "slope", onnx.AttributeProto.FLOAT
    outer = helper.make_function("own", "Bent", ["a"], ["b"], [
        helper.make_node("Twice", ["a"], ["c"], domain="own"), leaky],
        [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)], attributes=["slope"])
    save("functions", [helper.make_node("Bent", ["x"], ["y"], domain="own", slope=0.25)], [value("x")], [value("y")],
         functions=[inner, outer])
    kinds = [helper.make_tensor("f", TensorProto.FLOAT, [4], [1, 2, 3, 4]),
             helper.make_tensor("g", TensorProto.FLOAT16, [4], [1, 2, 3, 4]),
             helper.make_tensor("h", TensorProto.INT64, [2, 2], [1, -2, 3, -4]),
             helper.make_tensor("i", TensorProto.INT4, [5], [1, -2, 3, -4, 5]),
             helper.make_tensor("j", TensorProto.UINT8, [3], [1, 2, 3]),
             helper.make_tensor("k", TensorProto.BOOL, [3], [1, 0, 1]),
             helper.make_tensor("l", TensorProto.DOUBLE, [2], [1.5, 2.5]),
             helper.make_tensor("m", TensorProto.BFLOAT16, [2], [1.5, 2.5])]
    save("kinds", [helper.make_node("Cast", [t.name], [f"{t.name}.f"], to=1) for t in kinds]
         + [helper.make_node("Concat", [f"{t.name}.f" for t in kinds if t.name != "h"], ["y"], axis=0),
            helper.make_node("Reshape", ["x", "h"], ["r"])],
         [value("x")], [value("y", None), value("r", None)], kinds)
    save("fused", [helper.make_node("FusedMatMul", ["x", "d"], ["y"], domain="com.microsoft", alpha=0.5)],
         [value("x", (None, 64))], [value("y", (None, 5))], weights[2:])


def keras_files(directory):
    """Archives, HDF5 files, and the architecture of each beside its weights."""
    x = Input((6, 3), name="x")
    m = layers.Masking()(x)
    y = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(m)
    z = layers.MultiHeadAttention(2, 2)(y, y)
    z = layers.Add()([y, z])
    models = {
        "pictures": Sequential([
            Input((8, 8, 3)), layers.Rescaling(0.5), layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(), layers.DepthwiseConv2D(2), layers.SeparableConv2D(4, 2),
            layers.Conv2DTranspose(3, 2, strides=2), layers.MaxPooling2D(), layers.UpSampling2D(2),
            layers.ZeroPadding2D(((1, 0), (0, 1))), layers.Cropping2D(1), layers.Resizing(4, 4),
            layers.LayerNormalization(), layers.PReLU(), layers.Flatten(), layers.Reshape((-1, 4)),
            layers.Permute((2, 1)), layers.Conv1D(2, 2), layers.GlobalAveragePooling1D(), layers.Dense(3)]),
        "sequences": Model(x, [layers.GRU(2)(z), layers.TimeDistributed(layers.Dense(2))(z),
                               layers.RNN([layers.LSTMCell(2), layers.GRUCell(2)])(m)]),
        "convolved": Sequential([Input((3, 5, 4, 2)), layers.ConvLSTM2D(2, 2, return_sequences=True),
                                 layers.TimeDistributed(layers.GlobalMaxPooling2D()), layers.SimpleRNN(2)]),
        "words": Sequential([Input((5,)), layers.Embedding(7, 3, mask_zero=True), layers.LSTM(2),
                             layers.RepeatVector(3), layers.GroupNormalization(1), layers.Softmax()]),
        "nested": Sequential([Input((4,)), Sequential([Input((4,)), layers.Dense(4)]),
                              layers.Normalization(mean=0.5, variance=2.0), layers.Discretization([0.0, 1.0])]),
    }
    for name, model in models.items():
        model.save(directory / f"{name}.keras")
        model.save(directory / f"{name}.h5")
        (directory / f"{name}.json").write_text(model.to_json())


def keras_1_files(directory):
    """The words of Keras 1, which no package writes any more; one file with a window that does not move."""
    keras_1_file(directory, "old", 2)
    keras_1_file(directory, "standing", 0)


def keras_1_file(directory, stem, step):
    convolution = {"class_name": "Convolution2D", "config": {
        "name": "c", "nb_filter": 2, "nb_row": 3, "nb_col": 3, "border_mode": "same", "subsample": [1, 1],
        "dim_ordering": "th", "activation": "relu", "bias": True, "batch_input_shape": [None, 3, 8, 8]}}
    rest = [{"class_name": "MaxPooling2D", "config": {"name": "p", "pool_size": [2, 2], "strides": [step, 2],
                                                     "border_mode": "valid", "dim_ordering": "th"}},
            {"class_name": "Flatten", "config": {"name": "f"}},
            {"class_name": "Dense", "config": {"name": "d", "output_dim": 3, "activation": "softmax", "bias": True}}]
    config = {"class_name": "Sequential", "config": [convolution] + rest, "keras_version": "1.2.2"}
    (directory / f"{stem}.json").write_text(json.dumps(config))
    with h5py.File(directory / f"{stem}.h5", "w") as file:
        file.attrs["keras_version"] = b"1.2.2"
        file.attrs["model_config"] = json.dumps(config).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"c", b"p", b"f", b"d"]
        for layer, weights in {"c": {"c_W": array(2, 3, 3, 3), "c_b": array(2)}, "p": {}, "f": {},
                               "d": {"d_W": array(32, 3), "d_b": array(3)}}.items():
            part = group.create_group(layer)
            part.attrs["weight_names"] = [name.encode() for name in weights]
            for name, values in weights.items():
                part[name] = values


def torch_file(directory):
    """A checkpoint as torch.save lays it out, written with the pickle of the standard library."""
    package, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2(*arguments):
        pass

    class FloatStorage:
        pass

    class LongStorage:
        pass

    for owner, item in ((utilities, _rebuild_tensor_v2), (package, FloatStorage), (package, LongStorage)):
        item.__module__ = owner.__name__
        item.__qualname__ = item.__name__
        setattr(owner, item.__name__, item)
    sys.modules.update({"torch": package, "torch._utils": utilities})
    storages = []

    class Stored:
        def __init__(self, kind, count):
            self.parts = ("storage", kind, str(len(storages)), "cpu", count)
            storages.append(array(count) if kind is FloatStorage else np.arange(count))

    class Tensor:
        def __init__(self, kind, *extents):
            strides = tuple(int(np.prod(extents[n + 1:])) for n in range(len(extents)))
            self.parts = (Stored(kind, int(np.prod(extents))), 0, extents, strides, False, {})

        def __reduce__(self):
            return _rebuild_tensor_v2, self.parts

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            return item.parts if isinstance(item, Stored) else None

    with zipfile.ZipFile(directory / "checkpoint.pt", "w") as file:
        with file.open("archive/data.pkl", "w") as stream:
            Pickler(stream, protocol=2).dump({
                "state_dict": {"a.weight": Tensor(FloatStorage, 4, 3), "a.bias": Tensor(FloatStorage, 4)},
                "steps": Tensor(LongStorage, 2), "epoch": 3, "rate": 0.5, "names": ["a", ("b", None, True)]})
        file.writestr("archive/byteorder", "little")
        file.writestr("archive/version", "3\n")
        for number, values in enumerate(storages):
            file.writestr(f"archive/data/{number}", values.tobytes())


def array_files(directory):
    some = {"a": array(3, 4), "b": np.arange(5), "c": np.array(True), "d": array(2, 2).astype(np.float16),
            "e": np.zeros((0, 3)), "f": np.asfortranarray(array(3, 2))}
    for name, values in some.items():
        np.save(directory / f"{name}.npy", values)
    np.savez(directory / "stored.npz", **some)
    np.savez_compressed(directory / "deflated.npz", **some)
    safetensors.numpy.save_file({name: np.ascontiguousarray(values) for name, values in some.items()},
                                directory / "some.safetensors", metadata={"format": "pt"})


def picture_files(directory):
    pixels = noise.integers(0, 256, (13, 17, 4), np.uint8)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        picture = PIL.Image.fromarray(pixels).convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            picture = PIL.Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
        picture.save(directory / f"{mode.replace(';', '')}.png")
        if mode in ("1", "L", "P", "RGB", "RGBA"):
            picture.save(directory / f"{mode}.bmp")
        if mode in ("1", "L", "RGB"):
            picture.save(directory / f"{mode}.ppm")
    (directory / "text.pgm").write_text("P2\n# words\n3 2\n255\n0 1 2\n253 254 255\n")
    (directory / "any.pam").write_bytes(
        b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + pixels[:2, :3].tobytes())


def refuse_scalar_kernel(samples, tools):
    """A dense layer whose kernel has no axes, which chance finds once in an hour."""
    damaged = samples.parent / "scalar.h5"
    shutil.copy(samples / "pictures.h5", damaged)
    with h5py.File(damaged, "r+") as file:
        names = []
        file["model_weights"].visit(lambda name: names.append(name) if name.endswith("dense/kernel") else None)
        del file["model_weights"][names[0]]
        file["model_weights"][names[0]] = np.float32(1)
    answer = subprocess.run([tools / "mrdl-inspect", damaged], capture_output=True, text=True)
    if answer.returncode != 65 or "the weights of a layer do not fit" not in answer.stderr:
        sys.exit(f"a dense layer with a scalar kernel: {answer.returncode}, {answer.stderr}")


subprocess.run(["swift", "build", "-c", "release", "--product", "fuzz-readers"], cwd=root, check=True,
               stdout=subprocess.DEVNULL)
fuzzer = root / ".build/release/fuzz-readers"
with tempfile.TemporaryDirectory() as work:
    samples = pathlib.Path(work) / "samples"
    samples.mkdir()
    for write in (onnx_files, keras_files, keras_1_files, torch_file, array_files, picture_files):
        write(samples)
    tools = pathlib.Path(sys.argv[1])
    model = samples / "made.mrdl"
    subprocess.run([tools / "mrdl-convert", samples / "plain.onnx", model], check=True, capture_output=True)
    # The header alone, which a digest covers in the file.
    content = model.read_bytes()
    start, count = np.frombuffer(content, "<u4", 2, 24)
    (samples / "header.json").write_bytes(content[start:start + count])
    refuse_scalar_kernel(samples, tools)
    files = [path for path in sorted(samples.iterdir()) if path.suffix != ".data"]
    for folder in ("MRDLHDF5Tests", "MRDLFormatTests"):
        fixtures = root / "Tests" / folder / "Fixtures"
        files += sorted(path for path in fixtures.iterdir() if path.suffix in (".h5", ".mrdl"))
    failed = root / ".build/hostile"
    failed.mkdir(exist_ok=True)
    shutil.copy(samples / "beside.data", failed)
    # Processes with a seed of their own each.
    running = [
        subprocess.Popen([fuzzer, "--seed", str(seed + number), *extent, "--directory", failed]
                         + files)
        for number in range(os.cpu_count() or 1 if len(sys.argv) > 2 else 2)]
    codes = [process.wait() for process in running]
    if any(codes):
        print(f"the file that failed is in {failed}")
    sys.exit(1 if any(codes) else 0)
