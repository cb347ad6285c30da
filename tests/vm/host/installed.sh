# SPDX-License-Identifier: MIT OR Apache-2.0
# For building and installing: the files are where they belong.
# shellcheck shell=dash
ls /usr/local/bin/magma /usr/local/lib/systemd/system/magma-bind@.service \
    /usr/local/lib/udev/rules.d/70-magma.rules /usr/local/lib/sysusers.d/magma.conf \
    /usr/local/lib/modules-load.d/magma.conf /usr/local/share/magma-nv/limits.conf
systemctl daemon-reload
