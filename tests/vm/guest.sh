# SPDX-License-Identifier: MIT OR Apache-2.0
# What the suites in the guest share. A test is a function test_NAME; it runs with set -e.
# shellcheck shell=dash

gpu=0000:01:00.0
device=/sys/bus/pci/devices/$gpu
export MAGMA_DEVICE=pci:$gpu MAGMA_FIRMWARE_PATH=/share/firmware
export VK_DRIVER_FILES=/share/icd.json VK_ICD_FILENAMES=/share/icd.json

# bind_to DRIVER: gives the GPU to a driver; none: to nobody.
bind_to() {
    [ ! -e $device/driver ] || echo $gpu >$device/driver/unbind
    echo "$1" >$device/driver_override
    [ "$1" = none ] || echo $gpu >/sys/bus/pci/drivers_probe
    if [ "$1" = none ]; then
        [ ! -e $device/driver ]
    else
        [ "$(basename "$(readlink $device/driver)")" = "$1" ]
    fi
}

group_node() { echo "/dev/vfio/$(basename "$(readlink $device/iommu_group)")"; }

# prints TEXT COMMAND...: the command succeeds and prints the text.
prints() {
    local text="$1"
    shift
    echo "\$ $*"
    "$@" >/tmp/out 2>&1 || { cat /tmp/out; echo "status $?"; return 1; }
    cat /tmp/out
    grep -q -e "$text" /tmp/out || { echo "'$text' is missing"; return 1; }
}

# refuses TEXT COMMAND...: the command fails, by itself, and says the text.
refuses() {
    local text="$1" status=0
    shift
    echo "\$ $*"
    "$@" >/tmp/out 2>&1 || status=$?
    cat /tmp/out
    case $status in
    0 | 12[6-9] | 1[3-9]? | 2??) echo "status $status"; return 1 ;;
    esac
    grep -q -e "$text" /tmp/out || { echo "'$text' is missing"; return 1; }
}

# wait_for TEXT FILE: until the file has the text, at most a minute.
wait_for() {
    local i=0
    while ! grep -q -e "$1" "$2" 2>/dev/null; do
        i=$((i + 1))
        [ $i -lt 600 ] || { echo "'$1' did not come:"; cat "$2"; return 1; }
        usleep 100000
    done
}
