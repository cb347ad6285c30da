# SPDX-License-Identifier: MIT OR Apache-2.0
# magma bind and unbind on a real sysfs.
# shellcheck shell=dash disable=SC2154 # gpu, device: guest.sh

test_a_dry_run_changes_nothing() {
    bind_to none
    prints "$gpu: (no driver) -> vfio-pci (not done)" magma bind --dry-run "$gpu"
    [ ! -e "$device/driver" ]
}

test_a_bound_gpu_boots() {
    bind_to none
    prints "$gpu: (no driver) -> vfio-pci" magma bind "$gpu"
    prints 'is down again' magma boot
}

test_an_unbound_gpu_is_given_back() {
    bind_to vfio-pci
    prints "$gpu: vfio-pci -> the kernel's choice" magma unbind "$gpu"
    [ ! -e "$device/driver" ]
}
