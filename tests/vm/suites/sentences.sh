# SPDX-License-Identifier: MIT OR Apache-2.0
# What magma says when something is in the way, and that the remedy it names is one.
# shellcheck shell=dash disable=SC2154,SC2016 # gpu: guest.sh; backquotes are text

test_no_driver() {
    bind_to none
    refuses 'is bound to no driver; run `magma bind' magma info
}

test_a_foreign_driver() {
    bind_to uio_pci_generic
    refuses 'is bound to uio_pci_generic; run `magma bind' magma info
    bind_to vfio-pci
    prints "$gpu" magma info
}

test_no_rights() {
    bind_to vfio-pci
    chown root "$(group_node)"
    refuses 'no permission to open .*run `chown' su user -c 'magma info'
}

test_too_little_locked_memory() {
    bind_to vfio-pci
    chown user "$(group_node)"
    ulimit -l 1024
    refuses 'RLIMIT_MEMLOCK) is 1048576 bytes.*ulimit -l unlimited' su user -c 'magma info'
    ulimit -l unlimited
    prints "$gpu" su user -c 'magma info'
    chown root "$(group_node)"
}

test_open_in_another_process() {
    bind_to vfio-pci
    vm_gpu work >/tmp/other 2>&1 &
    wait_for working /tmp/other
    refuses 'is open in another process' magma info
    kill -9 $!
}
