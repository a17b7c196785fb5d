#!/usr/bin/env python3
"""Pictures of any size as inputs of foreign models, against Pillow and onnxruntime.

Models that give back their input are run on pictures of many sizes with the options of mrdl-infer. What they
give is compared with what Pillow makes of the same picture in real numbers, cropped as torchvision crops; filters that
are not widened are compared with onnxruntime. The same options stored by mrdl-convert must give the same bytes, and
mrdl-validate must find nothing.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from PIL import Image

tools = pathlib.Path(sys.argv[1])
work = pathlib.Path(tempfile.mkdtemp())
random = np.random.default_rng(7)
FILTERS = {
    "nearest": Image.Resampling.NEAREST, "linear": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
}
SIZES = [(64, 48), (48, 64), (31, 33), (20, 20), (131, 57), (57, 131), (500, 47), (33, 47)]
failures = []


def echo(shape, element=TensorProto.FLOAT):
    """The path of a model that gives back its input."""
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "echo",
        [helper.make_tensor_value_info("x", element, shape)],
        [helper.make_tensor_value_info("y", element, shape)])
    path = work / ("-".join(str(part) for part in [*shape, element]) + ".onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=8), path)
    return path


def run(model, picture, *options):
    subprocess.run(
        [tools / "mrdl-infer", model, picture, "--save-outputs", work / "out", *options],
        check=True, stdout=subprocess.DEVNULL)
    return np.load(work / "out" / "output_0.npy")


def nearest(old, new):
    """The element that the middle of each new one falls into, and where it is not on a border of two, where Pillow
    adds up rounding errors."""
    middles = (2 * np.arange(new) + 1) * old
    return middles // (2 * new), middles % (2 * new) != 0


def resized(pixels, width, height, name):
    """What Pillow makes of each channel in real numbers."""
    if name == "nearest":
        rows, clear_rows = nearest(pixels.shape[0], height)
        columns, clear_columns = nearest(pixels.shape[1], width)
        result = pixels[rows][:, columns]
        pillow = np.asarray(Image.fromarray(pixels).resize((width, height), FILTERS[name]))
        clear = np.ix_(clear_rows, clear_columns)
        compare(f"Pillow, {width} x {height}", pillow[clear], result[clear], 0)
        return result
    channels = [
        Image.fromarray(pixels[..., c].astype(np.float32)).resize((width, height), FILTERS[name])
        for c in range(pixels.shape[2])
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def sides(width, height, shorter):
    """torchvision.transforms.Resize(shorter)."""
    if width <= height:
        return shorter, int(shorter * height / width)
    return int(shorter * width / height), shorter


def cropped(pixels, width, height):
    """torchvision.transforms.CenterCrop, of pictures that are large enough."""
    top = int(round((pixels.shape[0] - height) / 2.0))
    left = int(round((pixels.shape[1] - width) / 2.0))
    return pixels[top:top + height, left:left + width]


def compare(what, found, expected, tolerance):
    error = np.inf
    if found.shape == expected.shape:
        error = np.abs(found.astype(np.float64) - expected).max(initial=0)
    if not error <= tolerance:
        failures.append(f"{what}: {found.shape} for {expected.shape}, off by {error}")


def picture(width, height, channels):
    pixels = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
    path = work / f"{width}x{height}x{channels}.png"
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(path)
    return path, pixels


def check_rules():
    planes, rows = echo([1, 3, 24, 24]), echo(["N", 24, 24, 3])
    wide, open_sizes = echo([1, 3, 20, 30]), echo(["N", 3, "H", "W"])
    for width, height in SIZES:
        path, pixels = picture(width, height, 3)
        for name in FILTERS:
            options = ["--interpolation", name]
            tolerance = 2e-3
            stretched = resized(pixels, 24, 24, name)
            crop = cropped(resized(pixels, *sides(width, height, 29), name), 24, 24)
            what = f"{width} x {height}, {name}"
            compare(f"{what}, stretch", run(rows, path, "--resize", "stretch", *options)[0],
                    stretched, tolerance)
            compare(f"{what}, planes", run(planes, path, "--resize", "29", *options)[0],
                    crop.transpose(2, 0, 1), tolerance)
            compare(f"{what}, rows", run(rows, path, "--resize", "29", *options)[0], crop,
                    tolerance)
            compare(f"{what}, cover", run(rows, path, "--resize", "cover", *options)[0],
                    cropped(resized(pixels, *sides(width, height, 24), name), 24, 24), tolerance)
            compare(f"{what}, to a size",
                    run(open_sizes, path, "--resize", "stretch", "--size", "30x20", *options)[0],
                    resized(pixels, 30, 20, name).transpose(2, 0, 1), tolerance)
            compare(f"{what}, whole", run(open_sizes, path, "--resize", "21", *options)[0],
                    resized(pixels, *sides(width, height, 21), name).transpose(2, 0, 1), tolerance)
        # As programs on top of Pillow have it: whole numbers between its two passes and behind them.
        eight = Image.fromarray(pixels).resize((24, 24), Image.Resampling.BILINEAR)
        compare(f"{width} x {height}, whole numbers", run(rows, path, "--resize", "stretch")[0],
                np.asarray(eight), 1.01)
        scale = max(30 / width, 20 / height)
        covering = (max(30, int(width * scale)), max(20, int(height * scale)))
        compare(f"{width} x {height}, oblong", run(wide, path, "--resize", "cover")[0],
                cropped(resized(pixels, *covering, "linear"), 30, 20).transpose(2, 0, 1), 2e-3)


def check_plain_filters():
    """Filters that shrinking does not widen."""
    model = echo([1, 24, 24, 3])
    for mode in ["linear", "cubic"]:
        node = helper.make_node(
            "Resize", ["x", "", "", "sizes"], ["y"], mode=mode, cubic_coeff_a=-0.75,
            coordinate_transformation_mode="half_pixel")
        graph = helper.make_graph(
            [node], "resize",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "H", "W"])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 24, 24])],
            [helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 3, 24, 24])])
        session = onnxruntime.InferenceSession(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                              ir_version=8).SerializeToString())
        for width, height in SIZES:
            path, pixels = picture(width, height, 3)
            planes = pixels.transpose(2, 0, 1)[None].astype(np.float32)
            expected = session.run(None, {"x": planes})[0][0].transpose(1, 2, 0)
            found = run(model, path, "--resize", "stretch", "--interpolation", mode,
                        "--no-antialias")[0]
            # onnxruntime has coordinates in float32.
            compare(f"{width} x {height}, {mode} alone", found, expected, 1e-2)


def check_numbers():
    """Colours, scales and types of inputs."""
    path, pixels = picture(50, 40, 3)
    crop = cropped(resized(pixels, *sides(50, 40, 26), "linear"), 24, 24)
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    options = ["--resize", "26", "--scale", str(1 / 255), "--mean", "0.485,0.456,0.406",
               "--std", "0.229,0.224,0.225"]
    expected = (crop / 255 - mean) / std
    compare("scaled", run(echo([1, 24, 24, 3]), path, *options)[0], expected, 1e-4)
    compare("f64", run(echo([1, 24, 24, 3], TensorProto.DOUBLE), path, *options)[0], expected,
            1e-4)
    compare("f16", run(echo([1, 24, 24, 3], TensorProto.FLOAT16), path, *options)[0], expected,
            2e-3)
    compare("u8", run(echo([1, 24, 24, 3], TensorProto.UINT8), path, "--resize", "26")[0], crop,
            0.501)
    compare("bgr", run(echo([1, 24, 24, 3]), path, "--resize", "26", "--color-space", "bgr")[0],
            crop[..., ::-1], 2e-3)
    grey, levels = picture(50, 40, 1)
    crop = cropped(resized(levels, *sides(50, 40, 24), "linear"), 24, 24)
    compare("grey to rgb", run(echo([1, 24, 24, 3]), grey, "--resize", "24")[0],
            np.repeat(crop, 3, axis=-1), 2e-3)
    compare("grey", run(echo([1, 1, 24, 24]), grey, "--resize", "24")[0],
            crop.transpose(2, 0, 1), 2e-3)
    return path, options


def check_stored(path, options):
    """What mrdl-convert stores is what mrdl-infer does."""
    model = echo([1, 3, 24, 24])
    expected = run(model, path, *options)
    labels = work / "labels.txt"
    labels.write_text("\n".join(f"class {index}" for index in range(24)) + "\n")
    for ending in ["mrdl", "h5", "onnx"]:
        stored = work / f"stored.{ending}"
        report = json.loads(subprocess.run(
            [tools / "mrdl-convert", model, stored, *options, "--labels", labels, "--format",
             "json"], check=True, stdout=subprocess.PIPE).stdout)
        if sum(part["kind"] == "added" for part in report["parts"]) != 2:
            failures.append(f"{ending}: the report does not tell what was added")
        if not np.array_equal(run(stored, path), expected):
            failures.append(f"{ending}: the stored preprocessing gives other numbers")
        if ending != "onnx":
            subprocess.run([tools / "mrdl-validate", stored], check=True,
                           stdout=subprocess.DEVNULL)


check_rules()
check_plain_filters()
check_stored(*check_numbers())
for failure in failures:
    print(failure)
print("pictures:", "failures" if failures else "as Pillow, torchvision and onnxruntime have them")
sys.exit(1 if failures else 0)
