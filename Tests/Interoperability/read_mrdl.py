#!/usr/bin/env python3
"""Readers of .mrdl and .h5 models, written from mrdl(5) and Schemas/mrdl-header-1.schema.json alone.

    read_mrdl.py MODEL ...

Verifies every byte of a file and prints its tensors with their sums; the header is validated against the
schema where the package jsonschema is installed. HDF5 itself is read with h5py. `evaluate` runs a graph in NumPy, operator by operator
from the definitions of ONNX, with no regard for speed.
"""

import hashlib
import json
import pathlib
import struct
import sys

import numpy as np

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "Schemas/mrdl-header-1.schema.json"
MAGIC = bytes([0x8A]) + b"MRDL\r\n\x1a"
PRELUDE = struct.Struct("<8sHHIQIIIIQQQ32s32s")
BITS = {
    "f64": 64, "i64": 64, "u64": 64, "f32": 32, "i32": 32, "u32": 32, "f16": 16, "bf16": 16,
    "i16": 16, "u16": 16, "i8": 8, "u8": 8, "bool": 8, "f8e4m3fn": 8, "f8e4m3fnuz": 8, "f8e5m2": 8,
    "f8e5m2fnuz": 8, "f8e8m0": 8, "f4e2m1": 4, "i4": 4, "u4": 4, "i2": 2, "u2": 2, "b1": 1,
}
NUMPY_TYPES = {
    "f64": "<f8", "f32": "<f4", "f16": "<f2", "i64": "<i8", "i32": "<i4", "i16": "<i2", "i8": "i1",
    "u64": "<u8", "u32": "<u4", "u16": "<u2", "u8": "u1", "bool": "?",
}


class BadFile(Exception):
    """What is wrong with a file."""


def require(condition, message):
    if not condition:
        raise BadFile(message)


def rounded_up(count):
    return (count + 63) // 64 * 64


def byte_count(tensor):
    elements = 1
    for extent in tensor["shape"]:
        elements *= extent
    return (elements * BITS[tensor["type"]] + 7) // 8


def unique_keys(pairs):
    members = dict(pairs)
    require(len(members) == len(pairs), "a key stands twice in an object")
    return members


def no_constant(name):
    raise BadFile(f"{name} is not JSON")


def parse_header(text):
    try:
        header = json.loads(
            text.decode("utf-8"), object_pairs_hook=unique_keys, parse_constant=no_constant)
    except ValueError as error:
        raise BadFile(f"the header is not JSON: {error}") from error
    require(isinstance(header, dict) and header.get("format") == "MRDL", "not an MRDL header")
    try:
        import jsonschema
    except ImportError:
        return header
    errors = list(jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(header))
    require(not errors, f"the header breaks the schema: {errors[0].message if errors else ''}")
    return header


def array(tensor, content):
    """A tensor as an array; the bytes themselves for types that NumPy lacks."""
    name = tensor["type"]
    shape = tensor["shape"]
    if name == "bool":
        require(all(byte <= 1 for byte in content), f"{tensor['name']}: a boolean is not 0 or 1")
    if name == "bf16":
        halves = np.frombuffer(content, "<u2").astype("<u4") << 16
        return halves.view("<f4").reshape(shape)
    if name in NUMPY_TYPES:
        return np.frombuffer(content, NUMPY_TYPES[name]).reshape(shape)
    return np.frombuffer(content, "u1")


def read(path):
    """The header and the tensors by name; raises BadFile for the first thing that is wrong."""
    with open(path, "rb") as file:
        start = file.read(8)
    return read_h5(path) if start == b"\x89HDF\r\n\x1a\n" else read_mrdl(path)


def has_values(graph, outermost=True):
    """Whether a graph needs the required feature of bit 0."""
    kinds = [value.get("kind") or "tensor" for value in graph["inputs"] + graph["outputs"]]
    inner = [value["graph"] for node in graph["nodes"] for value in (node.get("attributes") or {}).values()
             if isinstance(value, dict) and "graph" in value]
    return (outermost and any(kind != "tensor" for kind in kinds) or "optional_sequence" in kinds
            or any(has_values(graph, False) for graph in inner))


