# SPDX-License-Identifier: MIT OR Apache-2.0
# What is in the way of a user, what magma says then, and that the remedy it names is one.
# shellcheck shell=dash disable=SC2154,SC2016 # addresses: guest.sh; backquotes are text

give() { # USER [ADDRESS]: the nodes of a device
    # shellcheck disable=SC2046 # words
    chown "$1" $(nodes "$2")
}

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

test_a_group_with_a_foreign_driver() {
    bind_to vfio-pci $pair_edu
    bind_to '' $pair_nvme
    [ "$(group_of $pair_edu)" = "$(group_of $pair_nvme)" ]
    refuses "$pair_edu shares IOMMU group .* with $pair_nvme, which is bound to nvme" \
        vm_vfio open $pair_edu
    bind_to none $pair_nvme
    vm_vfio open $pair_edu
    bind_to vfio-pci $pair_nvme
    vm_vfio open $pair_edu
}

test_no_rights() {
    bind_to vfio-pci
    give root
    refuses 'no permission to open .*run `chown' su user -c 'magma info'
    give user
    prints "$gpu" su user -c 'magma info'
    give root
}

test_a_user_boots_the_gpu() {
    bind_to vfio-pci
    give user
    ulimit -l unlimited
    prints 'is down again' su user -c 'magma boot'
    give root
}

test_the_default_limit_on_locked_memory() {
    bind_to vfio-pci $edu
    give user $edu
    ulimit -l 8192
    su user -c "vm_vfio not-locked $edu"
    ulimit -l 16384
    su user -c "vm_vfio locked $edu"
    give root $edu
}

test_the_gpu_with_too_little_locked_memory() {
    bind_to vfio-pci
    give user
    ulimit -l 1024
    refuses 'RLIMIT_MEMLOCK) is 1048576 bytes.*ulimit -l unlimited' su user -c 'magma info'
    ulimit -l unlimited
    prints "$gpu" su user -c 'magma info'
    give root
}

test_the_limit_on_mappings() {
    local limit=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
    local old
    [ "$MAGMA_VFIO" = group ] || { echo "iommufd has no such limit"; return 0; }
    bind_to vfio-pci $edu
    old=$(cat $limit)
    echo 4 >$limit
    vm_vfio entry-limit $edu
    echo "$old" >$limit
}

test_open_in_another_process() {
    bind_to vfio-pci
    vm_gpu work >/tmp/other 2>&1 &
    wait_for working /tmp/other
    refuses 'is open in another process' magma info
    kill -9 $!
}

test_two_boots_race_for_the_gpu() {
    bind_to vfio-pci
    vm_gpu work >/tmp/first 2>&1 &
    vm_gpu work >/tmp/second 2>&1 &
    within 60 grep -q working /tmp/first /tmp/second
    within 60 grep -q 'is open in another process' /tmp/first /tmp/second
    cat /tmp/first /tmp/second
    [ "$(grep -c working /tmp/first /tmp/second | grep -c :1)" = 1 ]
}
