# SPDX-License-Identifier: MIT OR Apache-2.0
# The virtio IOMMU: 39 bits of addresses, and no remapping of interrupts.
# shellcheck shell=dash disable=SC2154 # edu: guest.sh

allow() {
    local module=vfio_iommu_type1
    [ "$MAGMA_VFIO" = group ] || module=iommufd
    echo 1 >/sys/module/$module/parameters/allow_unsafe_interrupts
}

test_dma_and_msi() {
    allow
    bind_to vfio-pci $edu
    vm_vfio edu-dma $edu
    vm_vfio edu-msi $edu
}

test_io_address_ranges() {
    allow
    bind_to vfio-pci $edu
    prints '0x7fffffffff$' vm_vfio ranges $edu
}

test_dma_that_strays_is_reported_by_the_kernel() {
    allow
    bind_to vfio-pci $edu
    forget_kernel
    vm_vfio edu-stray $edu
    kernel_says 'virtio_iommu.*fault'
}

test_the_gpu_boots() {
    allow
    bind_to vfio-pci
    prints 'is down again' magma boot
}
