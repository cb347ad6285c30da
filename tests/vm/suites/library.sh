# SPDX-License-Identifier: MIT OR Apache-2.0
# libmagma's checks of a GPU (tests/silicon): host, copies, shaders, faults on purpose.
# shellcheck shell=dash

test_the_silicon_suite() {
    bind_to vfio-pci
    silicon
}
