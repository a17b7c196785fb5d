#!/usr/bin/env python3
"""Reads every model of the repository with the independent readers, proves that they find every
changed byte of .mrdl, runs golden vectors in NumPy, and compares the answers of mrdl-infer for the sample
pictures with an evaluation in NumPy.

    check_model_files.py DIRECTORY_OF_COMMANDS
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

import read_mrdl

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-5


def check_damage(path):
    """Every byte of a small file matters, and so does its length."""
    whole = path.read_bytes()
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / "damaged.mrdl"
        damaged = [whole[:cut] for cut in range(len(whole))] + [whole + b"\0"]
        for position in range(len(whole)):
            damaged.append(
                whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1:])
        for content in damaged:
            copy.write_bytes(content)
            try:
                read_mrdl.read(copy)
            except read_mrdl.BadFile:
                continue
            # The optional features are covered by the root digest, too: nothing is left.
            sys.exit(f"{path}: damage was not found")
    print(f"{path.name}: {len(damaged)} damaged copies are refused")


def infer(commands, model, picture, directory):
    """The outputs of mrdl-infer by name."""
    subprocess.run(
        [commands / "mrdl-infer", "--save-outputs", directory, model, picture], check=True,
        stdout=subprocess.DEVNULL)
    entries = json.loads((pathlib.Path(directory) / "outputs.json").read_text())
    return {
        entry["name"]: np.load(pathlib.Path(directory) / entry["file"]) for entry in entries}


def check_answers(commands, model, header, tensors, pictures):
    inputs = [value["name"] for value in header["graph"]["inputs"]]
    worst = 0.0
    for picture in pictures:
        rule = header["preprocessing"][inputs[0]]
        mode = "L" if rule["color_space"] == "grey" else "RGB"
        samples = np.asarray(Image.open(picture).convert(mode))
        expected = read_mrdl.evaluate(
            header, tensors, {inputs[0]: read_mrdl.image_input(header, inputs[0], samples)})
        with tempfile.TemporaryDirectory() as directory:
            found = infer(commands, model, picture, directory)
        for name, values in expected.items():
            worst = max(worst, float(abs(found[name].reshape(values.shape) - values).max()))
    if not worst <= TOLERANCE:
        sys.exit(f"{model}: answers differ from NumPy's by {worst:.3g}")
    print(f"{model.name}: {len(pictures)} answers agree with NumPy within {worst:.2g}")


def main(commands):
    fixtures = sorted((ROOT / "Tests/MRDLFormatTests/Fixtures").glob("*.mrdl"))
    samples = sorted((ROOT / "Samples").glob("*.mrdl")) + sorted((ROOT / "Samples").glob("*.h5"))
    pictures = sorted((ROOT / "Samples").rglob("*.png"))
    if not fixtures:
        sys.exit("the golden files are missing")
    for path in fixtures + samples:
        header, tensors = read_mrdl.read(path)
        count = read_mrdl.check_golden(header, tensors)
        print(f"{path.name}: {len(tensors)} tensors, {count} golden vectors agree with NumPy")
    for path in fixtures:
        check_damage(path)
    for path in samples:
        header, tensors = read_mrdl.read(path)
        check_answers(commands, path, header, tensors, pictures)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
