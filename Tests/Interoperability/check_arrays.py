#!/usr/bin/env python3
"""Trains on the same arrays as NumPy and h5py store them in different ways: every way gives the same history,
to the last digit. An array that is larger than the memory a process may have for itself is learned from, too.
"""

import pathlib
import resource
import subprocess
import sys
import tempfile

import h5py
import numpy

tools = pathlib.Path(sys.argv[1])
status = 0


def train(work, data, *more, limit=None):
    """The history of a short training, a line an epoch."""
    history = work / "history.jsonl"
    command = [tools / "mrdl-train", "softmax", "--data", data, "--output", work / "m.mrdl", "--force",
               "--history", history, "--set", "validation=0.2", *more]
    confine = None
    if limit:
        confine = lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=confine)
    if done.returncode != 0:
        sys.exit(f"{data}: exit {done.returncode}: {done.stderr[-2000:]}")
    return history.read_text() + done.stdout.split(": ", 1)[1].rsplit(",", 1)[0]


with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    numbers = numpy.random.default_rng(1)
    labels = numbers.integers(0, 4, 500)
    inputs = numbers.normal(size=(500, 6)) + labels[:, None] * numpy.arange(6)
    arrays = {"x_train": inputs[:400], "y_train": labels[:400], "x_test": inputs[400:],
              "y_test": labels[400:]}

    plain = work / "plain"
    plain.mkdir()
    columns = work / "columns"
    columns.mkdir()
    for key, array in arrays.items():
        numpy.save(plain / key, array)
        numpy.save(columns / key, numpy.asfortranarray(array.astype(array.dtype.newbyteorder(">"))))
    numpy.savez(work / "stored.npz", **arrays)
    numpy.savez_compressed(work / "deflated.npz", **arrays)
    with h5py.File(work / "plain.h5", "w") as file:
        for key, array in arrays.items():
            file[key] = array
    with h5py.File(work / "chunked.h5", "w") as file:
        for key, array in arrays.items():
            file.create_dataset(f"set/{key}", data=array, chunks=True, compression="gzip", shuffle=True)

    expected = train(work, plain, "--epochs", "5")
    print(expected.splitlines()[-1])
    for data in ["columns", "stored.npz", "deflated.npz", "plain.h5"]:
        if train(work, work / data, "--epochs", "5") != expected:
            print(f"{data}: another history than that of plain .npy files")
            status = 1
    found = train(work, work / "chunked.h5", "--epochs", "5", "--set", "data.inputs=set/x", "--set",
                  "data.targets=set/y")
    if found != expected:
        print("chunked.h5: another history than that of plain .npy files")
        status = 1

    large = work / "large"
    large.mkdir()
    count, width = 200_000, 1_500
    file = numpy.lib.format.open_memmap(large / "x.npy", "w+", numpy.uint8, (count, width))
    classes = numpy.arange(count) % 2
    file[:, 0] = classes * 200
    file.flush()
    numpy.save(large / "y.npy", classes)
    found = train(work, large, "--epochs", "1", "--set", "batch=64", limit=150 << 20)
    print(found.splitlines()[-1])
    if "accuracy 1.0000" not in found:
        print(f"{count * width >> 20} MiB with 150 MiB of memory: {found}")
        status = 1

sys.exit(status)
