# SPDX-License-Identifier: MIT OR Apache-2.0
# What the suites in the guest share. A test is a function test_NAME; it runs with set -e.
# MAGMA_VFIO says which of the kernel's interfaces a suite is to use.
# shellcheck shell=dash

gpu=0000:01:00.0
device=/sys/bus/pci/devices/$gpu
# shellcheck disable=SC2034 # for the suites; tests/vm/machine.py puts them there
edu=0000:00:04.0 nvme=0000:00:05.0 pair_edu=0000:00:06.0 pair_nvme=0000:00:06.1 plugged=0000:02:00.0
export MAGMA_DEVICE=pci:$gpu MAGMA_FIRMWARE_PATH=/share/firmware
export VK_DRIVER_FILES=/share/icd.json VK_ICD_FILENAMES=/share/icd.json

# driver_of ADDRESS: its driver, or nothing.
driver_of() { basename "$(readlink "/sys/bus/pci/devices/$1/driver")"; }

# bind_to DRIVER [ADDRESS]: gives a device (else the GPU) to a driver; none: to nobody; '': to the
# kernel's choice.
bind_to() {
    local address=${2:-$gpu}
    local d=/sys/bus/pci/devices/$address
    [ ! -e "$d/driver" ] || [ "$(driver_of "$address")" != "$1" ] || return 0
    [ ! -e "$d/driver" ] || echo "$address" >"$d/driver/unbind"
    echo "$1" >"$d/driver_override"
    [ "$1" = none ] || echo "$address" >/sys/bus/pci/drivers_probe
    case $1 in
    none) [ ! -e "$d/driver" ] ;;
    '') ;;
    *) [ "$(driver_of "$address")" = "$1" ] ;;
    esac
}

group_of() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")"; }

# nodes [ADDRESS]: what a process has to open to use the device.
nodes() {
    local address=${1:-$gpu}
    if [ "$MAGMA_VFIO" = iommufd ]; then
        echo "/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$address/vfio-dev")" /dev/iommu
    else
        echo "/dev/vfio/$(group_of "$address")"
    fi
}

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

# within SECONDS COMMAND...: repeats the command until it succeeds.
within() {
    local i=0 limit=$(($1 * 10))
    shift
    while ! "$@" 2>/dev/null; do
        i=$((i + 1))
        [ $i -lt $limit ] || { echo "not within $((limit / 10)) s: $*"; return 1; }
        usleep 100000
    done
}

# wait_for TEXT FILE: until the file has the text, at most a minute.
wait_for() { within 60 grep -q -e "$1" "$2" || { cat "$2"; return 1; }; }

# ask WORDS: the host plugs or unplugs something (guest.py, "What tests ask for").
ask() {
    local answer=''
    echo "ask $*" >&3
    read -r -t 60 answer <&3
    [ "$answer" = ok ] || { echo "ask $*: ${answer:-no answer}"; return 1; }
}

# plug WHAT: asks for a device and gives it to vfio-pci.
plug() {
    [ ! -e /sys/bus/pci/devices/$plugged ] || { echo "something is plugged already"; return 1; }
    ask plug "$@"
    within 30 test -e /sys/bus/pci/devices/$plugged
    bind_to vfio-pci $plugged
}

# kernel_says TEXT: the kernel wrote it since forget_kernel.
forget_kernel() { dmesg -c >/dev/null; }
kernel_says() { within 5 sh -c "dmesg | grep -q -e '$1'" || { dmesg | tail -n 20; return 1; }; }

# unsafe 0|1: whether the interface takes devices although interrupts are not remapped.
unsafe() {
    local module=vfio_iommu_type1
    [ "$MAGMA_VFIO" = group ] || module=iommufd
    echo "$1" >/sys/module/$module/parameters/allow_unsafe_interrupts
}

group_node() { echo "/dev/vfio/$(group_of $gpu)"; }
