#!/usr/bin/env python3
"""Writes the sample pictures: one PNG for each class out of the test images of Fashion-MNIST.

    make_pictures.py DIRECTORY [--infer TOOL MODEL]

DIRECTORY holds `t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`.  The picture of a class is the
first one of the test set that shows it; with --infer, the first one that the model names rightly.
Needs nothing but Python.
"""
import csv, gzip, io, pathlib, re, struct, subprocess, sys, tempfile, zlib

CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
           "Ankle boot"]


def png(pixels, width, height):
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def file_name(label):
    return re.sub(r"[^a-z0-9]+", "-", label.lower()) + ".png"


def answer(tool, model, path):
    done = subprocess.run([tool, model, str(path), "--top", "1", "--format", "csv"], check=True,
                          capture_output=True, text=True)
    return next(csv.DictReader(io.StringIO(done.stdout)))["label"]


def main():
    source = pathlib.Path(sys.argv[1])
    images = gzip.open(source / "t10k-images-idx3-ubyte.gz").read()
    labels = gzip.open(source / "t10k-labels-idx1-ubyte.gz").read()[8:]
    count, height, width = struct.unpack(">III", images[4:16])
    size = width * height
    target = pathlib.Path(__file__).parent
    for number, label in enumerate(CLASSES):
        for index in (i for i in range(count) if labels[i] == number):
            picture = png(images[16 + index * size:16 + (index + 1) * size], width, height)
            if "--infer" in sys.argv:
                tool, model = sys.argv[sys.argv.index("--infer") + 1:][:2]
                with tempfile.TemporaryDirectory() as folder:
                    path = pathlib.Path(folder) / "picture.png"
                    path.write_bytes(picture)
                    if answer(tool, model, path) != label:
                        continue
            (target / file_name(label)).write_bytes(picture)
            print(f"{file_name(label)}: test image {index}")
            break


main()
