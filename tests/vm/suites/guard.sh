# SPDX-License-Identifier: MIT OR Apache-2.0
# The IOMMU as a guard: the GPU cannot reach memory that is not mapped for it (any more). Three say
# so: the driver; the kernel, whose IOMMU saw the access; and the software GPU, which the host asks.
# shellcheck shell=dash

# reported KIND: the kernel names GPU, direction and the address that the driver's program printed.
reported() {
    local address
    address=$(sed -n 's/^.*\(0x[0-9a-f]*\) .*mapped no more.*/\1/p' /tmp/out | head -n 1)
    [ -n "$address" ]
    kernel_says "DMAR: .DMA $1.*device .01:00.0. fault addr ${address%????}"
    dmesg | grep 'DMAR: .DMA'
}

test_the_iommu_stops_a_copy_into_memory_that_was_given_back() {
    bind_to vfio-pci
    forget_kernel
    prints 'the driver says' vm_gpu guard
    reported Write
}

# The software GPU's GSP just waits: the driver's deadline and the kernel tell.
test_the_gsp_cannot_reach_its_queues_any_more() {
    bind_to vfio-pci
    forget_kernel
    prints 'the driver says: TIMEOUT.*GSP-RM sent no' vm_gpu guard-gsp
    reported Read
}

test_the_gpu_starts_again_afterwards() {
    bind_to vfio-pci
    prints 'is down again' magma boot
}
