# SPDX-License-Identifier: MIT OR Apache-2.0
# A machine without an IOMMU: vfio-pci takes no device, and magma says what to turn on.
# shellcheck shell=dash disable=SC2154,SC2016 # gpu: guest.sh; backquotes are text

test_binding_says_why() {
    refuses 'is in no IOMMU group.*magma doctor' magma bind $gpu
}

test_the_kernel_refuses_too() {
    ! bind_to vfio-pci
    [ ! -e $device/driver ]
}

test_opening_says_why() {
    refuses "$gpu is bound to no driver" magma info
    bind_to uio_pci_generic
    refuses "$gpu is bound to uio_pci_generic" magma info
    bind_to none
}

test_doctor_says_where_to_turn_it_on() {
    refuses '^BAD   iommu .*the firmware does not offer an IOMMU' magma doctor
    grep -q "cure: turn .* on in the firmware's setup" /tmp/out
    refuses '"check": "iommu"' magma doctor --json
}
