# SPDX-License-Identifier: MIT OR Apache-2.0
"""One run of the virtual machine: QEMU without KVM, an emulated IOMMU, and what is plugged in."""
import glob
import os
import select
import signal
import subprocess
import time

GPU_START_S = 20  # the software GPU listens within
STOP_S = 10       # a process ends after SIGTERM within
GPU_VRAM = "512M"


class Failed(Exception):
    """The machine did not get as far as it should; the text says why."""


def stop(process):
    """Ends a process that was started in a session of its own."""
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

    def __init__(self, program, chip, scratch):
        self.socket = os.path.join(scratch, "gpu")
        self.log_path = os.path.join(scratch, "gpumodel.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program, "--chip", chip, "--vram", GPU_VRAM, self.socket], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + GPU_START_S
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log() or f"silent for {GPU_START_S} s"
                self.stop()
                raise Failed(f"the software GPU did not start: {said}")
            time.sleep(0.02)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read().strip()

    def faults(self):
        """What hardware would have refused, line by line."""
        return [line for line in self.log().splitlines() if line.startswith("gpumodel: fault:")]

    def stop(self):
        stop(self.process)


class Machine:
    """Boots when created; ends at the latest after limit_s. With own_port the guest's programs
    report on a serial port of their own, since the kernel's messages cut into lines."""

    def __init__(self, rig, scratch, kernel, memory_mib, limit_s, iommu, words, gpu=None,
                 own_port=True):
        self.end = time.monotonic() + limit_s
        self.pending, self.rest = [], b""
        libs = os.path.join(rig, "root/usr/lib/x86_64-linux-gnu")
        self.console_path = os.path.join(scratch, "console")
        self.gpu = gpu
        disk = os.path.join(scratch, "disk")
        with open(disk, "wb") as f:
            f.truncate(16 << 20)
        command = [
            f"{libs}/ld-linux-x86-64.so.2", "--library-path", libs,
            f"{rig}/root/usr/bin/qemu-system-x86_64", "-L", f"{rig}/root/usr/share/qemu",
            "-L", f"{rig}/root/usr/share/seabios",
            "-machine", "q35,memory-backend=mem0", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-smp", "2", "-m", str(memory_mib),
            "-object", f"memory-backend-memfd,id=mem0,size={memory_mib}M,share=on",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-device", iommu, "-device", "edu,addr=4",
            "-drive", f"file={disk},if=none,id=n0,format=raw",
            "-device", "nvme,drive=n0,serial=rig,addr=5",
            "-kernel", kernel, "-initrd", f"{scratch}/initrd",
            # The timer check fails now and then on a busy host.
            "-append", "console=ttyS0 intel_iommu=on panic=-1 quiet no_timer_check " + words]
        command += ["-serial", f"file:{self.console_path}"] if own_port else []
        command += ["-serial", "stdio"]
        if gpu:
            command += ["-device", "pcie-root-port,id=rp1,slot=1,addr=7", "-device",
                        '{"driver":"vfio-user-pci","bus":"rp1","x-msg-timeout":30000,'
                        f'"socket":{{"path":"{gpu.socket}","type":"unix"}}}}']
        self.said_path = os.path.join(scratch, "qemu.log")
        with open(self.said_path, "wb") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=said,
                                            start_new_session=True)

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
        stop(self.process)
        self.process.stdout.close()


def stock_kernel(rig):
    return sorted(glob.glob(f"{rig}/kernel/boot/vmlinuz-*"))[-1]
