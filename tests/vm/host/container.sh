# SPDX-License-Identifier: MIT OR Apache-2.0
# For the container: a mount namespace whose /dev has what the block's options give, a process
# without capabilities that may lock memory.
# shellcheck shell=dash disable=SC2016 # as the guide has it
group=$(basename "$(readlink /sys/bus/pci/devices/0000:01:00.0/iommu_group)")
grep -q -e '--device /dev/vfio/vfio --device "/dev/vfio/$group" --ulimit memlock=-1:-1' "$BLOCK"
cat >/run/inside <<EOF
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/vfio
mknod -m 666 /mnt/null c 1 3
cp -a /dev/vfio/vfio /dev/vfio/$group /mnt/vfio
mount --move /mnt /dev
ls -lR /dev
export container=podman MAGMA_DEVICE=pci:0000:01:00.0
exec setpriv --reuid=ci --regid=ci --init-groups --inh-caps=-all --bounding-set=-all magma boot
EOF
prlimit --memlock=unlimited unshare --mount dash -eu /run/inside
