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
    while read -r line; do
        case $line in *"$text"*) break ;; esac
    done </tmp/told
    kill -9 $pid
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
