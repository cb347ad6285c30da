# SPDX-License-Identifier: MIT OR Apache-2.0
# A GPU that stops to answer while it computes: its process dies, and QEMU reads all ones. The last
# suite of its guest, for the kernel waits minutes for such a device.
# shellcheck shell=dash disable=SC2154 # plugged: guest.sh

test_a_gpu_that_dies_is_a_lost_device() {
    [ -e /sys/bus/pci/devices/$plugged ] || plug gpu
    bind_to vfio-pci $plugged
    MAGMA_DEVICE=pci:$plugged vm_gpu work >/tmp/work 2>&1 &
    wait_for working /tmp/work
    ask kill
    within 60 grep -q 'round .*read as all ones' /tmp/work || { cat /tmp/work; return 1; }
    cat /tmp/work
}
