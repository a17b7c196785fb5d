#!/usr/bin/env python3
"""ONNX models of many operator sets against the reference evaluator of the `onnx` package.

Each case is a small model that this program makes, written in the words of one operator set. mrdl-infer
must answer what the evaluator answers; it must also read tensors in every way that protobuf can hold
them, tensors in a file of their own, and functions that the model defines.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

tools = pathlib.Path(sys.argv[1])
noise = np.random.default_rng(28)
failures = []


def real(*shape, low=-2.0, high=2.0):
    return noise.uniform(low, high, shape).astype(np.float32)


def model_of(nodes, inputs, outputs, opset, constants=(), functions=(), domains=()):
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
         for n, a in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
        [numpy_helper.from_array(a, n) for n, a in constants])
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=8)


def check(name, path, inputs, expected):
    with tempfile.TemporaryDirectory() as work:
        command = [tools / "mrdl-infer", path, "--save-outputs", f"{work}/out"]
        for key, array in inputs.items():
            np.save(f"{work}/{key}.npy", array)
            command += ["--input", f"{key}={work}/{key}.npy"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            failures.append(f"{name}: exit {done.returncode}: {done.stderr.strip()}")
            return
        listing = json.load(open(f"{work}/out/outputs.json"))
        found = [np.load(f"{work}/out/{entry['file']}") for entry in listing]
    for wanted, got in zip(expected, found, strict=True):
        if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=1e-5, atol=1e-5):
            failures.append(f"{name}: {got.shape} differs from {wanted.shape}: {got} {wanted}"[:400])


def case(name, nodes, inputs, opset, outputs=("y",), constants=(), expected=None):
    model = model_of(nodes, inputs, outputs, opset, constants)
    # The evaluator reads old nodes of some operators with their newest meaning.
    expected = ReferenceEvaluator(model).run(None, inputs) if expected is None else expected
    with tempfile.TemporaryDirectory() as work:
        path = f"{work}/model.onnx"
        onnx.save(model, path)
        check(f"{name} of operator set {opset}", path, inputs, expected)


def node(operator, inputs, outputs=("y",), **attributes):
    return helper.make_node(operator, inputs, list(outputs), **attributes)


x = {"x": real(2, 3, 4, 5)}
for opset in (7, 9, 11, 12, 13, 18, 21):
    for operator in ("Relu", "Sigmoid", "Tanh", "Neg", "Abs", "Exp", "Erf"):
        if operator != "Erf" or opset >= 9:
            case(operator, [node(operator, ["x"])], x, opset)
    case("HardSigmoid", [node("HardSigmoid", ["x"], alpha=0.3)], x, opset)
    case("PRelu", [node("PRelu", ["x", "s"])], x, opset, constants=[("s", real(3, 1, 1))])
    case("Flatten", [node("Flatten", ["x"], axis=2)], x, opset)
    case("Transpose", [node("Transpose", ["x"], perm=[3, 1, 0, 2])], x, opset)
    case("Concat", [node("Concat", ["x", "x"], axis=1)], x, opset)
    case("Gather", [node("Gather", ["x", "i"], axis=2)], x, opset,
         constants=[("i", np.array([[0, 3], [1, 1]], np.int64))])
    case("Conv", [node("Conv", ["x", "w", "b"], strides=[2, 1], pads=[1, 0, 1, 1], dilations=[1, 2])],
         x, opset, constants=[("w", real(4, 3, 3, 2)), ("b", real(4))])
    case("GlobalAveragePool", [node("GlobalAveragePool", ["x"])], x, opset)
    case("MaxPool", [node("MaxPool", ["x"], kernel_shape=[2, 3], strides=[1, 2])], x, opset)
    scale, bias, mean, variance = real(3), real(3), real(3), real(3, low=0.5)
    column = (slice(None), None, None)
    case("BatchNormalization", [node("BatchNormalization", ["x", "s", "b", "m", "v"])], x, opset,
         constants=[("s", scale), ("b", bias), ("m", mean), ("v", variance)],
         expected=[(x["x"] - mean[column]) / np.sqrt(variance + 1e-5)[column] * scale[column]
                   + bias[column]])
    case("Gemm", [node("Gemm", ["a", "w", "c"], alpha=0.5, transB=1)], {"a": real(4, 6)}, opset,
         constants=[("w", real(3, 6)), ("c", real(3))])
    for axis in (1, 3):
        # Before version 13 the axes from the given one on are one.
        together = tuple(range(axis, 4)) if opset < 13 else axis
        powers = np.exp(x["x"] - x["x"].max(together, keepdims=True))
        case("Softmax", [node("Softmax", ["x"], axis=axis)], x, opset,
             expected=[powers / powers.sum(together, keepdims=True)])
    if opset < 13:
        case("Squeeze", [node("Squeeze", ["a"], axes=[0, 2])], {"a": real(1, 3, 1, 4)}, opset)
        case("Unsqueeze", [node("Unsqueeze", ["x"], axes=[0, 5])], x, opset)
        case("ReduceSum", [node("ReduceSum", ["x"], axes=[1, -1] if opset >= 11 else [1, 3])], x, opset)
    else:
        one = [("axes", np.array([0, 2], np.int64))]
        case("Squeeze", [node("Squeeze", ["a", "axes"])], {"a": real(1, 3, 1, 4)}, opset, constants=one)
        case("Unsqueeze", [node("Unsqueeze", ["x", "axes"])], x, opset, constants=one)
        case("ReduceSum", [node("ReduceSum", ["x", "axes"], keepdims=0)], x, opset, constants=one)
    if opset < 18:
        case("ReduceMean", [node("ReduceMean", ["x"], axes=[2, 3])], x, opset)
    if opset < 11:
        case("Clip", [node("Clip", ["x"], min=-0.5, max=1.0)], x, opset)
        case("Pad", [node("Pad", ["x"], pads=[0, 0, 1, 2, 0, 1, 0, 3], value=0.5)], x, opset)
    else:
        case("Clip", [node("Clip", ["x", "low"])], x, opset, constants=[("low", np.float32(-0.5))])
        case("Pad", [node("Pad", ["x", "p"])], x, opset,
             constants=[("p", np.array([0, 0, 1, 2, 0, 1, 0, 3], np.int64))])
    if opset < 10:
        case("Slice", [node("Slice", ["x"], starts=[1, -3], ends=[9, -1], axes=[1, 3])], x, opset)
    else:
        case("Slice", [node("Slice", ["x", "a", "e", "d", "s"])], x, opset, constants=[
            ("a", np.array([3, 0], np.int64)), ("e", np.array([-9, 5], np.int64)),
            ("d", np.array([2, 3], np.int64)), ("s", np.array([-1, 2], np.int64))])

# A function of the model, called twice with other attributes.
twice = helper.make_function(
    "local", "Twice", ["a"], ["b"],
    [helper.make_node("LeakyRelu", ["a"], ["t"]), helper.make_node("Add", ["t", "t"], ["b"])],
    [helper.make_opsetid("", 13)], ["slope"])
reference = twice.node[0].attribute.add()
reference.name, reference.ref_attr_name, reference.type = "alpha", "slope", onnx.AttributeProto.FLOAT
model = model_of([node("Twice", ["x"], ["m"], domain="local", slope=0.5),
                  node("Twice", ["m"], domain="local", slope=0.25)],
                 x, ["y"], 13, functions=[twice], domains=["local"])
expected = x["x"]
for slope in (0.5, 0.25):
    expected = 2 * np.where(expected < 0, slope * expected, expected)
with tempfile.TemporaryDirectory() as work:
    onnx.save(model, f"{work}/model.onnx")
    check("a function", f"{work}/model.onnx", x, [expected])

# Tensors in a file of their own.
weight = real(5, 40)
model = model_of([node("MatMul", ["a", "w"])], {"a": real(2, 5)}, ["y"], 13, [("w", weight)])
inputs = {"a": real(2, 5)}
with tempfile.TemporaryDirectory() as work:
    onnx.save(model, f"{work}/model.onnx", save_as_external_data=True, location="weights.bin",
              size_threshold=16)
    check("external data", f"{work}/model.onnx", inputs, [inputs["a"] @ weight])
    pathlib.Path(f"{work}/weights.bin").unlink()
    done = subprocess.run([tools / "mrdl-inspect", f"{work}/model.onnx"], capture_output=True, text=True)
    if done.returncode != 66 or len(done.stderr.splitlines()) != 1:
        failures.append(f"a missing file of weights: exit {done.returncode}: {done.stderr}")

# Scan of operator set 8 runs over a batch, whose sequences may have lengths of their own: directions count from the
# end of the sequence, and results are zero behind it. The reference evaluator knows no such Scan.
lengths = np.array([3, 5, 1, 4])
scanned = {"s0": real(4, 2), "x": real(4, 5, 2), "z": real(4, 5, 2)}
body = helper.make_graph(
    [node("Add", ["s", "e"], ["p"]), node("Sub", ["p", "f"], ["t"]), node("Mul", ["t", "e"], ["o"])], "body",
    [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "sef"],
    [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "to"])
for known in (True, False):
    last, products = scanned["s0"].copy(), np.zeros_like(scanned["x"])
    for sample, length in enumerate(lengths if known else [5] * 4):
        for step in range(length):
            element = scanned["x"][sample, step]
            last[sample] += element - scanned["z"][sample, length - 1 - step]
            products[sample, step] = last[sample] * element
    case(f"Scan, {'lengths' if known else 'no lengths'}",
         [node("Scan", ["n" if known else "", "s0", "x", "z"], ["y", "w"], body=body, num_scan_inputs=2,
               directions=[0, 1])],
         {**scanned, **({"n": lengths} if known else {})}, 8, outputs=("y", "w"), expected=[last, products])

# Every graph comes back from .mrdl and .h5 with the same answer.
inputs = {"x": real(1, 3, 4, 5)}
model = model_of([node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"])], inputs, ["y"], 11,
                 [("w", real(2, 3, 2, 2))])
expected = ReferenceEvaluator(model).run(None, inputs)
with tempfile.TemporaryDirectory() as work:
    onnx.save(model, f"{work}/model.onnx")
    for ending in ("mrdl", "h5"):
        subprocess.run([tools / "mrdl-convert", f"{work}/model.onnx", f"{work}/model.{ending}"],
                       check=True, capture_output=True)
        check(f"ONNX as .{ending}", f"{work}/model.{ending}", inputs, expected)

print("\n".join(failures) or "every model answers as the reference evaluator does")
sys.exit(1 if failures else 0)
