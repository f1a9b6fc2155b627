"""Pages whose commands are run as they stand, word for word but for ports and directories."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import typing
import unittest

from cluster import BINARY, PORT_BASE, ROOT

# Clear of the ports of `Cluster`, and with the distances of `martlet up`.
BASE = PORT_BASE + 300
LIMIT = 60


# A line before a block that no test can run, with the reason.
NOT_RUN = re.compile(r"<!-- not run: (.{10,}) -->")


class Block(typing.NamedTuple):
    """Fenced commands, and what stands behind them as their output."""

    heading: str
    script: str
    output: list


def play(page):
    """The blocks of a page in turn, but for those marked as not run."""
    found, fence, kind, heading, before = [], None, "", "", ""
    with open(os.path.join(ROOT, page)) as file:
        for line in file.read().splitlines():
            if fence is not None:
                if line != "```":
                    fence.append(line)
                    continue
                if kind == "```sh" and not NOT_RUN.fullmatch(before):
                    found.append(Block(heading, "\n".join(fence), []))
                elif kind == "```" and found and before == "":
                    found[-1].output.extend(fence)
                fence = None
            elif line.startswith("```"):
                fence, kind = [], line
            else:
                before = line
                heading = line[3:] if line.startswith("## ") else heading
    return found


def blocks(page):
    """The commands of a page that are run, by the heading they stand under."""
    found = {}
    for block in play(page):
        found.setdefault(block.heading, []).append(block.script)
    return found


def on_our_ports(text):
    """The ports that the pages name moved to this run's, with the distances that they have."""
    text = re.sub(r"\b8080\b", str(BASE + 95), text)
    return re.sub(r"\b(9[0-6]\d\d|1009\d)\b", lambda port: str(BASE + int(port[0]) - 9092), text)


class Page(unittest.TestCase):
    """A page whose commands are run in a directory of their own."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="martlet-readme-")
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name
        # What pages find in a clone: `export PATH=$PWD/.build/release:$PWD/.venv/bin:$PATH` finds the binary
        # under test and this interpreter.
        os.makedirs(os.path.join(self.directory, ".build", "release"))
        os.symlink(BINARY, os.path.join(self.directory, ".build", "release", "martlet"))
        os.symlink(sys.prefix, os.path.join(self.directory, ".venv"))
        os.symlink(os.path.join(ROOT, "docs"), os.path.join(self.directory, "docs"))
        self.path = "export PATH=$PWD/.build/release:$PATH\n"

    def background(self, arguments, **more):
        """Starts a process group that ends with the test; answers with its process and its output's path."""
        output = os.path.join(self.directory, "output")
        with open(output, "wb") as file:
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=self.directory,
                start_new_session=True, **more)

        def end():
            # The group may have members left when its first process has ended.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

        self.addCleanup(end)
        return process, output

    def wait_for(self, what, process, output, condition):
        deadline = time.monotonic() + LIMIT
        while not condition():
            with open(output, errors="replace") as file:
                so_far = file.read()
            self.assertIsNone(process.poll(), f"ended before {what}:\n{so_far}")
            self.assertLess(time.monotonic(), deadline, f"no {what} after {LIMIT} s:\n{so_far}")
            time.sleep(0.02)

    def shell(self, script, timeout=LIMIT, **more):
        # From a file: a command line with all of it would be found by the pages' own pgrep.
        path = os.path.join(self.directory, "commands")
        with open(path, "w") as file:
            file.write(script)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", path], cwd=self.directory, capture_output=True, text=True,
            timeout=timeout, stdin=subprocess.DEVNULL, **more)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
        return done.stdout

    def up(self, base, *more, directory=None):
        """Runs `martlet up` and returns its process once the cluster serves."""
        directory = directory or os.path.join(self.directory, f"up-{base}")
        process, output = self.background(
            [BINARY, "up", "--base-port", str(base), "--dir", directory, *more])

        def serves():
            with open(output, errors="replace") as file:
                return "started in" in file.read()

        self.wait_for("bootstrap line", process, output, serves)
        return process
