# SPDX-License-Identifier: MIT OR Apache-2.0
# magma doctor on a real kernel: what it calls bad keeps a GPU from booting, and its cure is one.
# shellcheck shell=dash disable=SC2154,SC2016,SC2086 # gpu: guest.sh; backquotes are text

test_a_gpu_without_driver_is_cured_by_bind() {
    bind_to none
    refuses "^BAD   gpu .*$gpu (10de:2204) is bound to no driver" magma doctor
    grep -q "cure: .magma bind $gpu" /tmp/out
    magma bind $gpu
    prints "^ok    gpu .*$gpu (10de:2204) is bound to vfio-pci" magma doctor
    grep -q '^ok    iommu ' /tmp/out
    grep -q '^ok    remapping ' /tmp/out
    grep -q '^ok    reset .*flr' /tmp/out
}

test_a_user_without_rights_is_cured_by_the_group() {
    bind_to vfio-pci
    chown root:root "$(group_node)"
    chmod 600 "$(group_node)"
    refuses '^BAD   rights .*may not open /dev/vfio/.*(root:root 0600)' su user -c 'magma doctor'
    chgrp user "$(group_node)"
    chmod 660 "$(group_node)"
    ulimit -l unlimited
    prints '^ok    rights .*/dev/vfio/[0-9]* can be opened (root:user 0660)' \
        su user -c 'magma doctor'
    prints 'is down again' su user -c 'magma boot'
    chgrp root "$(group_node)"
    chmod 600 "$(group_node)"
}

test_too_little_locked_memory_is_cured_by_the_limit() {
    bind_to vfio-pci
    chown user "$(group_node)"
    ulimit -l 8192
    refuses '^BAD   memlock .*at most 8192 KiB' su user -c 'magma doctor'
    grep -q 'cure: .ulimit -l unlimited' /tmp/out
    ulimit -l unlimited
    prints '^ok    memlock' su user -c 'magma doctor'
    chown root "$(group_node)"
}

test_json() {
    bind_to vfio-pci
    prints '"verdict": "ok"' magma doctor --json
    grep -q '"bad": 0' /tmp/out
}