def read_mrdl(path):
    content = pathlib.Path(path).read_bytes()
    require(len(content) >= 8 and content[:8] == MAGIC, "not a .mrdl file")
    require(len(content) >= PRELUDE.size, "the file ends in its prelude")
    (_, major, minor, _, required, header_offset, header_length, table_offset, count, data_offset,
     data_length, file_length, header_digest, root_digest) = PRELUDE.unpack_from(content)
    require(major == 1, f"unknown major version {major}")
    require(required <= 1, f"unknown required features {required:#x}")
    require(header_offset == 128, "the header is not at 128")
    header_end = 128 + header_length
    require(table_offset == rounded_up(header_end), "the digest table is misplaced")
    table_end = table_offset + 32 * count
    require(data_offset == rounded_up(table_end), "the data are misplaced")
    require(file_length == data_offset + data_length, "the length of the file is misstated")
    require(len(content) == file_length, f"{len(content)} bytes in place of {file_length}")
    table = content[table_offset:table_end]
    require(hashlib.sha256(content[:96] + table).digest() == root_digest, "root digest")
    text = content[128:header_end]
    require(hashlib.sha256(text).digest() == header_digest, "header digest")
    require(not any(content[header_end:table_offset]), "padding after the header")
    require(not any(content[table_end:data_offset]), "padding after the digest table")

    header = parse_header(text)
    require(header["version"] == f"{major}.{minor}", "versions of prelude and header differ")
    require(required == has_values(header["graph"]), "features of prelude and header differ")
    require(len(header["tensors"]) == count, "the number of tensors differs")
    tensors = {}
    end = 0
    for index, tensor in enumerate(header["tensors"]):
        start = rounded_up(end)
        require(not any(content[data_offset + end:data_offset + start]), "padding between tensors")
        end = start + byte_count(tensor)
        require(end <= data_length, f"{tensor['name']} reaches past the end")
        part = content[data_offset + start:data_offset + end]
        digest = table[32 * index:32 * index + 32]
        require(hashlib.sha256(part).digest() == digest, f"{tensor['name']}: digest")
        require(tensor["name"] not in tensors, f"{tensor['name']} stands twice")
        tensors[tensor["name"]] = array(tensor, part)
    require(end == data_length, "the data go on after the last tensor")
    return header, tensors


def link_name(name):
    """The name of the data set of a tensor."""
    content = name.encode()
    return b"".join(
        b"%%%02X" % byte if byte in b"%/\0" or (byte == 0x2E and index == 0) else bytes([byte])
        for index, byte in enumerate(content))


def check_h5_type(kind, name):
    """The type of stored elements must be that of the header."""
    from h5py import h5t
    if kind.get_class() == h5t.FLOAT:
        sign, exponent_at, exponent, mantissa_at, mantissa = kind.get_fields()
        found = {
            (8, 63, 52, 11, 0, 52, 1023): "f64", (4, 31, 23, 8, 0, 23, 127): "f32",
            (2, 15, 10, 5, 0, 10, 15): "f16", (2, 15, 7, 8, 0, 7, 127): "bf16",
        }.get((kind.get_size(), sign, exponent_at, exponent, mantissa_at, mantissa,
               kind.get_ebias()))
    elif kind.get_class() == h5t.ENUM:
        values = {kind.get_member_name(i): kind.get_member_value(i)
                  for i in range(kind.get_nmembers())}
        found = "bool" if kind.get_size() == 1 and values == {b"FALSE": 0, b"TRUE": 1} else None
    elif kind.get_class() == h5t.INTEGER:
        letter = "i" if kind.get_sign() == h5t.SGN_2 else "u"
        found = f"{letter}{8 * kind.get_size()}"
    else:
        found = None
    stored = name if name in NUMPY_TYPES or name == "bf16" else "u8"
    require(found == stored, f"a data set of {found} for a tensor of {name}")


def h5_bytes(group, name, kind, shape):
    """The little-endian bytes of a data set, as they are stored: nothing converts a number."""
    import h5py
    link = group.id.links.get_info(name)
    require(link.type == h5py.h5l.TYPE_HARD, f"{name}: not a hard link")
    dataset = h5py.h5o.open(group.id, name)
    require(isinstance(dataset, h5py.h5d.DatasetID), f"{name}: not a data set")
    storage = dataset.get_create_plist()
    require(storage.get_layout() in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED),
            f"{name}: virtual")
    require(storage.get_external_count() == 0, f"{name}: data in external files")
    stored = dataset.get_type()
    check_h5_type(stored, kind)
    require(shape is None or dataset.shape == tuple(shape), f"{name}: extents {dataset.shape}")
    content = np.empty((dataset.get_space().get_simple_extent_npoints(), stored.get_size()), "u1")
    if content.size:
        dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, content, stored)
    if stored.get_size() > 1 and stored.get_order() == h5py.h5t.ORDER_BE:
        content = content[:, ::-1]
    return content.tobytes()


