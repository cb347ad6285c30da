# SPDX-License-Identifier: MIT OR Apache-2.0
# AMD's IOMMU.
# shellcheck shell=dash disable=SC2154 # edu: guest.sh

test_dma_and_msi() {
    bind_to vfio-pci $edu
    vm_vfio edu-dma $edu
    vm_vfio edu-msi $edu
}

test_io_address_ranges() {
    bind_to vfio-pci $edu
    vm_vfio ranges $edu
}

test_dma_that_strays_is_reported_by_the_kernel() {
    bind_to vfio-pci $edu
    forget_kernel
    vm_vfio edu-stray $edu
    kernel_says 'AMD-Vi: Event logged .IO_PAGE_FAULT'
}

test_the_gpu_boots() {
    bind_to vfio-pci
    prints 'is down again' magma boot
}
