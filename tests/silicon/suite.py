#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the silicon suite that is packed around this file: its parts in order, each with a time
limit, a table of them, what failed, and the same as JSON. As root its programs run as nobody,
unless they cannot read this folder then."""
import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NOBODY = 65534
VULKAN = ["device", "memory", "alloc", "commands", "descriptors", "pipelines", "sync", "compute",
          "modern", "threads", "lost"]
SUMMARIES = [  # a line of a program that counts: (pattern, groups of cases that are good, bad)
    (re.compile(r"^(\d+) ok, (\d+) failed"), [1], [2]),
    (re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)"), [], [2, 3]),
    (re.compile(r"^(\d+) instances run: (\d+) the same in every bit, (\d+) within bounds, (\d+) "
                r"differ"), [2, 3], [4]),
]


def program(name):
    return os.path.exists(os.path.join(HERE, "bin", name))


def files(folder):
    path = os.path.join(HERE, folder)
    return [os.path.join(path, f) for f in sorted(os.listdir(path))] if os.path.isdir(path) else []


def parts(model, folder):
    """(name, what it checks, seconds, command); files for --out go to folder"""
    data = os.path.join(HERE, "data")
    silicon = lambda part: ["silicon", "--part", part]
    yield "host", "semaphores, timestamps, 100,000 submissions", 60, silicon("host")
    yield "copies", "copy engine against memcmp", 60, silicon("copies")
    yield "events", "how soon sleepers wake", 60, silicon("events")
    yield "order", "fences between writes, doorbell and GPU", 60, silicon("order")
    yield "controls", "read-only controls without privileges", 20, silicon("controls")
    yield "launches", "windows, launch descriptors, what is refused", 90, silicon("launches")
    yield "faults", "errors on purpose", 90, silicon("faults")
    yield "life", "1,000 opens, processes, channels, kill -9", 120, silicon("life")
    if files("jobs"):
        yield "jobs", "the compiler's shaders, bit for bit", 60, \
            ["silicon", "--part", "none"] + files("jobs")
    if program("sass"):
        record = [] if model else ["--accidents", "--scenes", f"{folder}/sm90-scenes.tsv", "--record",
                                   f"{folder}/sm90-sweep.bin", "--json", f"{folder}/sass.json"]
        yield "sass", "instruction sweeps against the software SM", 150, \
            ["sass", "--supported", "--bounds", os.path.join(data, "sm90-sweep-bounds.tsv")] + record
    for answers in files("answers"):
        if program("images"):
            yield "images", "texture units against what was recorded", 90, \
                ["images", "--quiet", "--replay", answers]
    for suite in VULKAN:
        if program("test_vulkan_" + suite):
            yield "vulkan " + suite, "through the loader", 60, ["test_vulkan_" + suite]
    if program("saxpy"):
        yield "saxpy", "the example", 30, ["saxpy"]
    if not model:
        yield "endless", "a shader that does not end", 60, silicon("endless")


def runnable_as_nobody():
    if os.geteuid() != 0:
        return False
    try:
        return subprocess.run([os.path.join(HERE, "x"), "silicon", "--part", "none"], user=NOBODY,
                              group=NOBODY, extra_groups=[], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=20).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def run(command, limit, env, nobody):
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if nobody else {}
    start = time.monotonic()
    child = subprocess.Popen([os.path.join(HERE, "x")] + command, env=env, text=True,
                             errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             cwd=env["TMPDIR"], **who)
    try:
        output, problem = child.communicate(timeout=limit)[0], ""
    except subprocess.TimeoutExpired:
        child.kill()
        output, problem = child.communicate()[0], f"not done after {limit:.0f} s"
    if not problem and child.returncode < 0:
        problem = f"ended by signal {-child.returncode}"
    return output, problem, time.monotonic() - start, child.returncode


def judge(output, problem, status):
    """cases, passed, failed, skipped, what failed"""
    good = bad = 0
    for line in output.splitlines():
        for pattern, goods, bads in SUMMARIES:
            m = pattern.match(line)
            if m:
                bad += sum(int(m[g]) for g in bads)
                good += sum(int(m[g]) for g in goods) if goods else \
                    int(m[1]) - sum(int(m[g]) for g in bads)
    failures = [line for line in output.splitlines()
                if re.search(r" FAILED |:[FE]:|^differs: ", line)][:20]
    skipped = len(re.findall(r"(?m)\bskipped: ", output))
    if problem or (status and not bad):
        failures.append(problem or f"exit status {status}: " + output.strip()[-200:])
        bad += 1
    elif not good + bad:  # a program that only says whether
        good = 1
    return {"cases": good + bad, "passed": good, "failed": bad, "skipped": skipped,
            "failures": failures}


def environment(device, folder):
    env = dict(os.environ, MAGMA_DEVICE=device, TMPDIR=folder, VK_LOADER_LAYERS_DISABLE="~implicit~")
    model = os.path.join(HERE, "bin", "gpumodel")
    if os.path.exists(model):
        env.setdefault("MAGMA_GPUMODEL", model)
    if not files("layers"):
        env["MVK_TEST_PLAIN"] = "1"
    return env


def print_table(results):
    print(f"\n{'part':18} {'cases':>6} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}  what")
    for r in results + [total(results)]:
        print(f"{r['part']:18} {r['cases']:6} {r['passed']:7} {r['failed']:7} {r['skipped']:8} "
              f"{r['seconds']:8.1f}  {r['what']}")


def total(results):
    row = {"part": "total", "what": ""}
    for key in ("cases", "passed", "failed", "skipped", "seconds"):
        row[key] = sum(r[key] for r in results)
    return row


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--device", default=os.environ.get("MAGMA_DEVICE") or "nvidia:0")
    p.add_argument("--part", action="append", help="only this one (may be repeated)")
    p.add_argument("--seconds", type=float, default=570, help="for all of it (default 570)")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--log", metavar="FILE", help="everything the programs said")
    p.add_argument("--out", metavar="FOLDER", help="for what parts record (sweeps)")
    p.add_argument("--privileged", action="store_true", help="as root, stay root")
    a = p.parse_args()
    end = time.monotonic() + a.seconds
    nobody = not a.privileged and runnable_as_nobody()
    log = open(a.log, "w", encoding="utf-8") if a.log else None
    results = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        env = environment(a.device, folder)
        for name, what, limit, command in parts(a.device.startswith("model:"), folder):
            if a.part and name not in a.part:
                continue
            limit = min(limit, end - time.monotonic())
            if limit < 1:
                r = {"cases": 1, "passed": 0, "failed": 1, "skipped": 0, "failures": ["no time left"]}
                seconds = 0.0
            else:
                output, problem, seconds, status = run(command, limit, env, nobody)
                r = judge(output, problem, status)
                if log:
                    log.write(f"==== {name}: {' '.join(command)[:200]}\n{output}\n")
            results.append({"part": name, "what": what, "seconds": round(seconds, 2), **r})
            print(f"{name}: {r['passed']} of {r['cases']}, {seconds:.1f} s", flush=True)
            for failure in r["failures"]:
                print("    " + failure, flush=True)
        for name in os.listdir(folder) if a.out else []:
            if os.path.isfile(os.path.join(folder, name)):
                shutil.copy(os.path.join(folder, name), a.out)
    print_table(results)
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump({"device": a.device, "privileged": os.geteuid() == 0 and not nobody,
                       "date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
                       "parts": results, "total": total(results)}, f, indent=1)
    return 1 if total(results)["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
