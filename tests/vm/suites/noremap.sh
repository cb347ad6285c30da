# SPDX-License-Identifier: MIT OR Apache-2.0
# An IOMMU that does not remap interrupts: the kernel hands nothing over unless told to.
# shellcheck shell=dash disable=SC2154 # edu: guest.sh

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

# Either interface will do for magma, so doctor looks at the one it would use.
everywhere() {
    local switch
    for switch in /sys/module/vfio_iommu_type1 /sys/module/iommufd; do
        switch=$switch/parameters/allow_unsafe_interrupts
        [ ! -e $switch ] || echo "$1" >$switch
    done
}

test_doctor_knows_it() {
    bind_to vfio-pci
    everywhere 0
    refuses '^BAD   remapping .*VFIO refuses devices' magma doctor
    everywhere 1
    magma doctor | grep '^note  remapping .*can forge them'
}
