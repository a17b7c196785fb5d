#!/usr/bin/env python3
"""The node tests of ONNX, in and out.

mrdl-infer must answer every test of Debian's package libonnx-testdata as recorded, and every test that the `onnx`
package makes for the newest operator sets, but for those that mrdl-onnx(7) lists, and must not crash in any. Every model that mrdl-convert writes as ONNX again must pass the
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
import onnx.backend.test.case.node
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

tools = pathlib.Path(sys.argv[1])
page = pathlib.Path(__file__).resolve().parents[2] / "Man" / "mrdl-onnx.7"
data = pathlib.Path("/usr/share/libonnx-testdata/data/node")
onnxruntime.set_default_logger_severity(4)

if not data.is_dir() and shutil.which("apt-get") and os.geteuid() == 0:
    subprocess.run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends",
                    "libonnx-testdata"], stdout=subprocess.DEVNULL, check=False)
if not data.is_dir():
    sys.exit(77)



def listed(section):
    """The names of tests, with stars, that a section of the page lists."""
    lines = page.read_text().split(f".SH {section}\n")[1].split(".SH ")[0].splitlines()
    return [word for line in lines if line.startswith(".B ") for word in line.split()[1:]]


older, newest = listed("TESTS OF ONNX THAT DO NOT PASS"), listed("TESTS OF THE NEWEST ONNX THAT DO NOT PASS")
# Types of numbers that NumPy lacks.
narrow = {getattr(TensorProto, name) for name in (
    "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT8E8M0", "FLOAT4E2M1",
    "INT4", "UINT4", "INT2", "UINT2")}


def widen(model):
    """Makes inputs and outputs float32 where NumPy lacks their types, by casts at the border.

    Gives the new names of inputs.
    """
    graph = model.graph
    before, behind = [], []
    renamed = {}
    for value in graph.input:
        if value.type.tensor_type.elem_type in narrow:
            before.append(helper.make_node(
                "Cast", [value.name + ".wide"], [value.name], to=value.type.tensor_type.elem_type))
            renamed[value.name] = value.name + ".wide"
            value.name += ".wide"
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    for value in graph.output:
        if value.type.tensor_type.elem_type in narrow:
            behind.append(helper.make_node("Cast", [value.name], [value.name + ".wide"], to=TensorProto.FLOAT))
            value.name += ".wide"
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    nodes = before + list(graph.node) + behind
    del graph.node[:]
    graph.node.extend(nodes)
    return renamed


def load(path, kind):
    """The value of a file: an array, a list of arrays, or None for an optional value that is not there.

    The numbers of a type that NumPy lacks are read as float32, which holds them.
    """
    def array(tensor):
        content = numpy_helper.to_array(tensor)
        return content.astype(np.float32) if tensor.data_type in narrow else content

    def value(message):
        if isinstance(message, onnx.TensorProto):
            return array(message)
        if isinstance(message, onnx.SequenceProto):
            return [array(tensor) for tensor in message.tensor_values]
        if message.elem_type == onnx.OptionalProto.TENSOR:
            return array(message.tensor_value)
        return value(message.sequence_value) if message.elem_type == onnx.OptionalProto.SEQUENCE else None

    message = {"tensor_type": onnx.TensorProto, "sequence_type": onnx.SequenceProto,
               "optional_type": onnx.OptionalProto}[kind.WhichOneof("value")]()
    message.ParseFromString(path.read_bytes())
    return value(message)


def save(value, path):
    """Writes a value for mrdl-infer and gives the path, "" for nothing."""
    if isinstance(value, list):
        np.savez(f"{path}.npz", *value)
        return f"{path}.npz"
    if value is None:
        return ""
    np.save(f"{path}.npy", value, allow_pickle=False)
    return f"{path}.npy"


def saved(directory, entry):
    """The value that mrdl-infer has written."""
    if entry["file"] is None:
        return None
    content = np.load(f"{directory}/{entry['file']}")
    if "elements" not in entry:
        return content
    values = [content[f"arr_{index}"] for index in range(len(content.files))]
    told = [(np.dtype(element["dtype"]), tuple(element["shape"])) for element in entry["elements"]]
    if told != [(value.dtype, value.shape) for value in values]:
        raise ValueError("outputs.json tells other elements than the archive holds")
    return values


def run(tool, *arguments):
    return subprocess.run([tools / tool, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def agree(found, wanted):
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(agree, found, wanted))
    if found is None or wanted is None or isinstance(found, list):
        return found is wanted
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return False
    if wanted.dtype.kind == "f":
        return np.allclose(found, wanted, rtol=1e-3, atol=1e-7, equal_nan=True)
    return np.array_equal(found, wanted)


def answer(folder, model, names, work):
    """Why a test does not pass, or None."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    renamed = widen(wide)
    (pathlib.Path(work) / "model.onnx").write_bytes(wide.SerializeToString())
    kinds = {value.name: value.type for value in model.graph.input}
    sets = sorted(folder.glob("test_data_set_*"))
    for place in sets:
        arguments = [f"{work}/model.onnx", "--save-outputs", f"{work}/out"]
        try:
            for index, name in enumerate(names):
                file = place / f"input_{index}.pb"
                if file.exists():
                    path = save(load(file, kinds[name]), f"{work}/{index}")
                    arguments += ["--input", f"{renamed.get(name, name)}={path}"]
            expected = [load(place / f"output_{i}.pb", value.type) for i, value in enumerate(model.graph.output)]
        except Exception as error:
            return f"not numbers: {type(error).__name__}"
        done = run("mrdl-infer", *arguments)
        if done.returncode not in (0, 64, 65):
            return f"crash: {done.returncode}"
        if done.returncode != 0:
            return done.stderr.strip()
        listing = json.load(open(f"{work}/out/outputs.json"))
        found = [saved(f"{work}/out", entry) for entry in listing]
        if len(found) != len(expected) or not all(map(agree, found, expected)):
            return "another answer"
    return None if sets else "no data"


