# SPDX-License-Identifier: MIT OR Apache-2.0
# GPUs that leave for good while they compute: the process of one dies and QEMU reads all ones, the
# kernel removes another. The last suite of its guest: a GPU that was removed comes back without
# its large BARs here, and the kernel waits minutes for one that is dead.
# shellcheck shell=dash disable=SC2154 # gpu, device, plugged: guest.sh

test_a_gpu_that_dies_is_a_lost_device() {
    [ -e /sys/bus/pci/devices/$plugged ] || plug gpu
    bind_to vfio-pci $plugged
    MAGMA_DEVICE=pci:$plugged vm_gpu work >/tmp/work 2>&1 &
    wait_for working /tmp/work
    ask kill
    within 60 grep -q 'round .*read as all ones' /tmp/work || { cat /tmp/work; return 1; }
    cat /tmp/work
}

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
