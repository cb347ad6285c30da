# SPDX-License-Identifier: MIT OR Apache-2.0
# For the reboot: what it is there for is so.
# shellcheck shell=dash
grep -qw intel_iommu=on /proc/cmdline
ls /sys/kernel/iommu_groups/0