def copy(folder, model, names, work):
    """What is wrong with the copy of a model, None where nothing is, "" where there is nothing to compare."""
    done = run("mrdl-convert", folder / "model.onnx", f"{work}/copy.onnx")
    if done.returncode != 0:
        return "" if done.returncode == 65 else f"crash: {done.returncode}"
    inputs = {}
    kinds = {value.name: value.type for value in model.graph.input}
    try:
        original = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        for index, name in enumerate(names):
            file = folder / "test_data_set_0" / f"input_{index}.pb"
            if file.exists():
                inputs[name] = load(file, kinds[name])
        expected = original.run(None, inputs)
        onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    except Exception:
        return ""  # The original cannot be checked or run either.
    try:
        onnx.checker.check_model(f"{work}/copy.onnx", full_check=True)
        found = onnxruntime.InferenceSession(f"{work}/copy.onnx").run(None, inputs)
    except Exception as error:
        return str(error).strip().splitlines()[0][:200]
    return None if all(map(alike, found, expected)) else "onnxruntime answers the copy differently"


def alike(left, right):
    """Whether two answers of onnxruntime are the same; strings are not compared."""
    if isinstance(right, list):
        return isinstance(left, list) and len(left) == len(right) and all(map(alike, left, right))
    if not isinstance(right, np.ndarray) or right.dtype.kind not in "fiub":
        return type(left) is type(right)
    return left.shape == right.shape and np.allclose(left, right, rtol=1e-5, atol=1e-5, equal_nan=True)


def write(case, directory):
    """Writes a test of the `onnx` package in the manner of Debian's."""
    def message(value, kind):
        if isinstance(value, TensorProto):
            return value
        if kind.HasField("optional_type"):
            if value is not None and not isinstance(value, list):
                value = np.asarray(value)
            return numpy_helper.from_optional(value)
        if kind.HasField("sequence_type"):
            return numpy_helper.from_list([np.asarray(element) for element in value])
        return numpy_helper.from_array(np.asarray(value))

    folder = directory / case.name
    folder.mkdir()
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    for number, data in enumerate(case.data_sets):
        place = folder / f"test_data_set_{number}"
        place.mkdir()
        for word, group, border in zip(("input", "output"), data, (case.model.graph.input, case.model.graph.output)):
            for index, (value, info) in enumerate(zip(group, border)):
                (place / f"{word}_{index}.pb").write_bytes(message(value, info.type).SerializeToString())


def test(folder, copies=True):
    model = onnx.load(str(folder / "model.onnx"))
    initial = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in initial]
    with tempfile.TemporaryDirectory() as work:
        return answer(folder, model, names, work), copy(folder, model, names, work) if copies else ""


# A random answer cannot be compared, and the body that ONNX gives this operator does not pass its own check.
incomparable = re.compile("bernoulli|training_dropout|test_mvn$")
folders = sorted(path.parent for path in data.glob("*/model.onnx"))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    results = list(pool.map(test, folders))
counts = collections.Counter()
newer = collections.Counter()
problems = []


def judge(name, answered, counts, group, patterns, others=()):
    """Counts a test; one that passes may stand in a list of other tests."""
    def is_in(names):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in names)
    is_known = is_in(patterns) or is_in(others)
    counts["passed" if answered is None else "listed" if is_known else "failed"] += 1
    if answered is None and is_in(patterns):
        problems.append(f"{name}, {group}, passes and is listed as one that does not")
    if answered is not None and (not is_known or answered.startswith("crash")):
        problems.append(f"{name}, {group}: {answered[:200]}")


for folder, (answered, copied) in zip(folders, results):
    judge(folder.name, answered, counts, "of Debian", older)
    if copied is None:
        counts["copied"] += 1
    elif copied and not incomparable.search(folder.name):
        problems.append(f"{folder.name}, as written: {copied}")
with tempfile.TemporaryDirectory() as directory:
    cases = onnx.backend.test.case.node.collect_testcases(None)
    for case in cases:
        write(case, pathlib.Path(directory))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda case: test(pathlib.Path(directory) / case.name, copies=False), cases)
        for case, (answered, _) in zip(cases, results):
            judge(case.name, answered, newer, f"of onnx {onnx.__version__}", newest, older)
for problem in problems:
    print(problem)
print(f"{counts['passed']} of {len(folders)} pass, {counts['listed']} are listed as not computed; "
      f"{counts['copied']} are answered alike by onnxruntime after they were written again")
print(f"{newer['passed']} of the {len(cases)} of onnx {onnx.__version__} pass, {newer['listed']} are listed")
sys.exit(1 if problems else 0)
