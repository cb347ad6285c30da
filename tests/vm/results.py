# SPDX-License-Identifier: MIT OR Apache-2.0
"""What came of each case: a line when it ends, and a JUnit file that is whole after every case."""
import os
import threading
import xml.etree.ElementTree as xml


class Results:
    def __init__(self, path, expected):
        self.path, self.expected = path, expected
        self.cases = []  # suite, name, seconds, reason of failure or None, output
        self.lock = threading.Lock()

    def add(self, suite, name, seconds, reason=None, output=""):
        with self.lock:
            self.cases.append((suite, name, seconds, reason, output))
            count = f"[{len(self.cases)}/{self.expected}]"
            if reason:
                print("".join(f"    {line}\n" for line in output.splitlines()), end="")
                print(f"{count} FAILED {suite}/{name} {reason}", flush=True)
            else:
                print(f"{count} ok {suite}/{name} {seconds:.2f} s", flush=True)
            self._write()

    def failed(self):
        return sum(1 for case in self.cases if case[3])

    def names(self):
        return {(case[0], case[1]) for case in self.cases}

    def _write(self):
        top = xml.Element("testsuites")
        for suite in dict.fromkeys(case[0] for case in self.cases):
            cases = [case for case in self.cases if case[0] == suite]
            node = xml.SubElement(top, "testsuite", name=f"vm.{suite}", tests=str(len(cases)),
                                  failures=str(sum(1 for case in cases if case[3])))
            for _, name, seconds, reason, output in cases:
                case = xml.SubElement(node, "testcase", classname=f"vm.{suite}", name=name,
                                      time=f"{seconds:.2f}")
                if reason:
                    xml.SubElement(case, "failure", message=reason)
                xml.SubElement(case, "system-out").text = "".join(
                    c for c in output if c in "\n\t" or c >= " ")
        xml.ElementTree(top).write(self.path + ".new", encoding="utf-8", xml_declaration=True)
        os.replace(self.path + ".new", self.path)
