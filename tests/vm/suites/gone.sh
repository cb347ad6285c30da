# SPDX-License-Identifier: MIT OR Apache-2.0
# A GPU that the kernel removes for good while it computes. In a guest of its own: it comes back
# without its large BARs here.
# shellcheck shell=dash disable=SC2154 # gpu, device: guest.sh

test_a_gpu_that_computes_is_removed() {
    bind_to vfio-pci
    vm_gpu work >/tmp/work 2>&1 &
    wait_for working /tmp/work
    echo 1 >$device/remove
    wait $! || true
    cat /tmp/work
    grep -q 'round .*the kernel asks for the device back' /tmp/work
    refuses 'there is no such PCI device' magma info
    echo 1 >/sys/bus/pci/rescan
    within 30 test -e $device
    bind_to vfio-pci
    vm_vfio gpu-registers $gpu
}
