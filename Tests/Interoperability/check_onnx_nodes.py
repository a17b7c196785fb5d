#!/usr/bin/env python3
"""The node tests of ONNX, in and out.

mrdl-infer must answer every test of Debian's package libonnx-testdata as recorded, but for those that
mrdl-onnx(7) lists, and must not crash in any. Every model that mrdl-convert writes as ONNX again must pass the
full checking of the `onnx` package, and onnxruntime must answer the copy as it answers the original.
"""
import collections
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

tools = pathlib.Path(sys.argv[1])
page = pathlib.Path(__file__).resolve().parents[2] / "Man" / "mrdl-onnx.7"
data = pathlib.Path("/usr/share/libonnx-testdata/data/node")
onnxruntime.set_default_logger_severity(4)

if not data.is_dir() and shutil.which("apt-get") and os.geteuid() == 0:
    subprocess.run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends",
                    "libonnx-testdata"], stdout=subprocess.DEVNULL, check=False)
if not data.is_dir():
    sys.exit(77)

section = page.read_text().split(".SH TESTS OF ONNX")[1].split(".SH ")[0]
patterns = [word for line in section.splitlines() if line.startswith(".B ") for word in line.split()[1:]]


def load(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def run(tool, *arguments):
    return subprocess.run([tools / tool, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def agree(found, wanted):
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return False
    if wanted.dtype.kind == "f":
        return np.allclose(found, wanted, rtol=1e-3, atol=1e-7, equal_nan=True)
    return np.array_equal(found, wanted)


def answer(folder, model, names, work):
    """Why a test does not pass, or None."""
    sets = sorted(folder.glob("test_data_set_*"))
    for place in sets:
        arguments = [folder / "model.onnx", "--save-outputs", f"{work}/out"]
        try:
            for index, name in enumerate(names):
                file = place / f"input_{index}.pb"
                if file.exists():
                    np.save(f"{work}/{index}.npy", load(file), allow_pickle=False)
                    arguments += ["--input", f"{name}={work}/{index}.npy"]
            expected = [load(place / f"output_{i}.pb") for i in range(len(model.graph.output))]
        except Exception as error:
            return f"not tensors of numbers: {type(error).__name__}"
        done = run("mrdl-infer", *arguments)
        if done.returncode not in (0, 64, 65):
            return f"crash: {done.returncode}"
        if done.returncode != 0:
            return done.stderr.strip()
        listing = json.load(open(f"{work}/out/outputs.json"))
        found = [np.load(f"{work}/out/{entry['file']}") for entry in listing]
        if len(found) != len(expected) or not all(map(agree, found, expected)):
            return "another answer"
    return None if sets else "no data"


def copy(folder, names, work):
    """What is wrong with the copy of a model, None where nothing is, "" where there is nothing to compare."""
    done = run("mrdl-convert", folder / "model.onnx", f"{work}/copy.onnx")
    if done.returncode != 0:
        return "" if done.returncode == 65 else f"crash: {done.returncode}"
    inputs = {}
    try:
        original = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        for index, name in enumerate(names):
            file = folder / "test_data_set_0" / f"input_{index}.pb"
            if file.exists():
                inputs[name] = load(file)
        expected = original.run(None, inputs)
        onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    except Exception:
        return ""  # The original cannot be checked or run either.
    try:
        onnx.checker.check_model(f"{work}/copy.onnx", full_check=True)
        found = onnxruntime.InferenceSession(f"{work}/copy.onnx").run(None, inputs)
    except Exception as error:
        return str(error).strip().splitlines()[0][:200]
    for left, right in zip(found, expected, strict=True):
        if isinstance(right, np.ndarray) and right.dtype.kind in "fiub":
            if left.shape != right.shape or not np.allclose(left, right, rtol=1e-5, atol=1e-5, equal_nan=True):
                return "onnxruntime answers the copy differently"
    return None


def test(folder):
    model = onnx.load(str(folder / "model.onnx"))
    initial = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in initial]
    with tempfile.TemporaryDirectory() as work:
        return answer(folder, model, names, work), copy(folder, names, work)


# A random answer cannot be compared, and the body that ONNX gives this operator does not pass its own check.
incomparable = re.compile("bernoulli|training_dropout|test_mvn$")
folders = sorted(path.parent for path in data.glob("*/model.onnx"))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    results = list(pool.map(test, folders))
counts = collections.Counter()
problems = []
for folder, (answered, copied) in zip(folders, results):
    listed = any(fnmatch.fnmatchcase(folder.name, pattern) for pattern in patterns)
    counts["passed" if answered is None else "listed" if listed else "failed"] += 1
    if answered is None and listed:
        problems.append(f"{folder.name} passes and is listed as one that does not")
    if answered is not None and (not listed or answered.startswith("crash")):
        problems.append(f"{folder.name}: {answered[:200]}")
    if copied is None:
        counts["copied"] += 1
    elif copied and not incomparable.search(folder.name):
        problems.append(f"{folder.name}, as written: {copied}")
for problem in problems:
    print(problem)
print(f"{counts['passed']} of {len(folders)} pass, {counts['listed']} are listed as not computed; "
      f"{counts['copied']} are answered alike by onnxruntime after they were written again")
sys.exit(1 if problems else 0)
