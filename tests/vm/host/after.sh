# SPDX-License-Identifier: MIT OR Apache-2.0
# What must hold after a block of the guide: functions after_SECTION__NUMBER. What the block printed
# is in /run/said.
# shellcheck shell=dash

gpu=0000:01:00.0 audio=0000:01:00.1 edu=0000:00:04.0
devices=/sys/bus/pci/devices
bind_unit=magma-bind@$gpu.service

says() { grep -q -e "$1" /run/said || { echo "the block did not say '$1'"; return 1; }; }
is() { [ "$1" = "$2" ] || { echo "found '$1', wanted '$2'"; return 1; }; }
driver_of() { basename "$(readlink "$devices/$1/driver")"; }
group_of() { basename "$(readlink "$devices/$1/iommu_group")"; }

after_2_magma__1() {
    magma --version
    systemd-analyze --man=no verify /usr/local/lib/systemd/system/magma-*
}

after_3_the_iommu__1() {
    is "$(grep ^GRUB_CMDLINE_LINUX_DEFAULT /etc/default/grub)" \
        'GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on quiet"'
}

after_3_the_iommu__2() {
    modprobe --showconfig | grep -qx 'blacklist nouveau'
    modprobe --showconfig | grep -qx 'blacklist nvidia'
}

after_3_the_iommu__4() {
    says '^BAD   gpu .*is bound to no driver'
    says "cure: .magma bind $gpu"
    says 'not yet'
}

after_4_rights__1() {
    grep -q '^magma:' /etc/group
    udevadm verify /usr/local/lib/udev/rules.d/70-magma.rules
    [ -c /dev/vfio/vfio ]
    [ -d /sys/bus/pci/drivers/vfio-pci ]
}

after_4_rights__2() {
    id ci
    id -nG ci | grep -qw magma
    is "$(stat -c %U:%G /var/lib/ci)" ci:ci
}

after_4_rights__3() {
    grep -q '^@magma .*memlock *unlimited' /etc/security/limits.d/magma.conf
    # For the next block: the card's audio function has a driver of its own.
    modprobe uio_pci_generic
    echo uio_pci_generic >$devices/$audio/driver_override
    echo $audio >/sys/bus/pci/drivers_probe
    echo >$devices/$audio/driver_override
    is "$(driver_of $audio)" uio_pci_generic
}

after_5_the_gpu_at_each_boot__1() {
    says "pci:$gpu"
    is "$(driver_of $gpu) $(driver_of $audio)" 'vfio-pci vfio-pci'
    is "$(stat -c '%U:%G %a' "/dev/vfio/$(group_of $gpu)")" 'root:magma 660'
    is "$(systemctl is-enabled $bind_unit) $(systemctl is-active $bind_unit)" 'enabled active'
    # Another device's group stays root's.
    echo vfio-pci >$devices/$edu/driver_override
    echo $edu >/sys/bus/pci/drivers_probe
    udevadm settle
    is "$(stat -c '%U:%G %a' "/dev/vfio/$(group_of $edu)")" 'root:root 600'
    echo $edu >$devices/$edu/driver/unbind
}

after_5_the_gpu_at_each_boot__2() {
    says '^ok    rights .*root:magma 0660'
    says '^ok    memlock'
    says 'is down again'
}

after_6_running_the_tests__2() { says 'uid=.*(ci)'; says 'is down again'; }

after_8_when_something_went_wrong__1() { says '^flr .*it is as after power-on'; }

after_8_when_something_went_wrong__2() {
    is "$(driver_of $gpu)" vfio-pci
    udevadm settle
    is "$(stat -c '%U:%G %a' "/dev/vfio/$(group_of $gpu)")" 'root:magma 660'
}

after_9_unattended_checks__1() {
    is "$(systemctl is-enabled "magma-check@$gpu.timer")" enabled
    systemctl list-timers | grep -q "magma-check@$gpu.service"
}

after_9_unattended_checks__2() {
    says '^Result=success'
    # It can fail too: another driver has the GPU.
    echo $gpu >$devices/$gpu/driver/unbind
    ! systemctl start "magma-check@$gpu.service"
    is "$(systemctl is-failed "magma-check@$gpu.service")" failed
    echo $gpu >/sys/bus/pci/drivers_probe
    is "$(driver_of $gpu)" vfio-pci
}

after_10_giving_the_gpu_back__1() {
    [ ! -e $devices/$gpu/driver ]
    is "$(driver_of $audio)" uio_pci_generic
    is "$(systemctl is-enabled $bind_unit)" disabled
}
