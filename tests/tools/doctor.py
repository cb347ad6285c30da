#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""doctor.py TOOL: what `magma doctor` finds on machines made of files, and the cure it names."""
import json
import os
import resource
import shutil
import subprocess
import sys
import unittest

from fake_root import PCI, FakeRoot

TOOL = os.path.abspath(sys.argv.pop(1))
GPU, NIC = "0000:01:00.0", "0000:02:00.0"
NOBODY = 65534
INTEL, AMD = "vendor_id\t: GenuineIntel\n", "vendor_id\t: AuthenticAMD\n"
NO_REMAP = "  1:  9  IO-APIC  1-edge  i8042\n 24:  0  PCI-MSI-0000:00:1f.2  0-edge  ahci\n"
REMAP = "  1:  9  IR-IO-APIC  1-edge  i8042\n 24:  0  IR-PCI-MSI-0000:00:1f.2  0-edge  ahci\n"


class Doctor(unittest.TestCase):
    def setUp(self):
        self.root = FakeRoot()
        self.addCleanup(self.root.remove)
        os.chmod(self.root.path, 0o755)

    def healthy(self, cpu=INTEL):
        """A host on which everything is as it should be."""
        r = self.root
        r.driver("vfio-pci")
        r.function(GPU, "vfio-pci", 12, reset_method="flr bus")
        r.write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n")
        r.write("etc/modules-load.d/vfio-pci.conf", "# at boot\nvfio-pci\n")
        r.write("proc/cpuinfo", cpu)
        r.write("proc/cmdline", "BOOT_IMAGE=/vmlinuz quiet intel_iommu=on\n")
        r.write("proc/interrupts", REMAP)
        r.write("proc/self/status", "CapEff:\t000001ffffffffff\n")
        r.write("proc/sys/vm/nr_hugepages", "256\n")
        r.write("lib/firmware/nvidia/ga102/gsp/gsp-570.144.bin", "x")
        for node in ("vfio", "12"):
            r.write(f"dev/vfio/{node}", "", 0o666)

    def no_iommu(self, cpu=INTEL, cmdline="quiet", tables=("DMAR", "IVRS")):
        self.root.function(GPU, "nouveau", None)
        self.root.write("proc/cpuinfo", cpu)
        self.root.write("proc/cmdline", cmdline + "\n")
        self.root.write("sys/firmware/acpi/tables/FACP", "")
        for table in tables:
            self.root.write(f"sys/firmware/acpi/tables/{table}", "")

    def doctor(self, env=None, tool=TOOL, **options):
        whole = {k: v for k, v in os.environ.items()
                 if k not in ("container", "MAGMA_FIRMWARE_PATH")}
        done = subprocess.run([tool, "doctor", "--json", "--root", self.root.path],
                              capture_output=True, timeout=60, check=False, cwd="/",
                              env={**whole, **(env or {})}, **options)
        found = json.loads(done.stdout)
        bad = [c for c in found["checks"] if c["verdict"] == "BAD"]
        self.assertEqual(done.returncode, 1 if bad else 0)
        self.assertEqual(found["bad"], len(bad))
        return found["checks"]

    def check(self, name, verdict, text="", cure="", **options):
        found = [c for c in self.doctor(**options) if c["check"] == name]
        for c in found:
            if c["verdict"] == verdict and text in c["text"] and cure in c.get("cure", ""):
                return
        self.fail(f"no {verdict} {name} with '{text}' and cure '{cure}' in {found}")

    def test_a_good_host_has_nothing_in_the_way(self):
        self.healthy()
        self.assertEqual([c for c in self.doctor() if c["verdict"] == "BAD"], [])
        for name, text in (("iommu", "1 IOMMU groups"), ("remapping", "remaps interrupts"),
                           ("vfio", "vfio-pci is there"), ("gpu", "is bound to vfio-pci"),
                           ("reset", "flr bus"), ("firmware", "GSP 570.144 for 1 chip"),
                           ("rights", "/dev/vfio/12 can be opened"), ("memlock", "not limited")):
            self.check(name, "ok", text)

    def test_text_for_people(self):
        self.no_iommu()
        done = subprocess.run([TOOL, "doctor", "--root", self.root.path], capture_output=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cure: add `intel_iommu=on`", done.stdout.decode())
        self.assertIn("in the way\n", done.stdout.decode())

    def test_without_a_gpu_nothing_is_bad(self):
        self.assertEqual([c for c in self.doctor() if c["verdict"] == "BAD"], [])
        self.check("gpu", "note", "no NVIDIA GPU here")

    # ---- The kernel ----

    def test_the_cure_names_the_boot_loader_in_use(self):
        self.no_iommu()
        self.check("iommu", "BAD", "left it off", "boot loader's configuration")
        self.root.write("boot/loader/loader.conf", "")
        self.check("iommu", "BAD", "left it off", "/etc/kernel/cmdline, run `kernel-install")
        self.root.write("etc/default/grub", "")
        self.check("iommu", "BAD", "left it off",
                   "add `intel_iommu=on` to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub")

    def test_firmware_without_iommu(self):
        self.no_iommu(tables=("IVRS",))
        self.check("iommu", "BAD", "no ACPI table DMAR", "turn VT-d on in the firmware's setup")
        self.no_iommu_again(AMD, tables=("DMAR",))
        self.check("iommu", "BAD", "no ACPI table IVRS", "turn AMD-Vi")

    def no_iommu_again(self, *args, **options):
        self.setUp()
        self.no_iommu(*args, **options)

    def test_an_iommu_that_was_asked_for(self):
        self.no_iommu(cmdline="quiet intel_iommu=on")
        self.check("iommu", "BAD", "was to use it", "VT-d")
        self.no_iommu_again(AMD)
        self.check("iommu", "BAD", "was to use it", "AMD-Vi")

    def test_an_iommu_that_was_turned_off(self):
        for cpu, word in ((INTEL, "intel_iommu=off"), (AMD, "amd_iommu=off"), (AMD, "iommu=off")):
            self.no_iommu_again(cpu, cmdline=f"quiet {word} x")
            self.check("iommu", "BAD", f"booted with {word}", f"remove `{word}`")
        self.no_iommu_again(cmdline="xiommu=off iommu=offside")
        self.check("iommu", "BAD", "left it off")

    def test_interrupt_remapping(self):
        self.healthy()
        self.root.write("proc/interrupts", NO_REMAP)
        self.check("remapping", "BAD", "does not remap", "allow_unsafe_interrupts=1")
        self.root.write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n")
        self.check("remapping", "note", "can forge them")
        self.root.write("dev/iommu", "")
        self.check("remapping", "BAD", "does not remap", "options iommufd")

    def test_modules(self):
        self.no_iommu()
        self.check("vfio", "BAD", "no driver vfio-pci", "modprobe vfio-pci")
        self.setUp()
        self.healthy()
        os.remove(self.root.at("etc/modules-load.d/vfio-pci.conf"))
        self.check("vfio", "ok", "nothing in modules-load.d", "/etc/modules-load.d/vfio-pci.conf")
        self.root.write("usr/lib/modules-load.d/magma.conf", "vfio-pci\n")
        self.check("vfio", "ok", "vfio-pci is there")
        self.setUp()
        self.root.driver("vfio-pci")
        self.root.function(GPU, "vfio-pci", 12)
        self.check("vfio", "BAD", "neither vfio_iommu_type1", "modprobe vfio_iommu_type1")
        self.root.write("dev/iommu", "")
        self.check("vfio", "ok")

    def test_rivals(self):
        self.healthy()
        for rival in ("nouveau", "nvidia"):
            self.root.write(f"sys/module/{rival}/refcnt", "0\n")
            self.check("rivals", "note", f"{rival} is loaded", f"blacklist {rival}")
            self.root.write(f"etc/modprobe.d/{rival}.conf", f"blacklist  {rival}\n")
            self.assertNotIn(f"{rival} is loaded", json.dumps(self.doctor()))

    def test_huge_pages(self):
        self.healthy()
        self.root.write("proc/sys/vm/nr_hugepages", "0\n")
        self.check("hugepages", "note", "none reserved", "vm.nr_hugepages")

    # ---- The GPUs ----

    def test_a_foreign_driver(self):
        self.root.function(GPU, "nvidia", 12)
        self.check("gpu", "BAD", "is bound to nvidia", f"magma bind {GPU}")
        self.check("gpu", "BAD", "is bound to nvidia", "MAGMA_DEVICE=nvidia:0")

    def test_no_driver(self):
        self.root.function(GPU, None, 12)
        self.check("gpu", "BAD", "is bound to no driver", f"magma bind {GPU}")

    def test_a_group_with_a_stranger(self):
        self.healthy()
        self.root.function(NIC, "e1000e", 12, vendor=0x8086, class_code=0x020000)
        self.check("group", "BAD", f"{NIC}, which e1000e has", "another slot")

    def test_a_function_of_the_card_with_a_driver(self):
        self.healthy()
        self.root.function("0000:01:00.1", "snd_hda_intel", 12, class_code=0x040300)
        self.check("gpu", "BAD", "snd_hda_intel")

    def test_a_gpu_without_reset(self):
        self.healthy()
        self.root.write(f"{PCI}/devices/{GPU}/reset_method", "\n")
        self.check("reset", "note", "only a reboot helps")

    def test_firmware_files(self):
        self.healthy()
        os.rename(self.root.at("lib/firmware/nvidia/ga102/gsp/gsp-570.144.bin"),
                  self.root.at("lib/firmware/nvidia/ga102/gsp/gsp-535.113.01.bin"))
        self.check("firmware", "BAD", "but not GSP 570.144", "firmware-nvidia-graphics")
        self.root.write("opt/fw/nvidia/x", "")
        self.check("firmware", "ok", "/opt/fw", env={"MAGMA_FIRMWARE_PATH": "/opt/fw"})
        self.check("firmware", "BAD", "/opt/no", "unset it", env={"MAGMA_FIRMWARE_PATH": "/opt/no"})

    # ---- The user ----

    def limited(self, size_bytes):
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK,
                                                         (size_bytes, size_bytes))}

    def test_locked_memory(self):
        self.healthy()
        self.root.write("proc/self/status", "CapEff:\t0000000000000000\n")
        self.check("memlock", "BAD", "at most 8 KiB", "LimitMEMLOCK=infinity", **self.limited(8192))
        self.check("memlock", "BAD", "at most 8 KiB", "/etc/security/limits.d",
                   **self.limited(8192))
        self.root.write("proc/self/status", "CapEff:\t0000000000004000\n")
        self.check("memlock", "ok", "not limited", **self.limited(8192))

    def as_somebody_else(self):
        if os.geteuid() != 0:
            return {}
        tool = shutil.copy(TOOL, self.root.path)  # the build folder may be root's alone
        return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "tool": tool}

    def test_a_node_of_somebody_else(self):
        self.healthy()
        self.root.write("dev/vfio/12", "", 0o600 if os.geteuid() == 0 else 0)
        self.check("rights", "BAD", "/dev/vfio/12 (root:root 0600)" if os.geteuid() == 0 else
                   "/dev/vfio/12", "70-magma.rules", **self.as_somebody_else())

    def test_a_node_that_is_missing(self):
        self.healthy()
        os.remove(self.root.at("dev/vfio/vfio"))
        self.check("nodes", "BAD", "no /dev/vfio/vfio", "modprobe vfio")

    def test_a_kernel_with_iommufd_wants_no_group(self):
        self.healthy()
        os.remove(self.root.at("dev/vfio/vfio"))
        os.remove(self.root.at("dev/vfio/12"))
        os.makedirs(self.root.at(f"{PCI}/devices/{GPU}/vfio-dev/vfio3"))
        self.root.write("dev/vfio/devices/vfio3", "", 0o666)
        self.check("nodes", "BAD", "no /dev/vfio/12")  # there is no /dev/iommu
        self.root.write("dev/iommu", "", 0o666)
        self.check("rights", "ok", "/dev/vfio/devices/vfio3 can be opened")
        self.assertFalse([c for c in self.doctor() if c["verdict"] == "BAD"])

    def test_a_container(self):
        self.healthy()
        os.remove(self.root.at("dev/vfio/12"))
        self.root.write("proc/self/status", "CapEff:\t00000000a80425fb\n")
        for marker in (".dockerenv", "run/.containerenv"):
            self.root.write(marker, "")
            self.check("container", "note", "--ulimit memlock=-1:-1")
            self.check("nodes", "BAD", "no /dev/vfio/12", "--device /dev/vfio/12")
            self.check("memlock", "BAD", "", "--ulimit memlock", **self.limited(8192))
            os.remove(self.root.at(marker))
        self.check("container", "note", "", env={"container": "podman"})


if __name__ == "__main__":
    unittest.main()
