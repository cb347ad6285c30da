# SPDX-License-Identifier: MIT OR Apache-2.0
# The VFIO backend on the GPU before anything boots it.
# shellcheck shell=dash disable=SC2154 # gpu: guest.sh

on_gpu() { bind_to vfio-pci; vm_vfio "$1" $gpu; }

test_open_and_busy() { on_gpu open; }
test_eight_processes_race_for_it() { on_gpu race; }
test_config_space() { on_gpu config; }
test_bars_map() { on_gpu maps; }
test_registers() { on_gpu gpu-registers; }
test_video_memory_through_a_map() { on_gpu gpu-bar1; }
test_vectors_of_its_own_tree() { on_gpu gpu-vectors; }
test_io_address_ranges() { on_gpu ranges; }
test_reset() { on_gpu gpu-reset; }