def read_h5(path):
    import h5py
    try:
        with h5py.File(path, "r") as file:
            return read_h5_file(file)
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise BadFile(f"HDF5: {error}") from error


def read_h5_file(file):
    require("mrdl_version" in file.attrs, "not an .h5 model")
    major, minor = (int(number) for number in file.attrs["mrdl_version"])
    required = int(file.attrs["mrdl_required_features"])
    require(major == 1, f"unknown major version {major}")
    require(required <= 1, f"unknown required features {required:#x}")
    header_digest, root_digest = (
        np.asarray(file.attrs[name], "u1").tobytes()
        for name in ("mrdl_header_digest", "mrdl_root_digest"))
    text = h5_bytes(file, b"header", "u8", None)
    require(hashlib.sha256(text).digest() == header_digest, "header digest")
    header = parse_header(text)
    require(header["version"] == f"{major}.{minor}", "versions of attribute and header differ")
    require(required == has_values(header["graph"]), "features of attribute and header differ")
    table = h5_bytes(file, b"digests", "u8", [len(header["tensors"]), 32])
    front = struct.pack("<HHQ", major, minor, required) + header_digest
    require(hashlib.sha256(front + table).digest() == root_digest, "root digest")
    tensors = {}
    for index, tensor in enumerate(header["tensors"]):
        shape = tensor["shape"] if BITS[tensor["type"]] >= 8 else [byte_count(tensor)]
        part = h5_bytes(file["tensors"], link_name(tensor["name"]), tensor["type"], shape)
        require(hashlib.sha256(part).digest() == table[32 * index:32 * index + 32],
                f"{tensor['name']}: digest")
        require(tensor["name"] not in tensors, f"{tensor['name']} stands twice")
        tensors[tensor["name"]] = array(tensor, part)
    return header, tensors


# Operators, as ONNX defines them.


def attribute(node, name, default=None):
    return (node.get("attributes") or {}).get(name, default)


def window(node, size, space):
    """The attributes of a window that slides over the space of [N, C, space...]."""
    require(attribute(node, "auto_pad", "NOTSET") == "NOTSET", "auto_pad is not evaluated here")
    require(attribute(node, "ceil_mode", 0) == 0, "ceil_mode is not evaluated here")
    rank = len(space)
    strides = attribute(node, "strides", [1] * rank)
    dilations = attribute(node, "dilations", [1] * rank)
    pads = attribute(node, "pads", [0] * (2 * rank))
    output = [
        (space[axis] + pads[axis] + pads[rank + axis] - dilations[axis] * (size[axis] - 1) - 1)
        // strides[axis] + 1 for axis in range(rank)
    ]
    return strides, dilations, pads, output


def patches(x, size, node, fill):
    """[N, C, kernel..., output...] of the windows over x, filled at the border."""
    rank = len(size)
    strides, dilations, pads, output = window(node, size, x.shape[2:])
    border = [(0, 0), (0, 0)] + [(pads[axis], pads[rank + axis]) for axis in range(rank)]
    padded = np.pad(x, border, constant_values=fill)
    result = np.empty(x.shape[:2] + tuple(size) + tuple(output), x.dtype)
    for place in np.ndindex(*size):
        cut = tuple(
            slice(place[axis] * dilations[axis],
                  place[axis] * dilations[axis] + (output[axis] - 1) * strides[axis] + 1,
                  strides[axis]) for axis in range(rank))
        result[(slice(None), slice(None)) + place] = padded[(slice(None), slice(None)) + cut]
    return result


def conv(node, x, w, bias=None):
    groups = attribute(node, "group", 1)
    rank = x.ndim - 2
    y = []
    for group in range(groups):
        inputs = x[:, group * w.shape[1]:(group + 1) * w.shape[1]]
        filters = np.split(w, groups)[group]
        axes = list(range(1, rank + 2))
        part = np.tensordot(filters, patches(inputs, w.shape[2:], node, 0), (axes, axes))
        y.append(np.moveaxis(part, 0, 1))
    y = np.concatenate(y, axis=1)
    return y if bias is None else y + bias.reshape([1, -1] + [1] * rank)


def kernel_axes(node):
    return tuple(range(2, 2 + len(attribute(node, "kernel_shape"))))


def max_pool(node, x):
    size = attribute(node, "kernel_shape")
    return patches(x, size, node, -np.inf).max(axis=kernel_axes(node))


