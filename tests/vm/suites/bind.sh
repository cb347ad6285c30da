# SPDX-License-Identifier: MIT OR Apache-2.0
# magma bind and unbind on a real sysfs: the GPU and the audio function beside it.
# shellcheck shell=dash disable=SC2154,SC2016,SC2086 # gpu, device: guest.sh; backquotes are text

audio=${gpu%.0}.1

# give ADDRESS DRIVER: with driver_override cleared again; none: no driver.
give() {
    local at="/sys/bus/pci/devices/$1"
    [ ! -e "$at/driver" ] || echo "$1" >"$at/driver/unbind"
    [ "$2" = none ] || { echo "$2" >"$at/driver_override"; echo "$1" >/sys/bus/pci/drivers_probe; }
    echo >"$at/driver_override"
    rm -rf /run/magma
    [ "$(driver_of "$1")" = "${2#none}" ]
}

test_a_dry_run_changes_nothing() {
    give $gpu uio_pci_generic
    give "$audio" none
    prints "$gpu: uio_pci_generic -> vfio-pci (not done)" magma bind --dry-run $gpu
    prints "$audio: (no driver) -> vfio-pci (not done)" magma bind --dry-run $gpu
    [ "$(driver_of $gpu)" = uio_pci_generic ]
    [ ! -e /run/magma ]
}

test_a_bound_gpu_boots() {
    give $gpu none
    give "$audio" none
    prints "$gpu: (no driver) -> vfio-pci" magma bind $gpu
    [ "$(driver_of $gpu)" = vfio-pci ]
    [ "$(driver_of "$audio")" = vfio-pci ]
    prints 'is down again' magma boot
    prints "$gpu: vfio-pci already" magma bind $gpu
}

test_the_former_drivers_come_back() {
    give $gpu none
    give "$audio" uio_pci_generic
    prints "$audio: uio_pci_generic -> vfio-pci" magma bind $gpu
    prints "$audio: vfio-pci -> uio_pci_generic" magma unbind --dry-run $gpu
    prints "$audio: vfio-pci -> uio_pci_generic" magma unbind $gpu
    [ "$(driver_of "$audio")" = uio_pci_generic ]
    [ "$(cat "/sys/bus/pci/devices/$audio/driver_override")" = '(null)' ]
    [ -z "$(driver_of $gpu)" ]
    [ -z "$(ls /run/magma/bind)" ]
    give "$audio" none
}

test_a_former_override_comes_back() {
    give $gpu uio_pci_generic
    echo uio_pci_generic >$device/driver_override
    magma bind $gpu
    prints "$gpu: vfio-pci -> uio_pci_generic" magma unbind $gpu
    [ "$(cat $device/driver_override)" = uio_pci_generic ]
}

test_without_memory_the_kernel_chooses() {
    give $gpu vfio-pci
    prints "$gpu: vfio-pci -> (no driver)" magma unbind $gpu
    [ ! -e $device/driver ]
    prints "$gpu: (no driver) already" magma unbind $gpu
}

test_what_is_in_use_is_not_taken() {
    give $gpu none
    magma bind $gpu
    vm_gpu work >/tmp/other 2>&1 &
    wait_for working /tmp/other
    refuses "$gpu is in use: /dev/vfio/.* is open in process $! (vm_gpu)" magma unbind $gpu
    kill -9 $!
    wait $! || true
    prints "$gpu: vfio-pci -> (no driver)" magma unbind $gpu
}

test_without_rights_nothing_changes() {
    give $gpu none
    refuses 'binding needs root\|cannot be remembered' su user -c "magma bind $gpu"
    [ ! -e $device/driver ]
}

test_json() {
    give $gpu none
    prints '"new_driver": "vfio-pci"' magma bind --json $gpu
    prints '"action": "unbind"' magma unbind --json $gpu
}
