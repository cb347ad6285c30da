# SPDX-License-Identifier: MIT OR Apache-2.0
"""QEMU's monitor: one command at a time, for plugging and unplugging while the machine runs."""
import json
import socket


class Refused(Exception):
    """QEMU's own text on why it did not do it."""


class Qmp:
    def __init__(self, path, limit_s=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(limit_s)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self._answer()  # its greeting
        self.run("qmp_capabilities")

    def _answer(self):
        """The next message that is no event."""
        while True:
            line = self.lines.readline()
            if not line:
                raise Refused("QEMU's monitor ended")
            message = json.loads(line)
            if "event" not in message:
                return message

    def run(self, command, **arguments):
        try:
            self.socket.sendall(json.dumps(
                {"execute": command, "arguments": arguments}).encode() + b"\n")
            message = self._answer()
        except OSError as e:
            raise Refused(f"{command}: {e}") from e
        if "error" in message:
            raise Refused(f"{command}: {message['error']['desc']}")
        return message.get("return")

    def close(self):
        self.lines.close()
        self.socket.close()