def average_pool(node, x):
    size = attribute(node, "kernel_shape")
    total = patches(x, size, node, 0).sum(axis=kernel_axes(node))
    if attribute(node, "count_include_pad", 0):
        return total / np.prod(size)
    return total / patches(np.ones_like(x), size, node, 0).sum(axis=kernel_axes(node))


def gemm(node, a, b, c=None):
    a = a.T if attribute(node, "transA", 0) else a
    b = b.T if attribute(node, "transB", 0) else b
    y = attribute(node, "alpha", 1.0) * (a @ b)
    return y if c is None else y + attribute(node, "beta", 1.0) * c


def flatten(node, x):
    axis = attribute(node, "axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


def softmax(node, x):
    axis = attribute(node, "axis", -1)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


OPERATORS = {
    "AveragePool": average_pool, "Conv": conv, "Flatten": flatten, "Gemm": gemm,
    "Identity": lambda node, x: x, "MaxPool": max_pool,
    "OptionalHasElement": lambda node, x: np.array(x is not None), "Relu": lambda node, x: np.maximum(x, 0),
    "Sigmoid": lambda node, x: 1 / (1 + np.exp(-x)), "Softmax": softmax,
}


def evaluate(header, tensors, inputs):
    """The outputs of the graph by name, computed in double precision: arrays, lists of arrays, or None."""
    def widened(value):
        if value is None or isinstance(value, list):
            return value and [widened(part) for part in value]
        return value.astype("f8") if value.dtype.kind == "f" else value

    values = {name: widened(value) for name, value in {**tensors, **inputs}.items()}
    for node in header["graph"]["nodes"]:
        require(not node.get("domain"), f"domain {node.get('domain')} is not evaluated here")
        require(node["operator"] in OPERATORS, f"{node['operator']} is not evaluated here")
        operands = [values[name] if name else None for name in node["inputs"]]
        values[node["outputs"][0]] = OPERATORS[node["operator"]](node, *operands)
    return {output["name"]: values[output["name"]] for output in header["graph"]["outputs"]}


def image_input(header, name, samples):
    """The input for a picture, an array [height, width, 3] of RGB or [height, width] of grey."""
    rule = header["preprocessing"][name]
    require(rule["kind"] == "image", "the input is not a picture")
    channels = 1 if rule["color_space"] == "grey" else 3
    pixels = samples.reshape(samples.shape[:2] + (-1,)).astype("f8")
    require(pixels.shape[2] == channels, "the picture has other channels")
    if rule["color_space"] == "bgr":
        pixels = pixels[..., ::-1]
    numbers = [np.asarray(rule.get(key) or [missing], "f8") for key, missing in
               [("mean", 0), ("std", 1)]]
    scale = 1 if rule.get("scale") is None else rule["scale"]
    pixels = (pixels * scale - numbers[0]) / numbers[1]
    return pixels[None] if rule.get("layout") == "NHWC" else pixels.transpose(2, 0, 1)[None]


def check_golden(header, tensors):
    """Runs the golden vectors; the number of them, or BadFile for one that is not reproduced."""
    def parts(stored):
        return [] if stored is None else stored if isinstance(stored, list) else [stored]

    vectors = header.get("golden") or []
    for vector in vectors:
        inputs = {
            name: [tensors[part] for part in stored] if isinstance(stored, list)
            else None if stored is None else tensors[stored]
            for name, stored in vector["inputs"].items()}
        outputs = evaluate(header, tensors, inputs)
        for name, stored in vector["outputs"].items():
            found = outputs[name]
            require((found is None) == (stored is None)
                    and isinstance(found, list) == isinstance(stored, list)
                    and len(parts(found)) == len(parts(stored)),
                    f"golden vector {vector['name']}: {name} is of another kind")
            for value, tensor in zip(parts(found), parts(stored)):
                expected = tensors[tensor].astype("f8")
                allowed = (vector["absolute_tolerance"]
                           + vector["relative_tolerance"] * abs(expected))
                require((abs(value - expected) <= allowed).all(),
                        f"golden vector {vector['name']}: {name}")
    return len(vectors)


def main(paths):
    failed = False
    for path in paths:
        try:
            header, tensors = read(path)
        except (BadFile, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed = True
            continue
        print(f"{path}: version {header['version']}, {len(tensors)} tensors")
        for tensor in header["tensors"]:
            total = tensors[tensor["name"]].astype("f8").sum()
            print(f"  {tensor['name']}: {tensor['type']} {tensor['shape']} sum {total:.9g}")
    return 65 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
