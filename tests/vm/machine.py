# SPDX-License-Identifier: MIT OR Apache-2.0
"""One run of the virtual machine: QEMU without KVM, an emulated IOMMU, and what is plugged in."""
import glob
import json
import os
import select
import signal
import subprocess
import time

from qmp import Qmp

GPU_START_S = 20  # the software GPU listens within
STOP_S = 10       # a process ends after SIGTERM within
GPU_VRAM = "2G"
PLUGGED_VRAM = "512M"  # plugged later: larger BARs find no room behind the port
GPU_REPLY_MS = 30000
DISK_BYTES = 16 << 20
# The console is for the kernel; the guest's programs report on a port of their own, since the
# kernel's messages cut into lines. The timer check fails now and then on a busy host; a kernel
# without ASPM does not ask the firmware for hot plug.
KERNEL_WORDS = "console=ttyS0 panic=-1 quiet no_timer_check pcie_ports=native"
IOMMUS = {  # QEMU's device and the kernel's words
    "intel": ("intel-iommu,intremap=on,caching-mode=on", "intel_iommu=on"),
    "noremap": ("intel-iommu,intremap=off,caching-mode=on", "intel_iommu=on"),
    "amd": ("amd-iommu,intremap=on,xtsup=on,dma-remap=on", "amd_iommu=on"),
    "virtio": ("virtio-iommu-pci", ""),
    "none": (None, ""),
}


class Failed(Exception):
    """The machine did not get as far as it should; the text says why."""


def start(command, **streams):
    """A process in a session of its own, which ends when we do, however that comes about."""
    return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command],
                            start_new_session=True, **streams)


def stop(process):
    if process and process.poll() is None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(process.pid, number)
            try:
                process.wait(timeout=STOP_S)
                return
            except subprocess.TimeoutExpired:
                pass


class Gpu:
    """gpumodel as a device that waits for QEMU; what it says goes to a file."""

    def __init__(self, program, chip, scratch, name="gpu", plan=None, vram=GPU_VRAM):
        """plan: a file with faults to commit (gpumodel/plan.h)."""
        self.socket = os.path.join(scratch, name)
        self.log_path = os.path.join(scratch, name + ".log")
        command = [program, "--chip", chip, "--vram", vram, "--ask-iommu", self.socket]
        command += ["--plan", plan] if plan else []
        with open(self.log_path, "ab") as log:
            self.process = start(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + GPU_START_S
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log() or f"silent for {GPU_START_S} s"
                self.stop()
                raise Failed(f"the software GPU did not start: {said}")
            time.sleep(0.02)

    def device(self, bus, name):
        """As QEMU wants it named: function 0 of a card."""
        return {"driver": "vfio-user-pci", "id": name, "bus": bus, "addr": "0.0",
                "multifunction": True, "x-msg-timeout": GPU_REPLY_MS,
                "socket": {"path": self.socket, "type": "unix"}}

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read().strip()

    def faults(self):
        """What hardware would have refused, line by line."""
        return [line for line in self.log().splitlines() if line.startswith("gpumodel: fault:")]

    def stop(self):
        stop(self.process)


class Machine:
    """Boots when created; ends at the latest after limit_s. Devices, by slot of bus 0: 4 edu
    (QEMU's teaching device), 5 an NVMe disk, 6 edu and NVMe as two functions of one device, 7 and
    8 root ports, the card behind the first (GPU and audio), the second for plugging."""

    def __init__(self, rig, scratch, kernel, memory_mib, limit_s, iommu, words, gpu=None):
        self.end = time.monotonic() + limit_s
        self.pending, self.rest = [], b""
        self.console_path = os.path.join(scratch, "console")
        self.said_path = os.path.join(scratch, "qemu.log")
        self.monitor_path = os.path.join(scratch, "monitor")
        self.gpu, self.monitor = gpu, None
        device, iommu_words = IOMMUS[iommu]
        libs = os.path.join(rig, "root/usr/lib/x86_64-linux-gnu")
        command = [
            f"{libs}/ld-linux-x86-64.so.2", "--library-path", libs,
            f"{rig}/root/usr/bin/qemu-system-x86_64", "-L", f"{rig}/root/usr/share/qemu",
            "-L", f"{rig}/root/usr/share/seabios",
            "-machine", "q35,memory-backend=mem0", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
            "-smp", "2", "-m", str(memory_mib),
            "-object", f"memory-backend-memfd,id=mem0,size={memory_mib}M,share=on",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", kernel, "-initrd", f"{scratch}/initrd",
            "-append", " ".join([KERNEL_WORDS, iommu_words, words]),
            "-serial", f"file:{self.console_path}", "-serial", "stdio",
            "-qmp", f"unix:{self.monitor_path},server=on,wait=off"]
        command += ["-device", device] if device else []
        for name in ("disk0", "disk1", "disk2"):
            with open(os.path.join(scratch, name), "wb") as f:
                f.truncate(DISK_BYTES)
            command += ["-drive", f"file={scratch}/{name},if=none,id={name},format=raw"]
        for text in ("edu,addr=4", "nvme,drive=disk0,serial=alone,addr=5",
                     "edu,addr=6.0,multifunction=on", "nvme,drive=disk1,serial=pair,addr=6.1",
                     "pcie-root-port,id=port1,slot=1,addr=7",
                     "pcie-root-port,id=port2,slot=2,addr=8"):
            command += ["-device", text]
        if gpu:
            command += ["-device", json.dumps(gpu.device("port1", "gpu")),
                        "-device", "ich9-intel-hda,bus=port1,addr=0.1"]
        with open(self.said_path, "wb") as said:
            self.process = start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=said)

    def next_line(self, wait_s=None):
        """What the guest says next; None at its end. It may take wait_s, and never longer than the
        whole run."""
        until = min(self.end, time.monotonic() + wait_s) if wait_s else self.end
        while not self.pending:
            if not select.select([self.process.stdout], [], [],
                                 max(0, until - time.monotonic()))[0]:
                raise Failed("the time for the whole run is over" + self._last_words()
                             if until == self.end else
                             f"silent for {wait_s} s{self._last_words()}")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return None
            *whole, self.rest = (self.rest + data).replace(b"\r", b"").split(b"\n")
            self.pending += [line.decode("utf-8", "replace") for line in whole]
        return self.pending.pop(0)

    def tell(self, text):
        """A line to the guest, if it still listens."""
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # next_line says that it ended

    def qmp(self):
        if not self.monitor:
            self.monitor = Qmp(self.monitor_path)
        return self.monitor

    def why_it_ended(self):
        """For a machine that ended before it was done. A panic ends QEMU with status 0 too."""
        self.stop()
        if self.gpu and self.gpu.process.poll() is not None:
            return f"the software GPU ended with status {self.gpu.process.returncode}"
        return f"the machine ended with status {self.process.returncode}{self._last_words()}"

    def _last_words(self):
        for path in (self.said_path, self.console_path):
            if not os.path.exists(path):
                continue
            with open(path, encoding="utf-8", errors="replace") as f:
                said = [line.strip() for line in f if line.strip()]
            panic = [line for line in said if "Kernel panic" in line]
            if said:
                return f"; last words: {(panic or said)[-1]}"
        return ""

    def stop(self):
        if self.monitor:
            self.monitor.close()
        stop(self.process)
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except OSError:
            pass  # what was not told any more


def kernel_image(rig, kernel):
    """The newest image of a kernel that the rig has ('stock' or 'iommufd')."""
    return sorted(glob.glob(f"{rig}/{kernel}/boot/vmlinuz-*"))[-1]
