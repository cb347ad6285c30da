# SPDX-License-Identifier: MIT OR Apache-2.0
# A compute shader through the Vulkan loader and the driver.
# shellcheck shell=dash

test_a_compute_shader_through_vulkan() {
    bind_to vfio-pci
    prints 'result *correct' saxpy 10000
}
