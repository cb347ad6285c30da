#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# vulkaninfo, whole and as summary, lists the software GPU with the validation layer silent.
set -euo pipefail
command -v vulkaninfo >/dev/null || { echo "vulkaninfo is not installed"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export XDG_RUNTIME_DIR=$out

vulkaninfo --summary >"$out/summary" 2>"$out/errors" || { cat "$out/errors"; exit 1; }
grep -q 'deviceName *= software GPU ga102' "$out/summary" || { cat "$out/summary"; exit 1; }
grep -q 'driverName *= magma-nv' "$out/summary" || { cat "$out/summary"; exit 1; }

export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
vulkaninfo >"$out/all" 2>>"$out/errors" || { cat "$out/errors"; exit 1; }
grep -q 'QUEUE_COMPUTE | QUEUE_TRANSFER' "$out/all" || { cat "$out/all"; exit 1; }
if grep -h 'VUID\|UNASSIGNED' "$out/all" "$out/errors"; then
    exit 1
fi
