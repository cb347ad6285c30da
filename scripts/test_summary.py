#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""test_summary.py TESTLOG.JSON: the closing line of tests/run, with the reason of each skip."""
import json
import sys

counts = {"passed": 0, "failed": 0, "skipped": 0}
with open(sys.argv[1], encoding="utf-8") as f:
    for line in f:
        test = json.loads(line)
        result = test["result"]
        if result == "SKIP":
            counts["skipped"] += 1
            reason = [t for t in test.get("stdout", "").splitlines() if t.strip()][-1:]
            print(f"skipped {test['name']}: {reason[0] if reason else 'no reason given'}")
        elif result in ("OK", "EXPECTEDFAIL"):
            counts["passed"] += 1
        else:
            counts["failed"] += 1
            print(f"failed {test['name']}: {result}")
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
sys.exit(1 if counts["passed"] == 0 else 0)
