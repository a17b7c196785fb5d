#!/usr/bin/env python3
"""Quantised models against onnxruntime.

mrdl-convert stores weights in fewer bits and quantises layers; what it writes as ONNX must give the same answers in
onnxruntime as here, and nearly those of the float32 model.
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
noise = np.random.default_rng(4)
failures = []


def weights(*shape):
    fan_in = int(np.prod(shape[1:]))
    return (noise.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32)


def network():
    """A residual block, a depthwise convolution, a product and a dense layer."""
    constants = {
        "w1": weights(24, 3, 3, 3), "b1": weights(24, 1)[:, 0], "w2": weights(24, 24, 1, 1),
        "b2": weights(24, 1)[:, 0], "w3": weights(24, 1, 3, 3), "w4": weights(20, 24).T.copy(),
        "w5": weights(10, 20), "b5": weights(10, 1)[:, 0],
        "six": np.float32(6), "zero": np.float32(0),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2", "b2"], ["c"]),
        helper.make_node("Add", ["c", "b"], ["d"]),
        helper.make_node("Conv", ["d", "w3"], ["e"], group=24, pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["e", "zero", "six"], ["f"]),
        helper.make_node("GlobalAveragePool", ["f"], ["g"]),
        helper.make_node("Flatten", ["g"], ["h"]),
        helper.make_node("MatMul", ["h", "w4"], ["i"]),
        helper.make_node("Relu", ["i"], ["j"]),
        helper.make_node("Gemm", ["j", "w5", "b5"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes, "network",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 3, 17, 15])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(a, n) for n, a in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def ours(path, inputs, work, *options):
    np.save(f"{work}/x.npy", inputs)
    run(tools / "mrdl-infer", path, "--input", f"x={work}/x.npy", "--save-outputs",
        f"{work}/out", *options)
    return np.load(f"{work}/out/{json.load(open(f'{work}/out/outputs.json'))[0]['file']}")


def theirs(path, inputs, optimised=True):
    options = onnxruntime.SessionOptions()
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": inputs})[0]


with tempfile.TemporaryDirectory() as work:
    model = f"{work}/model.onnx"
    onnx.save(network(), model)
    samples = noise.standard_normal((96, 3, 17, 15)).astype(np.float32)
    np.savez(f"{work}/samples.npz", x=samples)
    inputs = noise.standard_normal((16, 3, 17, 15)).astype(np.float32)
    expected = theirs(model, inputs)
    scale = np.abs(expected).max()
    cases = [
        ("f16", [], 2e-3, 1e-5), ("bf16", [], 2e-2, 1e-5), ("i8", [], 5e-2, 1e-5),
        ("i8", ["--calibrate", f"{work}/samples.npz"], 8e-2, 2e-2),
        ("i8", ["--calibrate", f"{work}/samples.npz", "--ranges", "min-max"], 8e-2, 2e-2),
    ]
    for number, (dtype, options, lost, apart) in enumerate(cases):
        name = " ".join([dtype] + options[2:] + (["calibrated"] if options else []))
        written = f"{work}/{number}.onnx"
        report = json.loads(run(
            tools / "mrdl-convert", model, written, "--dtype", dtype, "--format", "json",
            *options))["quantization"]
        onnx.checker.check_model(written, full_check=True)
        if report["weight_bytes"]["after"] >= report["weight_bytes"]["before"] * 0.6:
            failures.append(f"{name}: weights are not smaller: {report['weight_bytes']}")
        if (report["layers"] is not None) != bool(options) or report["kept"]:
            failures.append(f"{name}: {report}")
        found = ours(written, inputs, work)
        error = np.abs(found - expected).max() / scale
        if not 0 < error <= lost:
            failures.append(f"{name}: {error} of the largest output lost")
        if error > 20 * report["accuracy"]["largest_error"] / report["accuracy"]["largest_value"]:
            failures.append(f"{name}: {error} lost, but reported {report['accuracy']}")
        for optimised in (False, True):
            other = theirs(written, inputs, optimised)
            distance = np.abs(found - other).max() / scale
            if distance > apart:
                failures.append(f"{name}: {distance} from onnxruntime, optimised: {optimised}")
            if apart > 1e-3 and np.abs(found - other).mean() / scale > apart / 8:
                failures.append(f"{name}: on average {np.abs(found - other).mean() / scale}")
        # The same model in our own encoding gives the same bits.
        run(tools / "mrdl-convert", written, f"{work}/{number}.mrdl", "--no-golden")
        if not np.array_equal(ours(f"{work}/{number}.mrdl", inputs, work), found):
            failures.append(f"{name}: .mrdl answers otherwise than .onnx")
    narrow = ours(model, inputs, work, "--precision", "bf16")
    if np.abs(narrow - expected).max() / scale > 2e-2:
        failures.append("--precision bf16: too far off")

for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
