#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs bin/peer under two Vulkan drivers in turn, several rounds, and prints their medians side by
side. Ratios above 1 mean that magma is ahead: times are divided by its own, rates by the peer's."""
import argparse
import datetime
import glob
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFESTS = ["/usr/share/vulkan/icd.d/nvidia_icd*.json", "/etc/vulkan/icd.d/nvidia_icd*.json",
             "/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd*.json"]
RATES = {"GB/s", "GFLOP/s", "Gop/s", "GFMA/s", "Ground/s", "thousand/s"}
# What the project wants at least, by key.
GOALS = {"submit": 3, "submit_fence": 3, "round_trip": 3, "round_trip_empty": 3, "copy": 0.95,
         "fill": 0.95, "saxpy": 0.95, "saxpy4": 0.95, "reduce": 0.95, "sgemm": 0.8, "special": 0.8,
         "fma": 0.8, "hash": 0.8}
GOALS.update({f"alloc_{size}": 100 for size in ("4KiB", "64KiB", "1MiB", "64MiB")})
CHILD_SECONDS = 120


def run_peer(manifest, magma, folder, small):
    env = dict(os.environ)
    env["LD_LIBRARY_PATH"] = os.path.join(folder, "lib") + ":" + env.get("LD_LIBRARY_PATH", "")
    env["VK_DRIVER_FILES"] = env["VK_ICD_FILENAMES"] = manifest
    env["VK_LOADER_LAYERS_DISABLE"] = "~implicit~"
    env["__GL_SHADER_DISK_CACHE"] = "0"  # NVIDIA's: pipelines are compiled anew
    if magma:
        env.setdefault("MAGMA_DEVICE", "nvidia:0")
    command = [os.path.join(folder, "bin", "peer")] + (["--small"] if small else [])
    done = subprocess.run(command + [os.path.join(folder, "shaders")], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=CHILD_SECONDS)
    result = {"lines": {}, "error": done.stderr.strip() if done.returncode else ""}
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) == 2:
            result[fields[0]] = fields[1]
        elif len(fields) == 4:
            result["lines"][fields[0]] = (float(fields[1]), fields[2], fields[3])
    return result


def medians(runs):
    keys = {}
    for run in runs:
        for key, (value, unit, what) in run["lines"].items():
            keys.setdefault(key, ([], unit, what))[0].append(value)
    return {key: (statistics.median(values), unit, what)
            for key, (values, unit, what) in keys.items()}


def rows(ours, theirs):
    for key, (value, unit, what) in ours.items():
        other = theirs.get(key, (None,))[0]
        ratio = None
        if other:
            ratio = value / other if unit in RATES else other / value if value else None
        goal = GOALS.get(key)
        met = None if goal is None or ratio is None else ratio >= goal
        yield {"key": key, "what": what, "unit": unit, "magma": value, "peer": other,
               "ratio": ratio, "goal": goal, "met": met}


def show(number):
    return "-" if number is None else f"{number:.3g}" if abs(number) < 100 else f"{number:.0f}"


def print_table(table):
    print(f"| {'line':<46} | {'unit':<10} | {'magma':>8} | {'peer':>8} | {'ratio':>6} | goal |")
    print(f"|{'-' * 48}|{'-' * 12}|{'-' * 9}:|{'-' * 9}:|{'-' * 7}:|------|")
    for r in table:
        goal = "" if r["goal"] is None else f"{r['goal']:g} " + (
            "" if r["met"] is None else "yes" if r["met"] else "no")
        print(f"| {r['what']:<46} | {r['unit']:<10} | {show(r['magma']):>8} | "
              f"{show(r['peer']):>8} | {show(r['ratio']):>6} | {goal} |")


def find_manifest():
    return next((path for pattern in MANIFESTS for path in sorted(glob.glob(pattern))), None)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3, help="runs of each driver (3)")
    options.add_argument("--json", help="write all figures to this file")
    options.add_argument("--peer", default=find_manifest(), help="the other driver's manifest")
    options.add_argument("--small", action="store_true", help="sizes for a software GPU")
    options.add_argument("--folder", default=HERE, help="where bin, lib and shaders are")
    o = options.parse_args()
    ours, theirs, failed = [], [], []
    for number in range(o.rounds):
        turns = [(ours, os.path.join(o.folder, "magma.json"), True)]
        if o.peer:
            turns.insert(number % 2, (theirs, o.peer, False))
        for runs, manifest, magma in turns:
            try:
                runs.append(run_peer(manifest, magma, o.folder, o.small))
            except subprocess.TimeoutExpired:
                runs.append({"lines": {}, "error": f"no end after {CHILD_SECONDS} s"})
            if runs[-1]["error"]:
                failed.append(f"{manifest}: {runs[-1]['error']}")
    table = list(rows(medians(ours), medians(theirs)))
    names = [f"{run[0].get('device', '?')}, driver {run[0].get('version', '?')}"
             for run in (ours, theirs) if run]
    print(f"magma: {names[0]}\npeer: {names[1] if theirs else 'none'}\n"
          f"{datetime.date.today()}, {o.rounds} rounds\n")
    print_table(table)
    for text in failed:
        print(f"FAILED: {text}")
    if o.json:
        with open(o.json, "w", encoding="utf-8") as f:
            json.dump({"devices": names, "date": str(datetime.date.today()), "rounds": o.rounds,
                       "table": table, "failed": failed, "runs": {"magma": ours, "peer": theirs}},
                      f, indent=1)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
