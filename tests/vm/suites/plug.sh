# SPDX-License-Identifier: MIT OR Apache-2.0
# Devices that come and go while the machine runs. The kernel asks whoever has a device to give it
# back, and waits.
# shellcheck shell=dash disable=SC2154 # plugged: guest.sh

there() { [ -e /sys/bus/pci/devices/$plugged ]; }
gone() { ! there; }

# given_back: the device is held by a process, which gives it back when it is pulled.
given_back() {
    vm_vfio hold $plugged >/tmp/held 2>&1 &
    wait_for holding /tmp/held
    ask unplug
    wait $! || { cat /tmp/held; return 1; }
    cat /tmp/held
    within 30 gone
    refuses 'there is no such PCI device' vm_vfio open $plugged
}

test_edu_is_pulled_while_in_use() {
    plug edu
    vm_vfio edu-dma $plugged
    given_back
}

test_nvme_is_pulled_while_in_use() {
    plug nvme
    given_back
}

# The GPU itself stays in its slot: QEMU 11.1 ends with a failed assertion some seconds after it lets
# go of a vfio-user device. What the kernel and the process see is the same.
test_a_gpu_that_computes_is_taken_from_its_driver() {
    bind_to vfio-pci
    vm_gpu work >/tmp/work 2>&1 &
    wait_for working /tmp/work
    echo "$gpu" >$device/driver/unbind
    wait $! || true
    cat /tmp/work
    grep -q 'round .*the kernel asks for the device back' /tmp/work
    bind_to vfio-pci
    prints 'is down again' magma boot
}
