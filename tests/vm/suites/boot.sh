# SPDX-License-Identifier: MIT OR Apache-2.0
# Booting the GPU through the kernel's VFIO.
# shellcheck shell=dash disable=SC2154 # gpu: guest.sh

test_the_gpu_is_listed() {
    bind_to vfio-pci
    prints "pci:$gpu" magma list
}

test_it_boots() {
    bind_to vfio-pci
    prints 'is down again' magma boot
}

test_it_boots_again() {
    bind_to vfio-pci
    prints 'is down again' magma boot
    prints "address *pci:$gpu" magma info
}
