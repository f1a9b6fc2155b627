"""A cluster is rolled to another build and back, node by node, under load; then its features are raised.

MARTLET_PREVIOUS_BINARY is the build that it comes from (`make upgrade-drill FROM=…` makes one). Without it both
are the same program: what differs then is the level of the metadata, 4.2 until the end and 4.3 afterwards.
"""

import os
import time
import unittest

from confluent_kafka import Consumer, TopicPartition

from checker import Load, check
from cluster import BINARY, Cluster, run

PREVIOUS = os.environ.get("MARTLET_PREVIOUS_BINARY", BINARY)
PARTITIONS = 6
OLD_LEVEL, NEW_RELEASE, NEW_LEVEL = "4.2-IV1", "4.3", "4.3-IV0"


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(3)
        self.addCleanup(self.cluster.stop)
        for node in self.cluster.nodes.values():
            node.binary = PREVIOUS
            run("storage", "format", "-t", self.cluster.cluster_id, "-c", node.config, "--release-version", "4.2",
                binary=PREVIOUS)
            node.start()
        for node in self.cluster.nodes.values():
            node.wait_ready()
        self.tool("topics", "--create", "--topic", "load", "--partitions", str(PARTITIONS))

    def tool(self, name, *arguments, binary=BINARY):
        return run(name, "--bootstrap-server", self.cluster.bootstrap, *arguments, binary=binary).stdout

    def level(self):
        line, = (line for line in self.tool("features", "describe").splitlines() if "metadata.version" in line)
        return line.split("FinalizedVersionLevel:")[1].split()[0]

    def wait_until(self, what, condition, limit=60):
        deadline = time.monotonic() + limit
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not within {limit} s: {what}")
            time.sleep(0.1)

    def is_whole(self):
        return self.tool("topics", "--describe", "--under-replicated-partitions").strip() == ""

    def consumer(self):
        return Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": "readers"})

    def commit(self, offset):
        consumer = self.consumer()
        consumer.commit(offsets=[TopicPartition("load", 0, offset)], asynchronous=False)
        consumer.close()

    def committed(self):
        consumer = self.consumer()
        (found,) = consumer.committed([TopicPartition("load", 0)], timeout=30)
        consumer.close()
        return found.offset

    def roll(self, binary, load, offset):
        """Every node once, the active controller last; what the group committed before is there afterwards."""
        self.commit(offset)
        active = self.cluster.controller()
        began = time.monotonic()
        for node in sorted(self.cluster.nodes.values(), key=lambda node: node.number == active):
            self.assertEqual(node.terminate(), 0, node.tail())
            # More than one batch of each partition is written while it is away.
            load.wait_acknowledged(500)
            node.binary = binary
            node.start()
            node.wait_ready()
            self.wait_until(f"the full ISR with node {node.number}", self.is_whole)
        load.wait_acknowledged(500)
        self.assertEqual(self.committed(), offset)
        print(f"longest gap between acknowledged writes: {load.longest_gap(began):.3f} s", flush=True)

    def test_forward_back_and_forward_under_load(self):
        load = Load(self.cluster.bootstrap, "load", PARTITIONS).start()
        self.addCleanup(lambda: load.thread.is_alive() and load.abandon())
        load.wait_acknowledged(1000)
        for offset, binary in enumerate((BINARY, PREVIOUS, BINARY), start=1):
            self.roll(binary, load, offset)
            self.assertEqual(self.level(), OLD_LEVEL)
        self.tool("features", "upgrade", "--release-version", NEW_RELEASE)
        self.assertEqual(self.level(), NEW_LEVEL)
        # The new level is what a node finds that starts afterwards, and what a topic is made under.
        self.tool("topics", "--create", "--topic", "after", "--partitions", "1")
        self.roll(BINARY, load, offset=4)
        self.assertEqual(self.level(), NEW_LEVEL)
        load.stop()
        self.assertEqual(load.failed, [])
        counts = check(self.cluster.bootstrap, [load])
        self.assertGreater(counts["acknowledged"], 8000)
        self.assertIn("agree", self.tool("verify"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
