"""The commands of the README do what it says, word for word but for ports and directories."""

import glob
import os
import re
import shutil
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

from cluster import ROOT
from pages import BASE, LIMIT, Page, blocks, on_our_ports


class Pages(unittest.TestCase):
    def test_every_page_with_commands_is_run_by_some_test(self):
        pages = ["README.md"] + [
            os.path.relpath(path, ROOT)
            for path in glob.glob(os.path.join(ROOT, "docs", "**", "*.md"), recursive=True)]
        tests = ""
        for path in glob.glob(os.path.join(ROOT, "Tests", "Integration", "test_*.py")):
            with open(path) as file:
                tests += file.read()
        for page in pages:
            if blocks(page):
                self.assertIn(f'"{page}"', tests, "run its commands, or say why not")


class Readme(Page):
    def plan(self, target):
        """What make would do, said as if this were not run by make already."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(
            ["make", "--dry-run", target], cwd=ROOT, env=own, capture_output=True, text=True,
            check=True, timeout=LIMIT).stdout

    def test_a_cluster_in_one_command(self):
        first, second = blocks("README.md")["A cluster in one command"]
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
        (block,) = blocks("README.md")["By hand"]
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
                with urllib.request.urlopen(f"http://127.0.0.1:{BASE + 552}{path}", timeout=1) as answer:
                    return answer.status == 200 and answer.read()
            except (urllib.error.URLError, OSError):
                return False

        self.wait_for("readiness", process, output, lambda: answers("/ready") is not False)
        self.assertIn(b"# TYPE ", answers("/metrics"))

    def test_every_target_of_make_exists(self):
        for page in ("README.md", "docs/testing.md"):
            targets = re.findall(r"(?m)^make ([\w-]+)", "\n".join(sum(blocks(page).values(), [])))
            self.assertIn("bench", targets)
            for target in targets:
                self.assertNotEqual(self.plan(target), "")

    def test_every_file_and_test_that_the_page_on_tests_names_exists(self):
        commands = "\n".join(sum(blocks("docs/testing.md").values(), []))
        files = re.findall(r"\bTests/[\w/.]+", commands)
        self.assertIn("Tests/Integration/run", files)
        for file in files:
            self.assertTrue(os.path.exists(os.path.join(ROOT, file)), file)
        tests = re.findall(r"\b(test_\w+)\.(\w+)\.(test_\w+)", commands)
        self.assertGreaterEqual(len(tests), 2)
        for module, suite, test in tests:
            (path,) = glob.glob(os.path.join(ROOT, "Tests", "*", f"{module}.py"))
            with open(path) as file:
                self.assertRegex(file.read(), rf"(?s)class {suite}\(.*def {test}\(")


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
