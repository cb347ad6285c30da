# SPDX-License-Identifier: MIT OR Apache-2.0
# A GPU that ignores its function level reset, by the software GPU's fault plan (plans/): the
# kernel's own resets leave it as it is, the reset of its bus brings it back.
# shellcheck shell=dash disable=SC2154,SC2016,SC2086 # gpu, plugged: guest.sh; backquotes are text

there() { [ -e /sys/bus/pci/devices/$plugged ]; }

# left_booted: a driver on the bad GPU that is killed in the middle of its work. The GPU stays
# plugged: QEMU 11.1 ends in an assertion when one is pulled whose bus was reset.
left_booted() {
    export MAGMA_DEVICE=pci:$plugged
    there || ask plug gpu flr_ignored
    within 30 there
    magma bind $plugged
    vm_gpu work >/tmp/told 2>&1 &
    wait_for working /tmp/told
    kill -9 $!
    wait $! || true
}

test_a_good_gpu_is_reset_at_once() {
    bind_to vfio-pci
    prints '^flr  *it is as after power-on' magma reset $gpu
}

test_the_reset_of_the_bus_helps() {
    left_booted
    prints '^flr  *still booted' magma reset $plugged
    grep -q '^bus  *it is as after power-on' /tmp/out
    prints 'is down again' magma boot
}

test_a_start_resets_by_itself() {
    left_booted
    prints 'is down again' magma boot
    grep -q "reset 'flr': still booted" /tmp/out
}

test_a_user_resets_too() {
    left_booted
    for node in $(nodes $plugged); do chown user "$node"; done
    ulimit -l unlimited
    prints '^bus  *it is as after power-on' su user -c "magma reset $plugged"
}

test_the_bus_is_reset_whatever_was_chosen() {
    local kinds="/sys/bus/pci/devices/$plugged/reset_method"
    cat "$kinds" >/tmp/before
    left_booted
    echo flr >"$kinds" # the bus is left out of the kernel's list
    prints '^bus  *it is as after power-on' magma reset $plugged
    echo default >"$kinds"
    cmp /tmp/before "$kinds"
}
