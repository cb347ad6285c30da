# SPDX-License-Identifier: MIT OR Apache-2.0
# An IOMMU that does not remap interrupts: the kernel hands nothing over unless told to.
# shellcheck shell=dash disable=SC2154 # edu: guest.sh

unsafe() {
    local module=vfio_iommu_type1
    [ "$MAGMA_VFIO" = group ] || module=iommufd
    echo "$1" >/sys/module/$module/parameters/allow_unsafe_interrupts
}

test_the_cause_is_said() {
    bind_to vfio-pci $edu
    unsafe 0
    refuses 'the IOMMU does not remap interrupts.*allow_unsafe_interrupts=1' vm_vfio open $edu
}

test_the_switch_that_is_named_helps() {
    bind_to vfio-pci $edu
    unsafe 1
    vm_vfio open $edu
    vm_vfio edu-msi $edu
    vm_vfio edu-dma $edu
}

test_the_gpu_boots_then() {
    bind_to vfio-pci
    unsafe 1
    prints 'is down again' magma boot
}

test_doctor_knows_it() {
    bind_to vfio-pci
    unsafe 0
    refuses '^BAD   remapping .*VFIO refuses devices' magma doctor
    unsafe 1
    magma doctor | grep '^note  remapping .*can forge them'
}
