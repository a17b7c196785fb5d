#!/usr/bin/env python3
"""Writes the .h5 models `model-*.h5` that the tests of the container read, from mrdl(5) alone; needs h5py
and NumPy.

They are what other writers may write: big-endian, in chunks, with structures that the writer of this
package never uses; and what a reader must refuse. Element n of tensor t is n + t.
"""

import hashlib
import json
import os
import struct

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {
    "f64": "f8", "f32": "f4", "f16": "f2", "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8",
    "u8": "u1", "u16": "u2", "u32": "u4", "u64": "u8", "bool": "?",
}


def bfloat16():
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    kind.set_ebias(127)
    return kind


def tensors():
    """Name, type, extents and values."""
    result = []
    for index, (name, kind) in enumerate(TYPES.items()):
        values = np.arange(15).reshape(3, 5) + index
        result.append((name, name, (values % 2 if kind == "?" else values).astype(kind)))
    result.append(("bf16", "bf16", (np.arange(15).reshape(3, 5) + 12).astype("f4")))
    result.append(("layer/weight%", "f32", np.arange(600, dtype="f4").reshape(20, 30)))
    result.append((".hidden", "f32", np.float32(2.5).reshape(())))
    result.append(("Größe ☃", "i32", np.zeros((0, 3), "i4")))
    result.append(("packed", "i4", np.array([0x21, 0x03], "u1")))
    return result


def little_endian(kind, values):
    if kind == "bf16":
        return (values.view("u4") >> 16).astype("<u2").tobytes()
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def link_name(name):
    name = name.replace("%", "%25").replace("/", "%2F")
    return "%2E" + name[1:] if name.startswith(".") else name


def header_text(all_tensors, version="1.0"):
    return json.dumps({
        "format": "MRDL", "version": version, "opsets": {"": 23},
        "graph": {"inputs": [], "outputs": [], "nodes": []},
        "tensors": [
            {"name": name, "type": kind, "shape": [3] if kind == "i4" else list(values.shape)}
            for name, kind, values in all_tensors],
    }).encode()


def frame(file, all_tensors, text, version=(1, 0), features=0):
    """Attributes, header and digests."""
    table = b"".join(
        hashlib.sha256(little_endian(kind, values)).digest() for _, kind, values in all_tensors)
    header_digest = hashlib.sha256(text).digest()
    front = struct.pack("<HHQ", *version, features) + header_digest
    file.attrs["mrdl_version"] = np.array(version, "i4")
    file.attrs["mrdl_required_features"] = np.uint64(features)
    file.attrs["mrdl_header_digest"] = np.frombuffer(header_digest, "u1")
    file.attrs["mrdl_root_digest"] = np.frombuffer(hashlib.sha256(front + table).digest(), "u1")
    file["header"] = np.frombuffer(text, "u1")
    file["digests"] = np.frombuffer(table, "u1").reshape(-1, 32)
    return file.create_group("tensors")


def foreign(name, libver, big_endian, **storage):
    all_tensors = tensors()
    with h5py.File(os.path.join(HERE, name), "w", libver=libver) as file:
        group = frame(file, all_tensors, header_text(all_tensors))
        for tensor, kind, values in all_tensors:
            link = link_name(tensor)
            if kind == "bf16":
                space = h5py.h5s.create_simple(values.shape)
                data = h5py.h5d.create(group.id, link.encode(), bfloat16(), space)
                data.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
                continue
            order = ">" if big_endian and kind != "bool" else "<"
            chunks = storage if values.size > 15 else {}
            group.create_dataset(
                link, data=values.astype(values.dtype.newbyteorder(order)), **chunks)
        group["extra"] = np.arange(3)


def refused(name, change, version=(1, 0), features=0, text_version="1.0"):
    """One tensor `w`; `change` spoils the file."""
    all_tensors = [("w", "f32", np.arange(6, dtype="f4").reshape(2, 3))]
    path = os.path.join(HERE, f"model-refused-{name}.h5")
    with h5py.File(path, "w") as file:
        text = header_text(all_tensors, text_version)
        group = frame(file, all_tensors, text, version, features)
        group["w"] = all_tensors[0][2]
        change(file)


def replace(name, value, **options):
    def change(file):
        del file[name]
        if isinstance(value, (h5py.SoftLink, h5py.ExternalLink)):
            file[name] = value
        else:
            file.create_dataset(name, data=value, **options)
    return change


def set_attribute(name, value):
    def change(file):
        del file.attrs[name]
        if value is not None:
            file.attrs[name] = value
    return change


def elsewhere(file):
    del file["tensors/w"]
    file.create_dataset("tensors/w", (2, 3), "f4", external=[("weights.bin", 0, 24)])


def virtual(file):
    del file["tensors/w"]
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "w", (2, 3))
    file.create_virtual_dataset("tensors/w", layout)


def flip(name, index):
    def change(file):
        values = file[name][...]
        values.reshape(-1).view("u1")[index] ^= 1
        file[name][...] = values
    return change


def delete(name):
    def change(file):
        del file[name]
    return change


def group_in_place(file):
    del file["tensors/w"]
    file.create_group("tensors/w")


def main():
    foreign("model-foreign-earliest.h5", "earliest", True)
    foreign("model-foreign-latest.h5", "latest", False, chunks=(7, 8), compression="gzip",
            shuffle=True, fletcher32=True)
    nothing = lambda file: None
    values = np.arange(6, dtype="f4").reshape(2, 3)
    refused("major-version", nothing, version=(2, 0), text_version="2.0")
    refused("feature", nothing, features=1 << 40)
    refused("versions", nothing, version=(1, 1))
    refused("no-features", set_attribute("mrdl_required_features", None))
    refused("short-digest", set_attribute("mrdl_root_digest", np.zeros(31, "u1")))
    refused("root-digest", set_attribute("mrdl_root_digest", np.zeros(32, "u1")))
    refused("no-header", delete("header"))
    refused("wide-header", replace("header", np.zeros(100, "u2")))
    refused("header", flip("header", 30))
    refused("digest", flip("digests", 5))
    refused("digest-count", replace("digests", np.zeros((2, 32), "u1")))
    refused("no-tensor", delete("tensors/w"))
    refused("group", group_in_place)
    refused("type", replace("tensors/w", values.astype("f8")))
    refused("extents", replace("tensors/w", values.reshape(3, 2)))
    refused("soft", lambda file: (file.move("tensors/w", "v"),
                                  replace_link(file, h5py.SoftLink("/v"))))
    refused("external-link", replace("tensors/w", h5py.ExternalLink("other.h5", "/w")))
    refused("external-data", elsewhere)
    refused("virtual", virtual)
    refused("filter", replace("tensors/w", values, chunks=(2, 3), scaleoffset=3))
    refused("weights", flip("tensors/w", 9))


def replace_link(file, link):
    file["tensors/w"] = link


if __name__ == "__main__":
    main()
