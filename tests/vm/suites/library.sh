# SPDX-License-Identifier: MIT OR Apache-2.0
# libmagma's checks of a GPU (tests/silicon), the part that is quick enough here, and a
# GPU that is made to fault.
# shellcheck shell=dash

part() {
    bind_to vfio-pci
    silicon --part "$1"
}

test_semaphores_and_submissions() { part host; }

test_a_bad_address_on_purpose() {
    bind_to vfio-pci
    prints 'the driver says: .*MMU fault' vm_gpu fault
    prints 'is down again' magma boot
}
