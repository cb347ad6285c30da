# SPDX-License-Identifier: MIT OR Apache-2.0
# For the packages: what the block writes is written, what it installs is there.
# shellcheck shell=dash disable=SC1090 # given
mkdir -p /etc/apt/sources.list.d /run/stand-in
cat >/run/stand-in/apt-get <<'EOF'
#!/bin/sh
[ "$1" != indextargets ] || printf '%s\n' copy:/security copy:/mirror
EOF
chmod 755 /run/stand-in/apt-get
PATH=/run/stand-in:$PATH
. "$BLOCK"
grep -q '^Suites: trixie-backports' /etc/apt/sources.list.d/firmware.sources
grep -q '^URIs: copy:/mirror' /etc/apt/sources.list.d/firmware.sources
ls /lib/firmware/nvidia/ga102/gsp/gsp-570.144.bin
