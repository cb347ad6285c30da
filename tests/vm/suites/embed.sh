# SPDX-License-Identifier: MIT OR Apache-2.0
# libmagma without Vulkan: fill, copy, compile, launch.
# shellcheck shell=dash

test_fill_copy_compile_launch() {
    bind_to vfio-pci
    prints 'launch: 4096 results right' embed /share/scale.spv
}
