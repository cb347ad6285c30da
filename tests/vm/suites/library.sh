# SPDX-License-Identifier: MIT OR Apache-2.0
# libmagma's checks of a GPU (tests/silicon), part by part. A name that ends in on_purpose says that
# the GPU is made to fault.
# shellcheck shell=dash

part() {
    bind_to vfio-pci
    silicon --part "$1"
}

test_semaphores_and_submissions() { part host; }
test_events() { part events; }
test_order() { part order; }
test_launches() { part launches; }
test_faults_on_purpose() { part faults; }
