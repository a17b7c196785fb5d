#!/usr/bin/env python3
"""Operators of onnxruntime's own domain `com.microsoft`, as its tools write them into models.

Each is put into a model of its own, for its options, and mrdl-infer must answer as onnxruntime does.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

tools = pathlib.Path(sys.argv[1])
wanted = sys.argv[2:]
noise = np.random.default_rng(7)
failures = []
count = 0
onnxruntime.set_default_logger_severity(4)


def array(*shape):
    return noise.uniform(-1, 1, shape).astype(np.float32)


def whole(kind, *shape):
    info = np.iinfo(kind)
    return noise.integers(info.min, info.max + 1, shape).astype(kind)


def check(title, op, operands, output_count=1, constants=(), tolerance=1e-4, **attributes):
    """A model of one node. Operands are arrays, or None; those whose numbers are in `constants` are initialisers."""
    global count
    if wanted and not any(word in f"{op} {title}" for word in wanted):
        return
    names = ["" if values is None else f"x{n}" for n, values in enumerate(operands)]
    kinds = {name: helper.np_dtype_to_tensor_dtype(values.dtype) for name, values in zip(names, operands) if name}
    inputs = {name: values for n, (name, values) in enumerate(zip(names, operands)) if name and n not in constants}
    outputs = [f"y{n}" for n in range(output_count)]
    graph = helper.make_graph(
        [helper.make_node(op, names, outputs, domain="com.microsoft", **attributes)], "one",
        [helper.make_tensor_value_info(name, kinds[name], values.shape) for name, values in inputs.items()],
        [helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None) for name in outputs],
        [numpy_helper.from_array(operands[n], names[n]) for n in constants])
    for value in graph.output:
        value.ClearField("type")
    model = helper.make_model(graph, ir_version=9, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    with tempfile.TemporaryDirectory() as work:
        # onnxruntime tells the types of outputs, which a model must state.
        session = onnxruntime.InferenceSession(model.SerializeToString())
        for value, known in zip(graph.output, session.get_outputs()):
            element = known.type.removeprefix("tensor(").removesuffix(")")
            code = {"float": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "float16": 10}[element]
            value.CopyFrom(helper.make_tensor_value_info(value.name, code, None))
        model.graph.CopyFrom(graph)
        onnx.save(model, f"{work}/m.onnx")
        try:
            expected = session.run(None, inputs)
        except Exception as error:
            print(f"{op} {title}: onnxruntime itself fails: {str(error)[-80:]}")
            return
        arguments = []
        for name, values in inputs.items():
            np.save(f"{work}/{name}.npy", values)
            arguments += ["--input", f"{name}={work}/{name}.npy"]
        done = subprocess.run([tools / "mrdl-infer", f"{work}/m.onnx", "--save-outputs", f"{work}/out", *arguments],
                              capture_output=True, text=True)
        count += 1
        if done.returncode != 0:
            failures.append(f"{op} {title}: exit {done.returncode}: {done.stderr.strip()[:300]}")
            return
        found = [np.load(f"{work}/out/{entry['file']}") for entry in json.load(open(f"{work}/out/outputs.json"))]
        for left, right in zip(found, expected, strict=True):
            # A quantised number may fall on either side of a half.
            slack = 1 if right.dtype.kind in "iu" and right.dtype.itemsize == 1 else tolerance
            if left.shape != right.shape or left.dtype != right.dtype or not np.allclose(
                    left.astype(np.float64), right.astype(np.float64), rtol=tolerance, atol=slack):
                worst = np.abs(left.astype(np.float64) - right).max() if left.shape == right.shape else "shapes"
                failures.append(f"{op} {title}: {left.dtype} {left.shape} and {right.dtype} {right.shape} "
                                f"differ by {worst}")
                return


# Fused with activations.
for activation, numbers in (("Relu", None), ("LeakyRelu", [0.2]), ("HardSigmoid", [0.3, 0.4]), ("Tanh", None),
                            ("Clip", [-0.5, 0.5]), ("Sigmoid", None)):
    options = {"activation_params": numbers} if numbers else {}
    check(activation, "FusedConv", [array(1, 3, 6, 5), array(4, 3, 3, 3), array(4)], constants=(1, 2),
          activation=activation, pads=[1, 1, 1, 1], strides=[1, 1], kernel_shape=[3, 3], **options)
check("sum", "FusedConv", [array(1, 3, 6, 5), array(4, 3, 3, 3), array(4), array(1, 4, 4, 3)], constants=(1, 2),
      activation="Relu", kernel_shape=[3, 3])
check("", "FusedGemm", [array(3, 4), array(5, 4), array(5)], activation="Relu", transB=1, alpha=0.5)
check("leaky", "FusedGemm", [array(3, 4), array(4, 5), array(5)], activation="LeakyRelu", activation_alpha=0.3)
check("", "FusedMatMul", [array(2, 3, 4), array(2, 4, 5)], alpha=0.25)
check("turned", "FusedMatMul", [array(2, 4, 3), array(2, 5, 4)], transA=1, transB=1)
check("batch", "FusedMatMul", [array(3, 2, 4), array(2, 4, 5)], transBatchA=1)
for op in ("Gelu", "QuickGelu", "FastGelu"):
    check("", op, [array(3, 8) * 3])
check("bias", "FastGelu", [array(3, 8) * 3, array(8)])
check("", "BiasGelu", [array(3, 8) * 3, array(8)])

# Normalisation.
check("", "SkipLayerNormalization", [array(2, 3, 8), array(2, 3, 8), array(8), array(8)], epsilon=1e-5)
check("bias", "SkipLayerNormalization", [array(2, 3, 8), array(2, 3, 8), array(8), array(8), array(8)])
check("", "SkipSimplifiedLayerNormalization", [array(2, 3, 8), array(2, 3, 8), array(8)], epsilon=1e-5)
check("bias", "SkipSimplifiedLayerNormalization", [array(2, 3, 8), array(2, 3, 8), array(8), array(8)])
ids, segments = noise.integers(0, 9, (2, 5)).astype(np.int32), noise.integers(0, 2, (2, 5)).astype(np.int32)
tables = [array(9, 8), array(6, 8), array(2, 8), array(8), array(8)]
check("", "EmbedLayerNormalization", [ids, segments] + tables, 2, constants=(2, 3, 4, 5, 6))
check("mask", "EmbedLayerNormalization",
      [ids, segments] + tables + [np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)], 2,
      constants=(2, 3, 4, 5, 6))

# Attention.
x, w, b = array(2, 5, 8), array(8, 24), array(24)
past = array(2, 2, 2, 3, 4)
masks = {"ends": np.array([3, 5], np.int32), "steps": np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], np.int32),
         "pairs": noise.integers(0, 2, (2, 5, 5)).astype(np.int32)}
check("", "Attention", [x, w, b], constants=(1, 2), num_heads=2)
check("causal", "Attention", [x, w, b], constants=(1, 2), num_heads=2, unidirectional=1)
for name, mask in masks.items():
    check(f"mask {name}", "Attention", [x, w, b, mask], constants=(1, 2), num_heads=2)
check("past", "Attention", [x, w, b, None, past], 2, constants=(1, 2), num_heads=2, unidirectional=1)
check("bias", "Attention", [x, w, b, None, None, array(2, 2, 5, 5)], constants=(1, 2), num_heads=2)
check("sizes", "Attention", [x, array(8, 20), array(20)], constants=(1, 2), num_heads=2,
      qkv_hidden_sizes=[8, 8, 4])
q, k, v = array(2, 5, 8), array(2, 6, 8), array(2, 6, 8)
check("", "MultiHeadAttention", [q, k, v], num_heads=2)
check("bias", "MultiHeadAttention", [q, k, v, array(24)], num_heads=2)
check("mask", "MultiHeadAttention", [q, k, v, None, noise.integers(0, 2, (2, 6)).astype(np.int32)], num_heads=2)
check("scores", "MultiHeadAttention", [q, k, v, None, None, array(2, 2, 5, 6)], num_heads=2, scale=0.3)
check("heads", "MultiHeadAttention", [q, array(2, 2, 6, 4), array(2, 2, 6, 4)], num_heads=2)
check("past", "MultiHeadAttention",
      [q, k, v, None, None, None, array(2, 2, 3, 4), array(2, 2, 3, 4)], 3, num_heads=2)
angles = np.outer(np.arange(12), 1 / 10 ** np.arange(2))
cosines, sines = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
check("", "RotaryEmbedding", [array(2, 5, 8), noise.integers(0, 7, (2, 5)), cosines, sines])
check("interleaved", "RotaryEmbedding", [array(2, 2, 5, 4), np.array([3]), cosines, sines], interleaved=1)
groups = [array(2, 5, 64), array(2, 5, 32), array(2, 5, 32)]
empty = np.zeros((2, 2, 0, 16), np.float32)
angles = np.outer(np.arange(12), 1 / 10 ** np.arange(8))
cosines, sines = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
check("prompt", "GroupQueryAttention", groups + [empty, empty, np.array([4, 4], np.int32), np.array(5, np.int32)],
      3, num_heads=4, kv_num_heads=2)
check("rotary", "GroupQueryAttention",
      groups + [empty, empty, np.array([4, 4], np.int32), np.array(5, np.int32), cosines, sines], 3,
      num_heads=4, kv_num_heads=2, do_rotary=1)
one = [array(1, 1, 64), array(1, 1, 32), array(1, 1, 32)]
check("step", "GroupQueryAttention",
      one + [array(1, 2, 6, 16), array(1, 2, 6, 16), np.array([6], np.int32), np.array(7, np.int32), cosines, sines], 3,
      num_heads=4, kv_num_heads=2, do_rotary=1)
check("window", "GroupQueryAttention",
      groups + [empty, empty, np.array([4, 4], np.int32), np.array(5, np.int32)], 3,
      num_heads=4, kv_num_heads=2, local_window_size=2)

# Quantised.
scale, zero = np.array(0.05, np.float32), np.array(120, np.uint8)
pair = [whole(np.uint8, 2, 3), scale, zero, whole(np.uint8, 2, 3), np.array(0.03, np.float32), np.array(90, np.uint8),
        np.array(0.07, np.float32), np.array(128, np.uint8)]
check("", "QLinearAdd", pair, constants=(1, 2, 4, 5, 6, 7))
check("", "QLinearMul", pair[:6] + [np.array(0.2, np.float32), np.array(128, np.uint8)], constants=(1, 2, 4, 5, 6, 7))
one = [whole(np.uint8, 2, 3, 6, 6), scale, zero, np.array(0.01, np.float32), np.array(20, np.uint8)]
check("", "QLinearSigmoid", one, constants=(1, 2, 3, 4))
check("", "QLinearLeakyRelu", one, constants=(1, 2, 3, 4), alpha=0.3)
check("", "QLinearGlobalAveragePool", one, constants=(1, 2, 3, 4))
check("", "QLinearAveragePool", one, constants=(1, 2, 3, 4), kernel_shape=[2, 2], strides=[2, 2])
check("last", "QLinearAveragePool", [one[0].transpose(0, 2, 3, 1).copy()] + one[1:], constants=(1, 2, 3, 4),
      kernel_shape=[2, 2], channels_last=1)
check("", "QLinearSoftmax", one, constants=(1, 2, 3, 4), axis=-1, opset=13)
check("", "QLinearConcat", [scale, zero, whole(np.uint8, 2, 3), np.array(0.04, np.float32), zero,
                            whole(np.uint8, 2, 4), np.array(0.06, np.float32), zero],
      constants=(0, 1, 3, 4, 6, 7), axis=1)
a, b8 = whole(np.uint8, 3, 8), whole(np.int8, 8, 5)
check("", "DynamicQuantizeMatMul", [array(3, 8), b8, np.array(0.02, np.float32), np.array(3, np.int8), array(5)],
      constants=(1, 2, 3, 4), tolerance=1e-3)
check("", "MatMulIntegerToFloat", [a, b8, scale, np.array(0.02, np.float32), zero, np.array(3, np.int8), array(5)],
      constants=(1,))
gemm = [a, scale, zero, b8, np.array(0.02, np.float32), np.array(3, np.int8), whole(np.int8, 5).astype(np.int32)]
check("real", "QGemm", gemm + [None, None], constants=(1, 2, 3, 4, 5, 6))
check("", "QGemm", gemm + [np.array(0.5, np.float32), np.array(128, np.uint8)], constants=(1, 2, 3, 4, 5, 6, 7, 8))
for depth, block in ((32, 16), (40, 16)):
    blocks = (depth + block - 1) // block
    packed, scales = whole(np.uint8, 6, blocks, block // 2), np.abs(array(6 * blocks))
    zeros = whole(np.uint8, 6 * ((blocks + 1) // 2))
    options = dict(K=depth, N=6, bits=4, block_size=block, constants=(1, 2, 3), tolerance=1e-3)
    check(f"zeros {depth}", "MatMulNBits", [array(3, depth), packed, scales, zeros], **options)
    options["constants"] = (1, 2)
    check(f"{depth}", "MatMulNBits", [array(3, depth), packed, scales], **options)
check("", "QAttention", [whole(np.uint8, 2, 5, 8), whole(np.int8, 8, 24), array(24), np.array(0.02, np.float32),
                         np.array(0.02, np.float32), None, np.array(128, np.uint8), np.array(0, np.int8)],
      constants=(1, 2, 3, 4, 6, 7), num_heads=2, tolerance=1e-3)

# The same as operators of ONNX under other names.
check("", "Trilu", [array(3, 4)], upper=0)
check("", "Pad", [array(2, 3), np.array([0, 1, 1, 0]), np.array(0.5, np.float32)], mode="constant")
check("", "ExpandDims", [array(2, 3), np.array(-1, np.int32)], constants=(1,))
check("", "NhwcMaxPool", [whole(np.uint8, 1, 6, 6, 3)], kernel_shape=[2, 2], strides=[2, 2])

for failure in failures:
    print(failure)
print(f"{count - len(failures)} of {count} models agree with onnxruntime")
sys.exit(1 if failures or not count else 0)
