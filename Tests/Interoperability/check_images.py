#!/usr/bin/env python3
"""Compares the picture decoder and the PNG encoder with Pillow and NumPy.

    check_images.py [DIRECTORY ...]

Pictures of every mode that Pillow writes are made, those of the given directories are added, the test
suite decodes all of them (it must have been built: swift build -c release --build-tests), and every sample
is compared. Needs Pillow and NumPy.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]


def make_pictures(directory):
    random = np.random.default_rng(1)
    for width, height in [(1, 1), (7, 5), (64, 33), (200, 131)]:
        noise = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
        ramp = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)
        smooth = np.stack([ramp, ramp * 3, 255 - ramp, ramp // 2], axis=-1)
        for kind, pixels in [("noise", noise), ("smooth", smooth)]:
            stem = f"{kind}-{width}x{height}"
            rgba = Image.fromarray(pixels, "RGBA")
            rgb = rgba.convert("RGB")
            grey = rgb.convert("L")
            pictures = {
                "1": grey.convert("1"), "L": grey, "LA": rgba.convert("LA"), "RGB": rgb,
                "RGBA": rgba, "I16": Image.fromarray(
                    pixels[..., 0].astype(np.uint16) * 256 + pixels[..., 1]),
            }
            for colors in [2, 3, 16, 200]:
                pictures[f"P{colors}"] = rgb.quantize(colors)
            for mode, picture in pictures.items():
                picture.save(directory / f"{stem}-{mode}.png")
                if mode in ("1", "L", "RGB", "I16"):
                    picture.save(directory / f"{stem}-{mode}.pnm")
                if mode in ("1", "L", "RGB", "RGBA") or mode.startswith("P"):
                    picture.save(directory / f"{stem}-{mode}.bmp")
            grey.save(directory / f"{stem}-key.png", transparency=int(pixels[0, 0, 0]))
            rgb.save(directory / f"{stem}-rgbkey.png", transparency=rgb.getpixel((0, 0)))
            pictures["P16"].save(
                directory / f"{stem}-opacity.png", transparency=bytes(range(0, 256, 16)))


def read_raw(path):
    header, samples = path.read_bytes().split(b"\n", 1)
    width, height, channels, bits = map(int, header.split())
    array = np.frombuffer(samples, np.uint8 if bits == 8 else np.uint16)
    return array.reshape(height, width, channels)


def expected(path, ours):
    """What Pillow reads, brought to the channels and bits that we give."""
    picture = Image.open(path)
    if picture.mode.startswith("I"):
        return np.asarray(picture).astype(np.uint16)[..., None]
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[ours.shape[2]]
    if mode == "LA" and "transparency" in picture.info:
        return np.asarray(picture.convert("RGBA"))[..., [0, 3]]
    return np.asarray(picture.convert(mode)).reshape(ours.shape)


def check(path):
    error = pathlib.Path(f"{path}.error")
    if error.exists():
        jpeg = path.read_bytes()[:2] == b"\xff\xd8"
        return None if jpeg and "MRDL3003" in error.read_text() else error.read_text()
    ours = read_raw(pathlib.Path(f"{path}.raw"))
    theirs = expected(path, ours)
    if ours.dtype == np.uint16 and theirs.dtype == np.uint8:
        # Pillow keeps the high bytes of 16-bit colour.
        ours = (ours >> 8).astype(np.uint8)
    if ours.shape != theirs.shape or not np.array_equal(ours, theirs):
        return f"{ours.shape} {ours.dtype} differs from {theirs.shape} {theirs.dtype}"
    if ours.dtype == np.uint8:
        grey = read_raw(pathlib.Path(f"{path}.grey.raw"))[..., 0]
        wanted = Image.fromarray(ours[..., 0] if ours.shape[2] < 3 else ours[..., :3]).convert("L")
        if not np.array_equal(grey, np.asarray(wanted)):
            return "the grey picture differs"
    encoded = np.asarray(Image.open(f"{path}.encoded", formats=["PNG"]))
    if not np.array_equal(encoded.reshape(ours.shape), ours):
        return "Pillow reads something else from our PNG"
    return None


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        make_pictures(directory)
        for source in sys.argv[1:]:
            for path in sorted(pathlib.Path(source).iterdir()):
                if path.suffix.lower() in (".png", ".jpg", ".bmp", ".pgm", ".ppm", ".pbm", ".pnm"):
                    shutil.copyfile(path, directory / path.name)
        pictures = sorted(path for path in directory.iterdir())
        command = os.environ.get("MRDL_TEST_COMMAND", "swift test -c release --skip-build").split()
        subprocess.run(
            command + ["--filter", "ImageInteroperabilityTests"], cwd=ROOT, check=True,
            env=os.environ | {"MRDL_IMAGE_DIR": name}, stdout=subprocess.DEVNULL)
        failures = {path.name: reason for path in pictures if (reason := check(path))}
    for name, reason in failures.items():
        print(f"{name}: {reason}")
    print(f"{len(pictures) - len(failures)} of {len(pictures)} pictures agree with Pillow")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
