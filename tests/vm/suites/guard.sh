# SPDX-License-Identifier: MIT OR Apache-2.0
# The IOMMU as a guard: the GPU cannot reach memory that is not mapped for it (any more). The host
# looks for the software GPU's own report of it.
# shellcheck shell=dash

test_the_iommu_stops_a_copy_into_memory_that_was_given_back() {
    bind_to vfio-pci
    prints 'the driver says' vm_gpu guard
}

test_the_gpu_starts_again_afterwards() {
    bind_to vfio-pci
    prints 'is down again' magma boot
}
