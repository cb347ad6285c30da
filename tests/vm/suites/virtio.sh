# SPDX-License-Identifier: MIT OR Apache-2.0
# The virtio IOMMU: 39 bits of addresses, and no remapping of interrupts.
# shellcheck shell=dash disable=SC2154 # edu: guest.sh

test_dma_and_msi() {
    unsafe 1
    bind_to vfio-pci $edu
    vm_vfio edu-dma $edu
    vm_vfio edu-msi $edu
}

test_io_address_ranges() {
    unsafe 1
    bind_to vfio-pci $edu
    prints '0x7fffffffff$' vm_vfio ranges $edu
}

test_dma_that_strays_is_reported_by_the_kernel() {
    unsafe 1
    bind_to vfio-pci $edu
    forget_kernel
    vm_vfio edu-stray $edu
    kernel_says 'virtio_iommu.*fault'
}

test_the_gpu_boots() {
    unsafe 1
    bind_to vfio-pci
    prints 'is down again' magma boot
}
