# SPDX-License-Identifier: MIT OR Apache-2.0
# For the packages: what the block writes is written, what it installs is there.
# shellcheck shell=dash disable=SC1091 # made here
sed '/^apt-get/d' "$BLOCK" >/run/block
mkdir -p /etc/apt/sources.list.d
. /run/block
grep -q '^Suites: trixie-backports' /etc/apt/sources.list.d/firmware.sources
ls /lib/firmware/nvidia/ga102/gsp/gsp-570.144.bin
