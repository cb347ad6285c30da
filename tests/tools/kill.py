#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""kill.py TOOL GPUMODEL MKFW: SIGKILL of the driver after any boot step leaves a GPU that boots again."""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOOL, MODEL, MKFW = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)


class Server:
    """The software GPU as a device that outlives its clients."""

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, "gpu.sock")
        subprocess.run([MKFW, self.dir.name], check=True)
        os.environ["MAGMA_FIRMWARE_PATH"] = self.dir.name
        self.process = subprocess.Popen([MODEL, "--chip", "ga102", self.path])
        deadline = time.monotonic() + 10
        while not os.path.exists(self.path) and time.monotonic() < deadline:
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.dir.cleanup()


def boot(path):
    return subprocess.run([TOOL, "boot", "--trace", "vfio-user:" + path], capture_output=True,
                          timeout=60, text=True)


def kill_after(path, lines):
    """Starts a boot and kills it once it has told so many steps; returns how many it told."""
    tool = subprocess.Popen([TOOL, "boot", "--trace", "vfio-user:" + path],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    seen = 0
    while seen < lines and tool.stdout.readline():
        seen += 1
    tool.send_signal(signal.SIGKILL)
    tool.stdout.close()
    tool.wait(timeout=10)
    return seen


class Killed(unittest.TestCase):
    def test_the_next_start_works_after_a_kill_at_any_step(self):
        with Server() as server:
            first = boot(server.path)
            self.assertEqual(first.returncode, 0, first.stderr)
            steps = len(first.stdout.splitlines())
            self.assertGreater(steps, 10)
            for step in range(1, steps):
                kill_after(server.path, step)
                again = boot(server.path)
                self.assertEqual(again.returncode, 0,
                                 f"after a kill at step {step}: {again.stderr}")

    def test_ten_kills_in_a_row(self):
        with Server() as server:
            for _ in range(10):
                kill_after(server.path, 12)
            again = boot(server.path)
            self.assertEqual(again.returncode, 0, again.stderr)


if __name__ == "__main__":
    unittest.main()
