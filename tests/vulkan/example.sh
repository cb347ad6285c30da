#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# example.sh PROGRAM TEXT [ARGUMENTS...]: an example ends well and prints TEXT, and without a device it
# ends with an error and one sentence on what to do.
set -euo pipefail
program=$1 text=$2
shift 2
out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$program" "$@" >"$out" 2>&1 || { cat "$out"; exit 1; }
grep -q "$text" "$out" || { cat "$out"; exit 1; }

if MAGMA_DEVICE=model:nonsense "$program" "$@" >"$out" 2>&1; then
    echo "ends well without a device"
    exit 1
fi
grep -q 'MAGMA_DEVICE names one' "$out" || { cat "$out"; exit 1; }
