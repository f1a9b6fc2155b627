"""The commands of the README do what it says, word for word but for ports and directories."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from cluster import BINARY, PORT_BASE, ROOT

# Clear of the ports of `Cluster`, and with the distances of `martlet up`.
BASE = PORT_BASE + 300
LIMIT = 60


def blocks(page="README.md"):
    """The fenced commands of a page, by the heading they stand under."""
    found = {}
    heading, block = "", None
    with open(os.path.join(ROOT, page)) as file:
        for line in file.read().splitlines():
            if block is not None:
                if line.startswith("```"):
                    found.setdefault(heading, []).append("\n".join(block))
                    block = None
                else:
                    block.append(line)
            elif line == "```sh":
                block = []
            elif line.startswith("## "):
                heading = line[3:]
    return found


def on_our_ports(text):
    """Client, controller and HTTP ports of the README moved to this run's."""
    for usual, ours in ((9092, BASE), (9093, BASE + 90), (9644, BASE + 91)):
        text = re.sub(rf"\b{usual}\b", str(ours), text)
    return text


class Page(unittest.TestCase):
    """A page whose commands are run in a directory of their own."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="martlet-readme-")
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name
        # `export PATH=$PWD/.build/release:$PATH` finds the binary under test.
        os.makedirs(os.path.join(self.directory, ".build", "release"))
        os.symlink(BINARY, os.path.join(self.directory, ".build", "release", "martlet"))
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

    def shell(self, script, **more):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.directory, capture_output=True,
            text=True, timeout=LIMIT, **more)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
        return done.stdout

    def up(self, base, *more):
        """Runs `martlet up` and returns its process once the cluster serves."""
        directory = os.path.join(self.directory, f"up-{base}")
        process, output = self.background(
            [BINARY, "up", "--base-port", str(base), "--dir", directory, *more])

        def serves():
            with open(output, errors="replace") as file:
                return "started in" in file.read()

        self.wait_for("bootstrap line", process, output, serves)
        return process


class Readme(Page):
    def plan(self, target):
        """What make would do, said as if this were not run by make already."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(
            ["make", "--dry-run", target], cwd=ROOT, env=own, capture_output=True, text=True,
            check=True, timeout=LIMIT).stdout

    def test_a_cluster_in_one_command(self):
        first, second = blocks()["A cluster in one command"]
        self.assertEqual(first, "make cluster")
        plan = self.plan(first.split()[1])
        self.assertEqual(plan.splitlines()[-1], ".build/release/martlet up")

        process = self.up(BASE)
        said = self.shell(on_our_ports(second))
        self.assertIn("Created topic orders.", said)
        self.assertIn("\nhello\n", said)
        self.assertRegex(said, r"Topic: orders\s.*PartitionCount: 6\s+ReplicationFactor: 3")
        self.assertEqual(len(re.findall(r"Partition: \d+\s+Leader: [123]\s", said)), 6)
        self.assertRegex(said, r"LeaderId:\s+[123]\n")
        self.assertEqual(len(re.findall(r"\b(?:Leader|Follower)\b\s*$", said, re.MULTILINE)), 3)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT), 0)

    def test_a_node_by_hand(self):
        (block,) = blocks()["By hand"]
        self.assertTrue(block.splitlines()[-1].startswith("martlet server-start "))
        os.makedirs(os.path.join(self.directory, "cluster-configs"))
        with open(os.path.join(ROOT, "cluster-configs", "single.properties")) as file:
            config = on_our_ports(file.read())
        config, count = re.subn(r"(?m)^log\.dirs=.*$", "log.dirs=data", config)
        self.assertEqual(count, 1)
        with open(os.path.join(self.directory, "cluster-configs", "single.properties"), "w") as file:
            file.write(config)
        script = "export PATH=$PWD/.build/release:$PATH\n" + block
        process, output = self.background(["bash", "-euo", "pipefail", "-c", script])

        def answers(path):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{BASE + 91}{path}", timeout=1) as answer:
                    return answer.status == 200 and answer.read()
            except (urllib.error.URLError, OSError):
                return False

        self.wait_for("readiness", process, output, lambda: answers("/ready") is not False)
        self.assertIn(b"# TYPE ", answers("/metrics"))

    def test_every_target_of_make_exists(self):
        targets = re.findall(r"(?m)^make (\w+)", "\n".join(sum(blocks().values(), [])))
        self.assertIn("test", targets)
        for target in targets:
            self.assertNotEqual(self.plan(target), "")


class Quickstart(Page):
    def test_every_command_works(self):
        found = blocks("docs/quickstart.md")
        self.assertEqual(found.pop("Start"), ["martlet up"])
        self.up(BASE)
        said = {}
        for heading, scripts in found.items():
            for script in scripts:
                said[heading] = said.get(heading, "") + self.shell(self.path + on_our_ports(script))
        self.assertIn("ann\thello\n", said["Write and read"])
        self.assertRegex(said["Write and read"], r"readers\s+greetings\s+\d\s")
        self.assertIn("The replicas of all 3 partitions agree.", said["Look around"])
        self.assertIn("0 errors", said["Look around"])
        self.assertIn('"sent":2000,"acked":2000', said["Break it"])


class FromKafka(Page):
    def test_every_command_works(self):
        found = blocks("docs/from-kafka.md")
        old, new = BASE, BASE + 20
        self.up(old, "--nodes", "1")
        self.up(new, "--nodes", "1")

        def shell(script):
            script = script.replace("localhost:29092", f"localhost:{new}")
            return self.shell(self.path + script.replace("localhost:9092", f"localhost:{old}"))

        shutil.copy(
            os.path.join(self.directory, f"up-{old}", "node-1", "server.properties"), self.directory)
        shell("martlet topics --bootstrap-server localhost:9092 --create --topic orders "
              "--partitions 1 --replication-factor 1")
        shell("printf 'a\\t1\\nb\\t2\\n' | martlet console-producer --bootstrap-server "
              "localhost:9092 --topic orders --reader-property parse.key=true")
        (before,) = found["What to check first"]
        # A file-limit warning is the machine's business.
        self.assertIn("0 errors", shell(before + " || [ $? -eq 2 ]"))
        said = "".join(shell(script) for script in found["Moving topics"])
        self.assertIn("Created topic orders.", said)
        self.assertIn("orders:0:2\n", said)
        self.assertRegex(said, r"billing\s+orders\s+0\s+0")
        (after,) = found["Afterwards"]
        # A quorum of one controller is a warning.
        self.assertIn("agree on offsets 0 to 1", shell(after + " || [ $? -eq 2 ]"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
