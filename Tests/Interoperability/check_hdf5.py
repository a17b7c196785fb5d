#!/usr/bin/env python3
"""Compares this package's HDF5 reader and writer with h5py and h5dump.

It writes a matrix of files with h5py (library versions, groups, layouts, chunk indexes, filters, types,
attributes), has the test `InteroperabilityBridge` describe them, and compares every name, attribute
and value. Then it reads what mrdl-convert writes with h5py and h5dump, and lets it run into a full disk.

The reader runs inside the tests of the package. They are built where they are missing or older than
the reader, which takes minutes; the comparison itself takes seconds.

usage: check_hdf5.py DIRECTORY_OF_COMMANDS
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import h5py
import numpy as np

import read_mrdl

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VERSIONS = ["earliest", "v108", "v110", "v112", "latest"]
rng = np.random.default_rng(20260101)


# What is written. Each function fills an open file; its name is that of the file.


def types(file):
    """Numbers of both byte orders, truth values and texts."""
    for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        for order in "<>":
            dtype = np.dtype(order + kind)
            values = rng.integers(0, 100, (3, 5)).astype(dtype)
            if dtype.kind == "f":
                values = (values / 7 - 5).astype(dtype)
            file[f"{kind}{'le' if order == '<' else 'be'}"] = values
    file["flags"] = rng.integers(0, 2, (4, 3)).astype(bool)
    file["scalar"] = np.float32(2.5)
    file["empty"] = np.zeros((0, 3), "f4")
    file["extremes"] = np.array([0, -1, 2**63 - 1, -(2**63)], "i8")
    file["floats"] = np.array([np.inf, -np.inf, 0.0, -0.0, 5e-324], "f8")
    file["text"] = "variable, Grüße"
    file["texts"] = ["one", "", "drei ☃", "x" * 3000]
    file["fixed"] = np.array([b"a", b"bcd", b""], "S4")
    file["full"] = np.array([b"abcd", b"wxyz"], "S4")
    space = h5py.string_dtype("utf-8", 6)
    file.create_dataset("utf8", data=np.array(["äö".encode(), b"x"], space))
    file.create_dataset("null", data=h5py.Empty("f4"))
    padded = h5py.h5t.C_S1.copy()
    padded.set_size(5)
    padded.set_strpad(h5py.h5t.STR_SPACEPAD)
    space = h5py.h5s.create_simple((2,))
    spaces = h5py.h5d.create(file.id, b"spaces", padded, space)
    spaces.write(space, space, np.array([b"ab   ", b"cde  "], "S5"), padded)
    file["spaces"].attrs["expected"] = ["ab", "cde"]


def unsupported(file):
    """Types that are listed and refused."""
    file["compound"] = np.zeros(3, [("a", "f4"), ("b", "i8")])
    file["opaque"] = np.zeros(2, "V7")
    file["complex"] = np.zeros(2, "c8")
    file["array"] = np.zeros(2, [("m", "f4", (3,))])
    file["reference"] = np.array([file["compound"].ref], h5py.ref_dtype)
    file.create_dataset("list", (2,), h5py.vlen_dtype("i4"))
    file["enumeration"] = np.zeros(2, h5py.enum_dtype({"A": 1, "B": 2}, "i4"))
    file.attrs["compound"] = np.zeros(1, [("a", "f4")])
    file["soft"] = h5py.SoftLink("/compound")
    file["external"] = h5py.ExternalLink("other.h5", "/x")
    file.create_dataset("elsewhere", (4,), "f4", external=[("raw.bin", 0, 16)])
    file["lzf"] = np.zeros(4)
    file.create_dataset("squeezed", data=np.arange(1000.0), compression="lzf")
    file.create_dataset("scaled", data=np.arange(100), scaleoffset=0)
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    try:
        file.create_virtual_dataset("virtual", layout)
    except (OSError, ValueError):
        pass  # The oldest versions have no virtual data sets.


def small_types(file):
    """16-bit brain numbers and 8-bit numbers, which NumPy lacks."""
    for name, size, sign, fields, bias in [
        ("bf16", 2, 15, (7, 8, 0, 7), 127),
        ("f8e4m3", 1, 7, (3, 4, 0, 3), 7),
        ("f8e5m2", 1, 7, (2, 5, 0, 2), 15),
    ]:
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(sign, *fields)
        kind.set_precision(8 * size)
        kind.set_offset(0)
        kind.set_size(size)
        kind.set_ebias(bias)
        space = h5py.h5s.create_simple((6,))
        data = h5py.h5d.create(file.id, name.encode(), kind, space)
        data.write(space, space, np.array([0, 1, -2.5, 0.375, 12, -0.0625], "f4"))


def groups(file):
    """Nested groups, many entries, orders of creation."""
    deep = file
    for level in range(20):
        deep = deep.create_group(f"level{level}")
    deep["bottom"] = np.arange(3)
    wide = file.create_group("wide")
    for index in range(2500):
        wide.create_group(f"entry {index * 7919 % 2500}")
    ordered = file.create_group("ordered", track_order=True)
    for name in ["zeta", "alpha", "mitte", "Ωmega", "a", "b", "c", "d", "e", "f"]:
        ordered[name] = len(name)
    few = file.create_group("few", track_order=True)
    few["z"], few["a"] = 1, 2
    file["hard"] = file["few/z"]
    file["few/loop"] = file["few"]
    for index in range(100):
        file.create_group(f"removed{index}")
    for index in range(0, 100, 3):
        del file[f"removed{index}"]


def many(file):
    """Thousands of data sets in dense groups."""
    for outer in range(40):
        group = file.create_group(f"layer_{outer}")
        for inner in range(60):
            group[f"weight {inner}"] = np.full((2, 3), outer * 60 + inner, "f4")


def attributes(file):
    """Compact and dense attributes of every kind."""
    file.attrs["text"] = "Grüße"
    file.attrs["bytes"] = np.bytes_(b"fixed")
    file.attrs["texts"] = ["a", "", "ccc"]
    file.attrs["fixed texts"] = np.array([b"one", b"three"])
    file.attrs["numbers"] = np.arange(6, dtype=">i2").reshape(2, 3)
    file.attrs["real"] = 2.5
    file.attrs["integer"] = -3
    file.attrs["flag"] = True
    file.attrs["nothing"] = h5py.Empty("f4")
    file.attrs["none"] = np.zeros((0,))
    file["x"] = np.arange(3)
    for index in range(300):
        file["x"].attrs[f"attribute {index}"] = index
    file["x"].attrs["gone"] = 1
    del file["x"].attrs["gone"]
    tracked = file.create_group("tracked", track_order=True)
    for name in "zyxwvutsrqponm":
        tracked.attrs[name] = name
    for index in range(5):
        tracked.attrs[f"later{index}"] = np.arange(index)


def huge_attributes(file):
    """Attributes past 64 KB, which only dense storage holds."""
    file.create_group("g", track_order=True)
    group = file["g"]
    group.attrs["large"] = np.arange(30000, dtype="i4")
    group.attrs["text"] = np.bytes_(b"y" * 100000)
    for index in range(12):
        group.attrs[f"small{index}"] = index
    group.attrs["larger"] = np.arange(300000, dtype="u2")


def layouts(file):
    """Compact, contiguous and chunked data sets with every index and edge."""
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4, 5))
    data = h5py.h5d.create(file.id, b"compact", h5py.h5t.STD_I16BE, space, compact)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(20, dtype="i2").reshape(4, 5))
    file.create_dataset("unwritten", (5, 4), "f4", fillvalue=2.5)
    file.create_dataset("unwritten chunks", (50, 4), "f4", fillvalue=-1, chunks=(3, 4))
    file.create_dataset("contiguous", data=rng.standard_normal((30, 40)))
    file.create_dataset("single", data=rng.integers(0, 9, (5, 6)), chunks=(5, 6))
    file.create_dataset("single filtered", data=np.arange(600).reshape(20, 30), chunks=(20, 30),
                        compression="gzip")
    file.create_dataset("fixed", data=np.arange(1000, dtype="u2").reshape(20, 50), chunks=(3, 7))
    file.create_dataset("fixed paged", data=np.arange(5000, dtype="i4"), chunks=(1,))
    file.create_dataset("fixed filtered paged", data=np.arange(3000, dtype="i4"), chunks=(1,),
                        compression="gzip")
    sparse = file.create_dataset("fixed sparse", (4000,), "i4", chunks=(1,), fillvalue=7)
    sparse[2500:2600] = np.arange(100)
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((3, 4))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((10, 11), (10, 11))
    data = h5py.h5d.create(file.id, b"implicit", h5py.h5t.NATIVE_INT32, space, early)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(110, dtype="i4").reshape(10, 11))
    space = h5py.h5s.create_simple((10, 11), (20, 30))
    data = h5py.h5d.create(file.id, b"implicit bounded", h5py.h5t.NATIVE_INT32, space, early)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(110, dtype="i4").reshape(10, 11))
    file.create_dataset("bounded", data=np.arange(77).reshape(7, 11), chunks=(2, 3),
                        maxshape=(15, 40))
    for axis in range(3):
        maximum = tuple(None if other == axis else size for other, size in enumerate((9, 10, 11)))
        file.create_dataset(f"extensible {axis}", data=rng.integers(0, 99, (9, 10, 11)),
                            chunks=(2, 3, 4), maxshape=maximum)
        maximum = tuple(None if other == axis else size + 20
                        for other, size in enumerate((9, 10, 11)))
        file.create_dataset(f"extensible bounded {axis}", data=rng.integers(0, 99, (9, 10, 11)),
                            chunks=(2, 3, 4), maxshape=maximum, compression="gzip")
    file.create_dataset("trees", data=rng.integers(0, 99, (40, 50)), chunks=(3, 4),
                        maxshape=(None, None))
    file.create_dataset("deep trees", data=np.arange(40000).reshape(200, 200), chunks=(2, 2),
                        maxshape=(None, None), compression="gzip", compression_opts=1)
    grown = file.create_dataset("grown", (2, 3), "i4", chunks=(2, 2), maxshape=(None, 9),
                                fillvalue=5)
    for step in range(1, 60):
        grown.resize((2 * step, 3 + step % 6))
        grown[-1, :] = step
    shrunk = file.create_dataset("shrunk", data=np.arange(300), chunks=(7,), maxshape=(None,))
    shrunk.resize((41,))
    shrunk = file.create_dataset("shrunk both", data=np.arange(300).reshape(20, 15),
                                 chunks=(7, 4), maxshape=(None, None))
    shrunk.resize((8, 5))
    large = file.create_dataset("wide chunks", data=np.arange(10), chunks=(64,), maxshape=(None,))
    large[3] = 0
    file.create_dataset("five", data=rng.integers(0, 9, (3, 4, 5, 2, 3)), chunks=(2, 3, 2, 2, 2))
    file.create_dataset("texts in chunks", data=["a", "bb", "", "dddd"] * 5, chunks=(3,))
    file.create_dataset("no elements", (0, 5), "f4", chunks=(1, 5), maxshape=(None, 5))


def arrays(file):
    """Extensible arrays long enough for secondary blocks and pages."""
    file.create_dataset("secondary", data=np.arange(3000, dtype="i4"), chunks=(1,),
                        maxshape=(None,))
    data = file.create_dataset("paged", (300000,), "u1", chunks=(1,), maxshape=(None,),
                               fillvalue=3)
    data[:5000] = np.arange(5000) % 251
    data[140000:140100] = np.arange(100)
    data[250000:260000] = np.arange(10000) % 251
    data[299999] = 9


def filters(file):
    """Every supported filter alone and together, skipped filters and edges without."""
    values = {
        "f8": rng.standard_normal((33, 21)),
        "f4": rng.standard_normal((33, 21)).astype("f4"),
        "i2": rng.integers(-99, 99, (33, 21)).astype(">i2"),
        "u1": rng.integers(0, 9, (33, 21)).astype("u1"),
    }
    for kind, data in values.items():
        for mask in range(8):
            file.create_dataset(
                f"{kind} {mask}", data=data, chunks=(10, 6),
                compression="gzip" if mask & 1 else None, shuffle=bool(mask & 2),
                fletcher32=bool(mask & 4))
    file.create_dataset("bytes", data=np.arange(15, dtype="u1").reshape(3, 5), chunks=(3, 5),
                        fletcher32=True)
    file.create_dataset("three", data=np.array([b"abc"] * 40, "S3"), chunks=(7,), shuffle=True,
                        compression="gzip")
    # Chunks whose filters were skipped, by writing them as they are.
    data = file.create_dataset("skipped", (8,), "i4", chunks=(4,), shuffle=True,
                               compression="gzip", fletcher32=True)
    data.id.write_direct_chunk((0,), np.arange(4, dtype="<i4").tobytes(), filter_mask=7)
    data[4:] = np.arange(4, 8)
    # Deflate before shuffle and checksum, an order that h5py never writes.
    pipeline = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    pipeline.set_chunk((16,))
    pipeline.set_fletcher32()
    pipeline.set_deflate(4)
    pipeline.set_shuffle()
    space = h5py.h5s.create_simple((50,))
    data = h5py.h5d.create(file.id, b"reversed", h5py.h5t.NATIVE_INT32, space, pipeline)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(50, dtype="i4"))
    edges = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    edges.set_chunk((10, 10))
    edges.set_deflate(4)
    try:
        edges.set_chunk_opts(h5py.h5d.DONT_FILTER_PARTIAL_CHUNKS)
    except AttributeError:
        pass  # h5py may lack the call.
    space = h5py.h5s.create_simple((25, 17), (25, 17))
    data = h5py.h5d.create(file.id, b"edges", h5py.h5t.NATIVE_INT32, space, edges)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(425, dtype="i4").reshape(25, 17))
    # A group whose links go through filters.
    created = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    created.set_link_creation_order(0)
    group = h5py.Group(h5py.h5g.create(file.id, b"plain", gcpl=created))
    for index in range(20):
        group[f"member {index}"] = index


def committed(file):
    """A named datatype, shared by data sets and attributes."""
    file["type"] = np.dtype(">f4")
    file.create_dataset("a", data=np.arange(5), dtype=file["type"])
    file.create_dataset("b", data=np.arange(6), dtype=file["type"], chunks=(4,))
    file["a"].attrs.create("shared", np.arange(3), dtype=file["type"])


CASES = [types, unsupported, small_types, groups, many, attributes, huge_attributes, layouts, arrays,
         filters, committed]


def write_files(directory):
    written = []
    for version in VERSIONS:
        for case in CASES:
            if case in (huge_attributes,) and version == "earliest":
                continue
            name = f"{case.__name__}-{version}.h5"
            path = os.path.join(directory, name)
            library = (version, "latest") if version in ("earliest", "latest") else (version, version)
            with h5py.File(path, "w", libver=library) as file:
                case(file)
            written.append(name)
    for size in [512, 4096]:
        name = f"user-block-{size}.h5"
        with h5py.File(os.path.join(directory, name), "w", userblock_size=size) as file:
            file["x"] = np.arange(10)
        with open(os.path.join(directory, name), "r+b") as file:
            file.write(b"#!/bin/sh\n")
        written.append(name)
    name = "moved.h5"
    with open(os.path.join(directory, "attributes-earliest.h5"), "rb") as file:
        content = file.read()
    with open(os.path.join(directory, name), "wb") as file:
        file.write(b"\0" * 1024 + content)
    written.append(name)
    for track_times, size in [(False, 4), (True, 2)]:
        name = f"offsets-{size}.h5"
        create = h5py.h5p.create(h5py.h5p.FILE_CREATE)
        create.set_sizes(size, size)
        h5py.h5f.create(os.path.join(directory, name).encode(), fcpl=create).close()
        with h5py.File(os.path.join(directory, name), "r+") as file:
            file.create_dataset("x", data=np.arange(10), track_times=track_times)
            file.create_dataset("y", data=np.arange(10), chunks=(3,), compression="gzip")
            file["t"] = ["a", "bb"]
        written.append(name)
    return written


# What is compared.

EXPECTED_TYPES = {"f2": "f16", "f4": "f32", "f8": "f64", "b1": "bool"}


def scalar_type(dtype):
    key = dtype.kind + str(dtype.itemsize)
    return EXPECTED_TYPES.get(key, dtype.kind + str(8 * dtype.itemsize))


class Failure(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failure(message)


def strings_of(value):
    def text(item):
        return item.decode("utf-8") if isinstance(item, bytes) else str(item)

    return [text(item) for item in np.asarray(value, dtype=object).reshape(-1)]


def compare_value(found, expected, content, where):
    """Compares a description of a value with an array of NumPy."""
    if isinstance(expected, (str, bytes)) or np.asarray(expected).dtype.kind in "OSU":
        require("strings" in found, f"{where}: {found}")
        require(found["strings"] == strings_of(expected),
                f"{where}: {found['strings'][:5]} instead of {strings_of(expected)[:5]}")
        return
    expected = np.asarray(expected)
    require("error" not in found, f"{where}: {found}")
    require(found["type"] == scalar_type(expected.dtype), f"{where}: type {found['type']}")
    native = expected.astype(expected.dtype.newbyteorder("<"))
    part = content[found["offset"]:found["offset"] + found["bytes"]]
    require(part == native.tobytes(), f"{where}: values differ")


REFUSED = {
    "compound": "compound", "opaque": "opaque", "complex": "", "array": "compound",
    "reference": "reference", "list": "list", "enumeration": "enumeration",
    "elsewhere": "external", "squeezed": "lzf", "scaled": "scaleoffset", "virtual": "virtual",
}


def compare_object(item, described, content, where):
    if isinstance(item, h5py.Group):
        require(described["kind"] == "group", f"{where}: {described['kind']}")
        # Links are in the order of creation where the group tracks it, else sorted.
        require(described["names"] == list(item), f"{where}: {described['names'][:20]}")
        for name, kind in zip(described["names"], described["links"]):
            link = item.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                require(kind == f"soft {link.path}", f"{where}: {kind}")
            elif isinstance(link, h5py.ExternalLink):
                require(kind == f"external {link.filename} {link.path}", f"{where}: {kind}")
            else:
                require(kind == "hard", f"{where}: {kind}")
    elif isinstance(item, h5py.Dataset):
        require(described["kind"] == "dataset", f"{where}: {described['kind']}")
        require(tuple(described["shape"]) == (item.shape or ()), f"{where}: {described['shape']}")
        name = where.rsplit("/", 1)[1]
        found = described["value"]
        if "unsupported" in where and name in REFUSED:
            require("MRDL2003" in found.get("error", ""), f"{where}: {found}")
            require(REFUSED[name] in found["error"], f"{where}: {found}")
        elif "small_types" in where:
            compare_small(found, content, where)
        elif item.shape is None:
            require("null" in found.get("error", ""), f"{where}: {found}")
        elif name == "spaces":
            require(found["strings"] == list(item.attrs["expected"]), f"{where}: {found}")
        else:
            compare_value(found, item[()], content, where)
    attributes = described.get("attributes", {})
    if isinstance(item, h5py.Datatype):
        return
    require(sorted(attributes) == sorted(item.attrs), f"{where}: attributes {list(attributes)}")
    for name, found in attributes.items():
        expected = item.attrs[name]
        if "unsupported" in where:
            require("MRDL2003" in json.dumps(found), f"{where}@{name}: {found}")
        elif isinstance(expected, h5py.Empty):
            require(found["null"], f"{where}@{name}: {found}")
        else:
            require(tuple(found["shape"]) == np.shape(expected), f"{where}@{name}: {found}")
            compare_value(found["value"], expected, content, f"{where}@{name}")


def compare_small(found, content, where):
    part = content[found["offset"]:found["offset"] + found["bytes"]]
    expected = np.array([0, 1, -2.5, 0.375, 12, -0.0625], "f4")
    if found["type"] == "bf16":
        require(part == (expected.view("u4") >> 16).astype("<u2").tobytes(), f"{where}: values")
    else:
        exponent, mantissa, bias = {"f8e4m3fn": (4, 3, 7), "f8e5m2": (5, 2, 15)}[found["type"]]
        for byte, value in zip(part, expected):
            sign = -1 if byte & 0x80 else 1
            power = byte >> mantissa & (1 << exponent) - 1
            rest = byte & (1 << mantissa) - 1
            real = (rest / (1 << mantissa) * 2.0 ** (1 - bias) if power == 0
                    else (1 + rest / (1 << mantissa)) * 2.0 ** (power - bias))
            require(sign * real == value, f"{where}: {byte} is not {value}")


def compare_file(directory, name):
    path = os.path.join(directory, name)
    with open(path + ".json", encoding="utf-8") as file:
        description = json.load(file)
    with open(path + ".bin", "rb") as file:
        content = file.read()
    require("error" not in description, f"{name}: {description.get('error')}")
    described = {item["path"]: item for item in description["objects"]}
    with h5py.File(path, "r") as file:
        expected = {"/": file["/"]}
        file.visititems(lambda path, item: expected.__setitem__("/" + path, item))
        count = 0
        for path, item in expected.items():
            if path in described:
                compare_object(item, described[path], content, f"{name}:{path}")
                count += 1
        # Both visit each object once, but by whichever of its names comes first.
        require(count == len(described) == len(expected),
                f"{name}: {count} objects of {len(described)} and {len(expected)}")
    return count


def build_tests():
    """Builds the tests, unless they are newer than all that they read HDF5 with."""
    root = pathlib.Path(ROOT)
    bundle = root / ".build/release/mrdlPackageTests.xctest"
    binary = bundle if bundle.is_file() else bundle / "Contents/MacOS/mrdlPackageTests"
    sources = [
        path for part in ("Sources/MRDLCore", "Sources/MRDLCompression", "Sources/MRDLHDF5",
                          "Tests/MRDLHDF5Tests")
        for path in (root / part).rglob("*.swift")]
    if binary.exists() and binary.stat().st_mtime > max(p.stat().st_mtime for p in sources):
        return
    print("building the tests, which takes minutes the first time", flush=True)
    subprocess.run(["swift", "build", "-c", "release", "--build-tests"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


def run_bridge(directory):
    environment = dict(os.environ, MRDL_HDF5_DIR=directory)
    command = os.environ.get("MRDL_TEST_COMMAND")
    if command:
        arguments = command.split()
    else:
        build_tests()
        arguments = ["swift", "test", "-c", "release", "--skip-build", "--filter",
                     "InteroperabilityBridge"]
    result = subprocess.run(arguments, cwd=os.environ.get("MRDL_TEST_DIRECTORY", ROOT),
                            env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"the bridge failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")


# What this package writes.

STORAGES = [[], ["--chunk", "700"], ["--shuffle", "--deflate", "6"], ["--fletcher32"],
            ["--chunk", "900", "--shuffle", "--deflate", "1", "--fletcher32"]]


def check_written(commands, directory):
    """Reads the sample as mrdl-convert writes it with the independent reader, h5py and h5dump."""
    sample = pathlib.Path(ROOT) / "Samples/lenet-fashion.mrdl"
    convert = str(pathlib.Path(commands) / "mrdl-convert")
    header, tensors = read_mrdl.read(sample)
    for number, storage in enumerate(STORAGES):
        path = os.path.join(directory, f"ours-{number}.h5")
        subprocess.run([convert, sample, path, *storage], check=True, stdout=subprocess.DEVNULL)
        found_header, found = read_mrdl.read(path)
        require(found_header == header, f"{storage}: the header differs")
        for name, values in tensors.items():
            require(found[name].dtype == values.dtype and (found[name] == values).all(),
                    f"{storage}: {name} differs")
        with h5py.File(path, "r") as file:
            for name, values in tensors.items():
                data = file["tensors"][read_mrdl.link_name(name).decode()]
                require(data.dtype == values.dtype and (data[...] == values).all(),
                        f"{storage}: h5py reads another {name}")
                plain = not storage and values.nbytes >= 64
                require(not plain or data.id.get_offset() % 64 == 0, f"{name} is not aligned")
                require(bool(storage) == (data.chunks is not None), f"{storage}: {name}: layout")
        back = os.path.join(directory, f"back-{number}.mrdl")
        subprocess.run([convert, path, back], check=True, stdout=subprocess.DEVNULL)
        require(pathlib.Path(back).read_bytes() == sample.read_bytes(),
                f"{storage}: .mrdl, .h5 and back is another file")
        if shutil.which("h5dump"):
            dump = subprocess.run(["h5dump", "-d", "/tensors/conv1.bias", "-y", "-m", "%.9g", path],
                                  check=True, capture_output=True, text=True).stdout
            numbers = dump[dump.index("DATA {") + 6:].split("}")[0].split(",")
            require((np.array(numbers, "f4") == tensors["conv1.bias"]).all(),
                    f"{storage}: h5dump prints {numbers}")
            subprocess.run(["h5dump", path], check=True, stdout=subprocess.DEVNULL)
    return len(STORAGES)


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def check_full_disk(commands, directory):
    """A write that fails is one line, exit code 74, and leaves the old file and nothing else."""
    place = os.path.join(directory, "full")
    os.mkdir(place)
    path = os.path.join(place, "old.h5")
    pathlib.Path(path).write_text("mine")
    result = subprocess.run(
        [os.path.join(commands, "mrdl-convert"), os.path.join(ROOT, "Samples/lenet-fashion.mrdl"),
         path, "--force"], capture_output=True, text=True, preexec_fn=limit_files)
    require(result.returncode == 74, f"a full disk ends with {result.returncode}: {result.stderr}")
    require(len(result.stderr.splitlines()) == 1, f"a full disk says {result.stderr}")
    require(pathlib.Path(path).read_text() == "mine", "a full disk harms the old file")
    require(os.listdir(place) == ["old.h5"], f"a full disk leaves {os.listdir(place)}")


def main(commands):
    root = tempfile.mkdtemp(prefix="mrdl-hdf5-")
    try:
        count = check_written(commands, root)
        check_full_disk(commands, root)
        print(f"{count} ways of writing agree with h5py, h5dump and the independent reader")
        directory = os.path.join(root, "foreign")
        os.mkdir(directory)
        names = write_files(directory)
        run_bridge(directory)
        failures = []
        total = 0
        for name in names:
            try:
                total += compare_file(directory, name)
            except Failure as failure:
                failures.append(str(failure))
        for failure in failures:
            print(f"error: {failure}", file=sys.stderr)
        print(f"{len(names)} files, {total} objects agree with h5py {h5py.__version__}"
              f" (HDF5 {h5py.version.hdf5_version}); {len(failures)} files do not")
        return 1 if failures else 0
    except Failure as failure:
        sys.exit(f"error: {failure}")
    finally:
        if os.environ.get("MRDL_KEEP"):
            print(root)
        else:
            shutil.rmtree(root)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
