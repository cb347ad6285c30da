#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""magma.py TOOL: the command line of `magma` keeps what its help and manual page promise."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

TOOL = sys.argv.pop(1)
MODEL = "model:ga102"


def run(*args, stdin=b"", env=None):
    whole = dict(os.environ, **(env or {}))
    done = subprocess.run([TOOL, *args], input=stdin, capture_output=True, timeout=60, env=whole)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class CommandLine(unittest.TestCase):
    def test_help_of_every_command(self):
        status, out, _ = run("--help")
        self.assertEqual(status, 0)
        for command in ("list", "info", "doctor", "bind", "unbind", "reset", "boot",
                        "decode"):
            self.assertIn(command, out)
            status, text, _ = run(command, "--help")
            self.assertEqual(status, 0, command)
            self.assertIn("magma " + command, text)
            self.assertIn("usage: magma", text)

    def test_a_wrong_command_line_is_status_2(self):
        for args in ((), ("bogus",), ("info", "--bogus"), ("bind",), ("unbind", "a", "b"), ("unbind", "--group", "a"),
                     ("reset",), ("decode",), ("decode", "bogus"),
                     ("list", "extra")):
            status, out, err = run(*args)
            self.assertEqual(status, 2, args)
            self.assertEqual(out, "")
            self.assertIn("usage:", err)

    def test_list_and_doctor_speak_json(self):
        status, out, _ = run("list", "--json")
        self.assertEqual(status, 0)
        self.assertIsInstance(json.loads(out)["gpus"], list)
        status, out, _ = run("doctor", "--json")
        checks = json.loads(out)["checks"]
        self.assertIn("memlock", [c["check"] for c in checks])
        self.assertEqual(status, 1 if any(c["verdict"] == "BAD" for c in checks) else 0)


class Devices(unittest.TestCase):
    def test_binding_what_is_not_there(self):
        for command in ("bind", "unbind"):
            for address in ("0000:7f:1f.7", "bogus"):
                status, out, err = run(command, "--dry-run", address)
                self.assertEqual(status, 1)
                self.assertEqual(out, "")
                self.assertIn(address, err)

    def test_a_device_that_is_not_there(self):
        for name in ("pci:0000:7f:1f.7", "vfio-user:/nonexistent", "model:gf100", "bogus"):
            status, out, err = run("info", name)
            self.assertEqual(status, 1, name)
            self.assertEqual(out, "")
            self.assertTrue(err.splitlines()[-1].startswith("magma: "), err)

    def test_info_of_the_model(self):
        status, out, err = run("info", "--json", MODEL)
        self.assertEqual(status, 0, err)
        info = json.loads(out)
        self.assertEqual(info["chip"], "ga102")
        self.assertEqual(info["sm_version"], 86)
        self.assertTrue(info["model"])
        status, out, _ = run("info", env={"MAGMA_DEVICE": MODEL})
        self.assertEqual(status, 0)
        self.assertIn("software GPU", out)

    def test_reset_tells_what_it_tried(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "gpu")
            with subprocess.Popen([os.environ["MAGMA_GPUMODEL"], path]) as server:
                try:
                    deadline = time.monotonic() + 20
                    while not os.path.exists(path) and time.monotonic() < deadline:
                        time.sleep(0.02)
                    status, out, err = run("reset", "--json", f"vfio-user:{path}")
                finally:
                    server.terminate()
        self.assertEqual(status, 0, err)
        story = json.loads(out)
        self.assertTrue(story["helped"])
        self.assertEqual([t["method"] for t in story["tried"]], ["function"])
        status, out, err = run("reset", "0000:7f:1f.7")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("0000:7f:1f.7", err)

    def test_boot_tells_its_story_in_order(self):
        status, out, err = run("boot", "--trace", MODEL)
        self.assertEqual(status, 0, err)
        self.assertIn("is up after", out)
        self.assertIn("is down again", out)
        status, out, _ = run("boot", "--json", MODEL)
        story = json.loads(out)
        self.assertGreater(len(story["steps"]), 10)
        self.assertEqual(story["total_ns"], sum(s["duration_ns"] for s in story["steps"]))


class Decode(unittest.TestCase):
    def test_a_pushbuffer_in_hexadecimal(self):
        status, out, _ = run("decode", "push", "--hex", stdin=b"20012000 0000c7c0\n200120ad, 10")
        self.assertEqual(status, 0)
        self.assertIn("NVC7C0_SEND_PCAS_A", out)

    def test_what_cannot_be_decoded_is_status_1(self):
        self.assertEqual(run("decode", "push", "--hex", stdin=b"20052017 1")[0], 1)
        self.assertEqual(run("decode", "push", "--hex", stdin=b"xyz")[0], 1)
        self.assertEqual(run("decode", "rpc", stdin=b"nothing here")[0], 1)
        self.assertEqual(run("decode", "shader", stdin=bytes(16))[0], 1)
        self.assertEqual(run("decode", "shader", "/nonexistent")[0], 1)


if __name__ == "__main__":
    unittest.main()
