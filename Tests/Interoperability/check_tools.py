#!/usr/bin/env python3
"""The commands as whole processes: what they load, how fast they start, and whether what they print fits
its schema.

    check_tools.py DIRECTORY-OF-THE-COMMANDS

Needs: jsonschema, ruamel.yaml.
"""
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import jsonschema
from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOLS = pathlib.Path(sys.argv[1]).resolve()
failures = []


def check(condition, message):
    print(("ok    " if condition else "FAIL  ") + message)
    if not condition:
        failures.append(message)


def run(tool, *arguments, expect=0):
    done = subprocess.run([TOOLS / tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != expect:
        check(False, f"{tool} {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def check_schema(name, value, what):
    schema = json.loads((ROOT / "Schemas" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
    check(not errors, f"{what} fits {name}" + (f": {errors[0].message[:200]}" if errors else ""))


def check_libraries():
    if platform.system() != "Linux":
        return
    for tool in ("mrdl-infer", "mrdl-inspect", "mrdl-validate", "mrdl-train"):
        listed = subprocess.run(["ldd", TOOLS / tool], capture_output=True, text=True).stdout
        libraries = [line.split()[0] for line in listed.splitlines()]
        if tool != "mrdl-train":
            check(not any("hdf5" in name for name in libraries), f"{tool} does not load libhdf5")
        check(not any("libswift" in name or "libFoundation" in name for name in libraries),
              f"{tool} holds the Swift libraries itself")


def median_start(arguments, rounds=60):
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def report_start(models, picture):
    """Prints what starting costs, beside the start of a process that does nothing: a figure that no
    busy machine can turn into a failure. The goal is 5 ms."""
    print(f"      true takes {median_start(['true']):.2f} ms as a whole process")
    for model in models:
        taken = median_start([TOOLS / "mrdl-infer", model, picture])
        print(f"      mrdl-infer {model.name} {picture.name} takes {taken:.2f} ms as a whole process")


def check_output(model, picture):
    check_schema("mrdl-inspect-1.schema.json", json.loads(run("mrdl-inspect", model, "--format", "json")), "mrdl-inspect")
    check_schema("mrdl-inspect-1.schema.json",
                 json.loads(run("mrdl-inspect", model, "--stats", "--format", "json")), "mrdl-inspect --stats")
    program = json.loads(run("mrdl-inspect", model, "--program", "--format", "json"))
    check_schema("mrdl-inspect-1.schema.json", program, "mrdl-inspect --program")
    check(program["live_bytes"] <= program["working_bytes"] <= 1.1 * program["live_bytes"],
          f"mrdl-inspect --program: {program['working_bytes']} bytes for {program['live_bytes']} that live")
    check_schema("mrdl-validate-1.schema.json",
                 json.loads(run("mrdl-validate", model, "--format", "json")), "mrdl-validate")
    check_schema("mrdl-infer-1.schema.json",
                 json.loads(run("mrdl-infer", model, picture, "--format", "json")), "mrdl-infer")
    for line in run("mrdl-infer", model, picture, picture, "--format", "jsonl").splitlines():
        check_schema("mrdl-infer-1.schema.json", json.loads(line), "mrdl-infer --format jsonl")
    check_schema("mrdl-benchmark-1.schema.json",
                 json.loads(run("mrdl-infer", model, "--benchmark", "0.05", "--profile", "--format", "json")),
                 "mrdl-infer --benchmark")
    with tempfile.TemporaryDirectory() as work:
        run("mrdl-infer", model, picture, "--save-outputs", work)
        check_schema("mrdl-outputs-1.schema.json",
                     json.loads((pathlib.Path(work) / "outputs.json").read_text()), "outputs.json")
        other = pathlib.Path(work) / "copy.mrdl"
        check_schema("mrdl-convert-1.schema.json",
                     json.loads(run("mrdl-convert", model, other, "--format", "json")), "mrdl-convert")
        for suffix in (".h5", ".mrdl"):
            further = other.with_name("further" + suffix)
            run("mrdl-convert", other, further)
            answer = lambda path: run("mrdl-infer", path, picture, "--format", "csv")
            check(answer(further) == answer(model), f"answers are the same from {suffix}")
            other = further


def check_recipes():
    """Recipes in YAML: what is written is read by another reader, and what another writer writes is read."""
    yaml = YAML(typ="safe", pure=True)
    names = [line.split()[0] for line in run("mrdl-train", "--list").splitlines()]
    check(len(names) > 10, f"{len(names)} built-in recipes")
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / "recipe.yaml"
        for name in names:
            printed = run("mrdl-train", "--print", name)
            recipe = json.loads(printed)
            check_schema("mrdl-recipe-1.schema.json", recipe, f"mrdl-train --print {name}")
            written = yaml.load(run("mrdl-train", "--print", name, "--yaml"))
            alike = [written == recipe]
            for flow in (False, True, None):
                yaml.default_flow_style = flow
                with path.open("w") as file:
                    yaml.dump(recipe, file)
                alike.append(run("mrdl-train", "--print", path) == printed)
            check(all(alike), f"{name} is the same recipe in YAML to both readers: {alike}")


def main():
    check_libraries()
    check_recipes()
    samples = ROOT / "Samples"
    models = sorted(samples.glob("*.mrdl")) + sorted(samples.glob("*.h5"))
    pictures = sorted(samples.glob("*.png"))
    check(bool(models) and len(pictures) >= 10, f"{len(models)} sample models, {len(pictures)} pictures")
    if models and pictures:
        report_start(models, pictures[0])
        check_output(models[0], pictures[0])
    sys.exit(1 if failures else 0)


main()
