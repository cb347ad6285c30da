# SPDX-License-Identifier: MIT OR Apache-2.0
# The Vulkan driver's tests (tests/vulkan), without the validation layer.
# shellcheck shell=dash

vulkan() {
    bind_to vfio-pci
    MVK_TEST_PLAIN=1 "vulkan_$1"
}

test_commands() { vulkan commands; }
test_compute() { vulkan compute; }
test_memory() { vulkan memory; }
test_sync() { vulkan sync; }
