# SPDX-License-Identifier: MIT OR Apache-2.0
# The kernel's no-IOMMU mode, in which a device reaches all memory: magma does not use it.
# shellcheck shell=dash disable=SC2154 # gpu: guest.sh

test_it_is_refused_by_name() {
    echo 1 >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
    bind_to vfio-pci
    ls -l /dev/vfio
    refuses 'no-IOMMU mode' magma info
}
