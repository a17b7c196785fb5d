#!/usr/bin/env python3
"""Writes the HDF5 files that the tests of MRDLHDF5 read; needs h5py and NumPy.

The values follow rules that the tests repeat: element n of a data set is n (halved for real numbers)
unless said otherwise. A few properties that h5py has no call for are set through the library that
h5py has loaded.
"""

import ctypes
import os
import re
import shutil

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def library():
    """The libhdf5 that h5py uses, so that identifiers mean the same."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        found = re.search(r"\S*libhdf5[-.0-9a-f]*\.so\S*", maps.read())
    loaded = ctypes.CDLL(found.group(0))
    for name in ["H5Pset_chunk_opts", "H5Pset_deflate", "H5Pset_shared_mesg_nindexes",
                 "H5Pset_shared_mesg_index"]:
        function = getattr(loaded, name)
        function.argtypes = {
            "H5Pset_chunk_opts": [ctypes.c_int64, ctypes.c_uint],
            "H5Pset_deflate": [ctypes.c_int64, ctypes.c_uint],
            "H5Pset_shared_mesg_nindexes": [ctypes.c_int64, ctypes.c_uint],
            "H5Pset_shared_mesg_index": [ctypes.c_int64] + 3 * [ctypes.c_uint],
        }[name]
    return loaded


HDF5 = library()


def path(name):
    return os.path.join(HERE, name + ".h5")


def dataset(file, name, values, **properties):
    return file.create_dataset(name, data=values, track_times=False, **properties)


def common(file):
    """What every version of the format holds."""
    numbers = file.create_group("numbers")
    for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        for order, name in [("<", "le"), (">", "be")]:
            values = np.arange(6).reshape(2, 3)
            values = values / 2 if kind[0] == "f" else values
            dataset(numbers, kind + name, values.astype(order + kind))
    dataset(file, "flags", np.arange(5) % 2 == 1)
    dataset(file, "text", "Grüße")
    dataset(file, "texts", ["one", "", "three"])
    dataset(file, "fixed", np.array([b"a", b"bcd", b""], "S3"))
    dataset(file, "scalar", np.float64(0.5))
    dataset(file, "empty", np.zeros((0, 3), "f4"))
    file.create_dataset("unwritten", (2, 2), "f4", fillvalue=2.5, track_times=False)
    dataset(file, "chunked", np.arange(77, dtype="i4").reshape(7, 11), chunks=(2, 3),
            compression="gzip", shuffle=True, fletcher32=True)
    dataset(file, "plain chunks", np.arange(77, dtype=">i2").reshape(7, 11), chunks=(3, 11))
    file.attrs["text"] = "Grüße"
    file.attrs["bytes"] = np.bytes_(b"fixed")
    file.attrs["texts"] = ["a", "", "ccc"]
    file.attrs["integer"] = np.int32(-3)
    file.attrs["real"] = np.float32(2.5)
    file.attrs["numbers"] = np.arange(6, dtype=">i2").reshape(2, 3)
    file.attrs["nothing"] = h5py.Empty("f4")
    file["soft"] = h5py.SoftLink("/scalar")
    file["external"] = h5py.ExternalLink("other.h5", "/x")
    file["numbers/loop"] = file["/"]
    wide = file.create_group("wide")
    for index in range(30):
        wide[f"entry{index}"] = file["scalar"]


def classic():
    with h5py.File(path("classic"), "w", libver="earliest") as file:
        common(file)


def latest():
    for name, library_version in [("version110", ("v110", "v110")), ("latest", "latest")]:
        with h5py.File(path(name), "w", libver=library_version) as file:
            common(file)


def indexes():
    """Every chunk index of the newer versions."""
    with h5py.File(path("indexes"), "w", libver=("v110", "v110")) as file:
        values = np.arange(77, dtype="u2").reshape(7, 11)
        dataset(file, "single", values, chunks=(7, 11))
        dataset(file, "single filtered", values, chunks=(7, 11), compression="gzip")
        dataset(file, "fixed", values, chunks=(2, 3))
        dataset(file, "fixed bounded", values, chunks=(2, 3), maxshape=(9, 20))
        dataset(file, "extensible", values, chunks=(2, 3), maxshape=(7, None), compression="gzip")
        dataset(file, "extensible bounded", values, chunks=(2, 3), maxshape=(None, 20))
        dataset(file, "tree", values, chunks=(2, 3), maxshape=(None, None))
        dataset(file, "deep tree", np.arange(300, dtype="u2").reshape(100, 3), chunks=(1, 1),
                maxshape=(None, None))
        dataset(file, "blocks", np.arange(150, dtype="u2"), chunks=(1,), maxshape=(None,))
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_chunk((2, 3))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        early.set_obj_track_times(False)
        space = h5py.h5s.create_simple((7, 11), (9, 20))
        data = h5py.h5d.create(file.id, b"implicit", h5py.h5t.STD_U16LE, space, early)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
        shrunk = dataset(file, "shrunk", np.arange(40, dtype="u2"), chunks=(4,), maxshape=(None,))
        shrunk.resize((11,))


def paged():
    """A fixed array of more than one page, most of which was never written."""
    with h5py.File(path("paged"), "w", libver="latest") as file:
        data = file.create_dataset("x", (1100,), "u1", chunks=(1,), fillvalue=7,
                                   track_times=False)
        data[1030:1033] = [1, 2, 3]


def edges():
    """Chunks that reach over the edge are stored without filters."""
    with h5py.File(path("edges"), "w", libver="latest") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((4, 4))
        properties.set_deflate(4)
        properties.set_obj_track_times(False)
        assert HDF5.H5Pset_chunk_opts(properties.id, 2) >= 0
        space = h5py.h5s.create_simple((7, 10))
        data = h5py.h5d.create(file.id, b"x", h5py.h5t.STD_I32LE, space, properties)
        data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(70, dtype="i4").reshape(7, 10))


def dense():
    """Dense groups and attributes, in the order of creation, with objects too large for blocks."""
    with h5py.File(path("dense"), "w", libver="latest", track_order=True) as file:
        for name in "zyxwvutsrqponm":
            file.attrs[name] = name
        file.attrs["large"] = np.arange(3000, dtype="u2")
        links = file.create_group("links", track_order=True)
        for index in range(120):
            links.create_group(f"a link of some length, number {119 - index}")
        created = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        assert HDF5.H5Pset_deflate(created.id, 6) >= 0
        filtered = h5py.Group(h5py.h5g.create(file.id, b"filtered", gcpl=created))
        for index in range(30):
            filtered[f"a link through a filter, number {index}"] = h5py.SoftLink(f"/{index}")


def refused():
    """What is listed and refused."""
    with h5py.File(path("refused"), "w", libver="latest") as file:
        file.attrs["compound"] = np.zeros(1, [("a", "f4")])
        dataset(file, "compound", np.zeros(2, [("a", "f4"), ("b", "i8")]))
        dataset(file, "opaque", np.zeros(2, "V7"))
        file.create_dataset("array", (2,), np.dtype(("f4", (3,))), track_times=False)
        file.create_dataset("list", (2,), h5py.vlen_dtype("i4"), track_times=False)
        dataset(file, "reference", np.array([file.ref], h5py.ref_dtype))
        dataset(file, "enumeration", np.zeros(2, h5py.enum_dtype({"A": 1, "B": 2}, "i1")))
        dataset(file, "lzf", np.arange(100.0), compression="lzf")
        dataset(file, "scaled", np.arange(100), scaleoffset=0)
        file.create_dataset("elsewhere", (4,), "f4", external=[("raw.bin", 0, 16)],
                            track_times=False)
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        file.create_virtual_dataset("virtual", layout)
        dataset(file, "null", h5py.Empty("f4"))


def shared_messages():
    created = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    assert HDF5.H5Pset_shared_mesg_nindexes(created.id, 1) >= 0
    # Data spaces, datatypes, fill values, filter pipelines and attributes.
    assert HDF5.H5Pset_shared_mesg_index(created.id, 0, 0x182A, 1) >= 0
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    h5py.h5f.create(path("shared").encode(), fcpl=created, fapl=access).close()
    with h5py.File(path("shared"), "r+", libver="latest") as file:
        for index in range(3):
            dataset(file, f"x{index}", np.arange(20, dtype="f8").reshape(4, 5))


def committed():
    with h5py.File(path("committed"), "w", libver="latest") as file:
        file["type"] = np.dtype(">f4")
        data = file.create_dataset("x", data=np.arange(6) / 2, dtype=file["type"],
                                   track_times=False)
        data.attrs.create("y", np.arange(6) / 2, dtype=file["type"])


def user_block():
    with h5py.File(path("user-block"), "w", userblock_size=512) as file:
        dataset(file, "x", np.arange(6))


def unclosed():
    """A copy of a file that is still being written."""
    with h5py.File(path("whole"), "w", libver="latest") as file:
        dataset(file, "x", np.arange(6))
        file.flush()
        shutil.copyfile(path("whole"), path("unclosed"))
    os.remove(path("whole"))


def small_offsets():
    created = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    created.set_sizes(4, 4)
    h5py.h5f.create(path("offsets").encode(), fcpl=created).close()
    with h5py.File(path("offsets"), "r+") as file:
        dataset(file, "x", np.arange(6))
        dataset(file, "chunked", np.arange(20), chunks=(6,), compression="gzip")
        dataset(file, "texts", ["one", "", "three"])


if __name__ == "__main__":
    for make in [classic, latest, indexes, paged, edges, dense, refused, shared_messages, committed,
                 user_block, unclosed, small_offsets]:
        make()
