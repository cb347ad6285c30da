#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""bind.py TOOL: what `magma bind` and `unbind` decide, on a machine made of files. That the kernel
then moves the drivers is shown in a virtual machine: tests/vm/run --suite bind."""
import json
import subprocess
import sys
import unittest

from fake_root import PCI, FakeRoot

TOOL = sys.argv.pop(1)
GPU, AUDIO, USB, NIC = "0000:01:00.0", "0000:01:00.1", "0000:01:00.2", "0000:02:00.0"


class Bind(unittest.TestCase):
    def setUp(self):
        self.root = FakeRoot()
        self.addCleanup(self.root.remove)

    def card(self, driver="nvidia", group=12):
        self.root.driver("vfio-pci")
        self.root.function(GPU, driver, group)
        self.root.function(AUDIO, "snd_hda_intel", group, class_code=0x040300)
        self.root.function(USB, None, group, class_code=0x0c0330)
        self.root.function("0000:00:01.0", "pcieport", group, vendor=0x8086, class_code=0x060400)

    def run_tool(self, *args):
        done = subprocess.run([TOOL, args[0], "--root", self.root.path, *args[1:]],
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def refused(self, text, *args):
        status, out, err = self.run_tool(*args)
        self.assertEqual((status, out), (1, ""))
        self.assertIn(text, err)
        return err

    def untouched(self):
        self.assertEqual(self.root.read(f"{PCI}/devices/{GPU}/driver_override"), "(null)\n")
        self.assertEqual(self.root.read(f"{PCI}/drivers/nvidia/unbind"), "")

    def test_all_functions_of_the_card_and_no_bridge(self):
        self.card()
        for address in (GPU, AUDIO, "01:00.0", f"pci:{GPU}"):
            status, out, _ = self.run_tool("bind", "--dry-run", address)
            expected = [f"{GPU}: nvidia -> vfio-pci (not done)",
                        f"{AUDIO}: snd_hda_intel -> vfio-pci (not done)",
                        f"{USB}: (no driver) -> vfio-pci (not done)"]
            self.assertEqual((status, out.splitlines()), (0, expected))
        self.untouched()

    def test_functions_in_groups_of_their_own_belong_to_the_card(self):
        self.root.driver("vfio-pci")
        self.root.function(GPU, "nvidia", 12)
        self.root.function(AUDIO, "snd_hda_intel", 13, class_code=0x040300)
        _, out, _ = self.run_tool("bind", "--dry-run", GPU)
        self.assertIn(f"{AUDIO}: snd_hda_intel -> vfio-pci", out)

    def test_json_says_the_same(self):
        self.card()
        status, out, _ = self.run_tool("bind", "--dry-run", "--json", GPU)
        said = json.loads(out)
        self.assertEqual((status, said["action"], said["dry_run"]), (0, "bind", True))
        self.assertEqual(said["functions"][1], {"address": AUDIO, "old_driver": "snd_hda_intel",
                                                "new_driver": "vfio-pci", "done": False})
        self.assertEqual(len(said["functions"]), 3)

    def test_another_device_of_the_group_is_taken_only_when_told(self):
        self.card()
        self.root.function(NIC, "e1000e", 12, vendor=0x8086, class_code=0x020000)
        err = self.refused("--group", "bind", GPU)
        self.assertIn(f"{NIC} (class 020000, e1000e)", err)
        self.untouched()
        status, out, _ = self.run_tool("bind", "--dry-run", "--group", GPU)
        self.assertEqual(status, 0)
        self.assertIn(f"{NIC}: e1000e -> vfio-pci", out)

    def test_a_stranger_without_driver_is_left_alone(self):
        self.card()
        self.root.function(NIC, None, 12, vendor=0x8086, class_code=0x020000)
        status, out, _ = self.run_tool("bind", "--dry-run", GPU)
        self.assertEqual(status, 0)
        self.assertNotIn(NIC, out)

    def test_without_iommu_nothing_is_taken_away(self):
        self.card(group=None)
        self.refused("is in no IOMMU group", "bind", GPU)
        self.untouched()

    def test_without_the_module_nothing_is_taken_away(self):
        self.root.function(GPU, "nvidia", 12)
        self.refused("modprobe vfio-pci", "bind", GPU)
        self.untouched()

    def test_a_card_in_use_is_refused_with_the_process(self):
        self.card()
        self.root.write(f"proc/driver/nvidia/gpus/{GPU}/information", "Model: X\nDevice Minor: 3\n")
        self.root.process(41, "other", "/dev/nvidia0", "/dev/null")
        self.assertEqual(self.run_tool("bind", "--dry-run", GPU)[0], 0)
        self.root.process(42, "Xorg", "/dev/null", "/dev/nvidia3")
        err = self.refused("/dev/nvidia3 is open in process 42 (Xorg)", "bind", GPU)
        self.assertNotIn("41", err)
        self.untouched()

    def test_drm_and_sound_count_as_use(self):
        for folder, node in (("drm/card1", "/dev/dri/card1"), ("drm/renderD129",
                             "/dev/dri/renderD129")):
            self.setUp()
            self.card("nouveau")
            self.root.write(f"{PCI}/devices/{GPU}/{folder}/dev", "226:1\n")
            self.root.process(7, "glxgears", node)
            self.refused(f"{node} is open in process 7", "bind", GPU)
        self.setUp()
        self.card()
        self.root.write(f"{PCI}/devices/{AUDIO}/sound/card2/id", "HDMI\n")
        self.root.process(8, "pulseaudio", "/dev/snd/controlC2")
        self.refused("/dev/snd/controlC2 is open in process 8", "bind", GPU)

    def test_unbinding_what_is_open_is_refused(self):
        self.card("vfio-pci")
        self.root.process(9, "saxpy", "/dev/vfio/vfio", "/dev/vfio/12")
        self.refused("/dev/vfio/12 is open in process 9 (saxpy)", "unbind", GPU)

    def test_what_is_bound_already_stays(self):
        self.card("vfio-pci")
        status, out, _ = self.run_tool("bind", "--dry-run", GPU)
        self.assertEqual(status, 0)
        self.assertIn(f"{GPU}: vfio-pci already", out)

    def test_unbind_knows_the_former_driver(self):
        self.card("vfio-pci")
        self.root.write(f"run/magma/bind/{GPU}", "driver nvidia\n")
        _, out, _ = self.run_tool("unbind", "--dry-run", GPU)
        self.assertIn(f"{GPU}: vfio-pci -> nvidia (not done)", out)
        for damaged in ("driver ../../x\n", "driver\n", "colour red\n", "driver a b\n"):
            self.root.write(f"run/magma/bind/{GPU}", damaged)
            _, out, _ = self.run_tool("unbind", "--dry-run", GPU)
            self.assertIn(f"{GPU}: vfio-pci -> the kernel's choice (not done)", out)

    def test_a_failure_is_undone(self):
        # No kernel moves the driver here, so vfio-pci never takes it.
        self.card()
        self.refused("vfio-pci did not take it", "bind", GPU)
        self.assertEqual(self.root.read(f"{PCI}/devices/{GPU}/driver_override")[:1], "\n")
        self.assertFalse(self.root.read(f"{PCI}/drivers_probe") == "")
        with self.assertRaises(FileNotFoundError):
            self.root.read(f"run/magma/bind/{GPU}")

    def test_only_nvidia_and_only_addresses(self):
        self.card()
        self.root.function(NIC, "e1000e", 14, vendor=0x8086, class_code=0x020000)
        self.refused("is not an NVIDIA function", "bind", NIC)
        self.refused("no such PCI device", "bind", "0000:7f:00.0")
        for text in ("bogus", "../../etc/x.y", "0000:01:00.0/..", ""):
            self.refused("is no PCI address", "bind", text)

    def test_the_console_is_mentioned(self):
        self.root.driver("vfio-pci")
        self.root.function(GPU, "nouveau", 12, boot_vga="1")
        status, _, err = self.run_tool("bind", "--dry-run", GPU)
        self.assertEqual(status, 0)
        self.assertIn("console", err)


if __name__ == "__main__":
    unittest.main()
