# SPDX-License-Identifier: MIT OR Apache-2.0
"""A folder that looks like the root of a machine to `magma bind | unbind | doctor --root`."""
import os
import shutil
import tempfile

PCI = "sys/bus/pci"


class FakeRoot:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="magma-root-")
        self.write(f"{PCI}/drivers_probe", "")
        os.makedirs(self.at(f"{PCI}/devices"))

    def remove(self):
        shutil.rmtree(self.path)

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text, mode=None):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w", encoding="utf-8") as f:
            f.write(text)
        if mode is not None:
            os.chmod(self.at(name), mode)

    def read(self, name):
        with open(self.at(name), encoding="utf-8") as f:
            return f.read()

    def link(self, name, target):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        os.symlink(target, self.at(name))

    def driver(self, name):
        self.write(f"{PCI}/drivers/{name}/unbind", "")

    def function(self, address, driver=None, group=None, vendor=0x10de, device=0x2204,
                 class_code=0x030000, **attributes):
        at = f"{PCI}/devices/{address}"
        values = {"vendor": f"0x{vendor:04x}", "device": f"0x{device:04x}",
                  "class": f"0x{class_code:06x}", "driver_override": "(null)", **attributes}
        for name, value in values.items():
            self.write(f"{at}/{name}", f"{value}\n")
        if driver:
            self.driver(driver)
            self.link(f"{at}/driver", f"../../drivers/{driver}")
        if group is not None:
            self.link(f"{at}/iommu_group", f"../../../../kernel/iommu_groups/{group}")
            self.link(f"sys/kernel/iommu_groups/{group}/devices/{address}", f"../../../../{at}")

    def process(self, number, name, *opened):
        self.write(f"proc/{number}/comm", f"{name}\n")
        for fd, node in enumerate(opened):
            self.link(f"proc/{number}/fd/{fd}", node)
