"""The pages of docs/operations, played from their first command to their last, and what they show as output."""

import os
import re
import shutil
import signal
import unittest

from cluster import ROOT
from pages import BASE, Page, on_our_ports, play

# A page waits for ISRs and copies.
LIMIT = 180


def masked(line):
    """A line of output as a pattern: other numbers and blanks and, where there is an ellipsis, other text will do."""
    def pattern(piece):
        if piece[0].isdigit():
            return r"\d+"
        return r"\s+" if piece[0].isspace() else ".*" if piece == "…" else re.escape(piece)
    return "".join(pattern(piece) for piece in re.findall(r"\d+|\s+|…|[^\d\s…]+", line))


class Operations(Page):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.end_what_pages_started)

    def end_what_pages_started(self):
        """Kills what runs in this test's own directory: nodes and writers that a page left in the background."""
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                place = os.readlink(f"/proc/{name}/cwd")
                if place == self.directory:
                    os.kill(int(name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue

    def ours(self, text):
        """Ports and directories of this run in place of the page's."""
        text = text.replace("/var/lib/martlet", os.path.join(self.directory, "var"))
        # Whole paths, so that pgrep finds nobody else's nodes.
        text = text.replace("$PWD/martlet-data", "martlet-data")
        text = text.replace("martlet-data", os.path.join(self.directory, "martlet-data"))
        text = text.replace("cluster-configs/", os.path.join(self.directory, "cluster-configs") + "/")
        return on_our_ports(text)

    def nodes(self, number=3):
        self.up(BASE, "--nodes", str(number), directory=os.path.join(self.directory, "martlet-data"))

    def play(self, page):
        """Runs the page; answers with what was said under each heading."""
        said = {}
        for block in play(page):
            script = self.ours(block.script)
            answer = self.shell(f"exec 2>&1\n{self.path}{script}", timeout=LIMIT)
            for line in block.output:
                self.assertRegex(answer, masked(self.ours(line)), f"{page}, of\n{block.script}")
            said[block.heading] = said.get(block.heading, "") + answer
        return said

    def test_index(self):
        self.nodes()
        said = self.play("docs/operations/README.md")
        self.assertIn("0 errors", said["Whenever something is odd"])
        self.assertRegex(said["What to watch"], r"process_open_fds \d+")

    def test_every_metric_of_the_index_exists(self):
        self.nodes()
        metrics = self.shell(on_our_ports("curl --fail --silent --show-error localhost:9644/metrics"))
        with open(os.path.join(ROOT, "docs", "operations", "README.md")) as file:
            named = set(re.findall(r"`((?:kafka|martlet|process)_\w+)`", file.read()))
        self.assertGreater(len(named), 8)
        for name in named:
            self.assertRegex(metrics, rf"(?m)^{name}\b")

    def test_deploy(self):
        configs = os.path.join(self.directory, "cluster-configs")
        shutil.copytree(os.path.join(ROOT, "cluster-configs"), configs)
        for name in os.listdir(configs):
            with open(os.path.join(configs, name)) as file:
                text = self.ours(file.read())
            with open(os.path.join(configs, name), "w") as file:
                file.write(text)
        said = self.play("docs/operations/deploy.md")
        self.assertEqual(said["Start"].count("Leader: "), 6)
        self.assertIn("stopped node=1", said["Stop"])

    def test_reassign(self):
        self.nodes(4)
        said = self.play("docs/operations/reassign.md")
        self.assertNotRegex(said["The move"], r"Replicas: \S*1")
        self.assertIn('"partitions":[]', said["A broker for good"])

    def test_upgrade(self):
        self.nodes()
        said = self.play("docs/operations/upgrade.md")
        self.assertRegex(said["One node after the other"], r"(?m)^3$")

    def test_backup(self):
        self.nodes()
        said = self.play("docs/operations/backup.md")
        for heading in ("A topic", "The whole cluster"):
            counts = re.findall(r"(?m)^orders\S*:\d:(\d+)$", said[heading])
            self.assertEqual(sum(map(int, counts)), 3, said[heading])

    def test_disks(self):
        self.nodes()
        said = self.play("docs/operations/disks.md")
        self.assertIn("orders-0", said["Failing"])

    def test_resize_quorum(self):
        self.nodes()
        said = self.play("docs/operations/resize-quorum.md")
        voters = re.findall(r"CurrentVoters: .*", "".join(said.values()))
        self.assertEqual([line.count("directoryId") for line in voters], [3, 4, 3, 3])

    def test_tuning(self):
        self.nodes()
        said = self.play("docs/operations/tuning.md")
        first = said["Tuning"] if "Tuning" in said else said[""]
        self.assertIn("50000 records sent", first)

    def test_drills(self):
        self.nodes()
        self.play("docs/operations/drills.md")


if __name__ == "__main__":
    unittest.main(verbosity=2)
