# SPDX-License-Identifier: MIT OR Apache-2.0
# SIGKILL of the process that has the GPU: the kernel gives the device back, the next start works.
# shellcheck shell=dash

# killed TEXT COMMAND...: kills the command as soon as it printed the text.
killed() {
    local text="$1" line="" pid
    shift
    rm -f /tmp/told
    mkfifo /tmp/told
    "$@" >/tmp/told 2>&1 &
    pid=$!
    exec 4</tmp/told # open until after the kill: else the next line is a SIGPIPE
    while read -r line <&4; do
        case $line in *"$text"*) break ;; esac
    done
    kill -9 $pid || true
    exec 4<&-
    wait $pid || [ $? -eq 137 ]
    case $line in
    *"$text"*) echo "killed after: $line" ;;
    *) echo "ended before '$text'"; return 1 ;;
    esac
}

test_killed_while_it_works() {
    bind_to vfio-pci
    for _ in 1 2 3; do
        killed working vm_gpu work
        prints 'is down again' magma boot
    done
}

test_killed_while_it_boots() {
    bind_to vfio-pci
    for step in vbios fwsec-frts booter-load init-done; do
        killed $step magma boot --trace
        prints 'is down again' magma boot
    done
}

# Without resets the kernel gives the GPU on as it was left: with its protected region up. It would
# reset the bus when the last one leaves, were all of the card's functions vfio-pci's.
test_a_gpu_found_booted_is_reset() {
    bind_to none "${gpu%.0}.1"
    bind_to vfio-pci
    echo >$device/reset_method
    killed working vm_gpu work
    refuses 'no reset brings it back' magma boot || { echo default >$device/reset_method; return 1; }
    echo default >$device/reset_method
    prints 'is down again' magma boot
}
