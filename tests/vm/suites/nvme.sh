# SPDX-License-Identifier: MIT OR Apache-2.0
# The VFIO backend on an NVMe disk: several MSI-X vectors, each for a queue of its own, and reset.
# shellcheck shell=dash disable=SC2154 # nvme: guest.sh

on_nvme() { bind_to vfio-pci $nvme; vm_vfio "$1" $nvme; }

test_open_and_busy() { on_nvme open; }
test_eight_processes_race_for_it() { on_nvme race; }
test_config_space() { on_nvme config; }
test_bars_map() { on_nvme maps; }
test_io_address_ranges() { on_nvme ranges; }
test_four_queues_four_vectors() { on_nvme nvme-vectors; }
test_64_vectors_at_once() { on_nvme nvme-many-vectors; }
test_reset() { on_nvme nvme-reset; }

test_it_goes_back_to_its_driver() {
    bind_to '' $nvme
    [ "$(driver_of $nvme)" = nvme ]
    bind_to vfio-pci $nvme
}
