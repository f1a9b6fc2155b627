"""Kill, stop and restart nodes under load: nothing acknowledged may be lost, and writes go on in time.

Times are printed, not asserted, except for a generous bound that tells "slow" from "never". The promises
themselves are in docs/testing.md, measured by `failover_bench.py`.
"""

import os
import time
import unittest

from checker import Load, check
from cluster import Cluster

# Writes that have not gone on after this long have stopped.
NEVER = 20
KEEP = bool(os.environ.get("MARTLET_TEST_KEEP"))


class Failover(unittest.TestCase):
    partitions = 6

    def setUp(self):
        self.cluster = Cluster(3, keep=KEEP)
        self.cluster.start()
        self.addCleanup(self.cluster.stop)
        self.cluster.create_topic("orders", self.partitions, 3)
        self.load = Load(self.cluster.bootstrap, "orders", self.partitions).start()
        self.addCleanup(self.load.abandon)
        self.load.wait_acknowledged(500)

    def finish(self, since):
        """Writes go on, the load ends, and the records are compared."""
        self.load.wait_acknowledged(1000, NEVER)
        gap = self.load.longest_gap(since)
        self.load.stop()
        self.assertEqual(self.load.failed, [])
        counts = check(self.cluster.bootstrap, [self.load])
        print(f"\n{self.id().split('.')[-1]}: longest gap {gap:.3f} s, {dict(counts)}")
        self.assertLess(gap, NEVER)

    def strike(self, number, action):
        since = time.monotonic()
        action(self.cluster.nodes[number])
        return since

    def test_kill_of_a_leader_that_is_no_controller(self):
        controller = self.cluster.controller()
        victim = next(n for n in self.cluster.nodes if n != controller)
        since = self.strike(victim, lambda node: node.kill())
        self.load.wait_acknowledged(1000, NEVER)
        self.cluster.nodes[victim].start()
        self.cluster.nodes[victim].wait_ready()
        self.finish(since)

    def test_kill_of_the_active_controller(self):
        victim = self.cluster.controller()
        since = self.strike(victim, lambda node: node.kill())
        self.load.wait_acknowledged(1000, NEVER)
        self.cluster.nodes[victim].start()
        self.cluster.nodes[victim].wait_ready()
        self.finish(since)

    def test_pause_of_a_leader(self):
        controller = self.cluster.controller()
        victim = next(n for n in self.cluster.nodes if n != controller)
        since = self.strike(victim, lambda node: node.pause())
        self.load.wait_acknowledged(1000, NEVER)
        self.cluster.nodes[victim].resume()
        self.finish(since)

    def test_pause_of_the_active_controller(self):
        victim = self.cluster.controller()
        since = self.strike(victim, lambda node: node.pause())
        self.load.wait_acknowledged(1000, NEVER)
        self.cluster.nodes[victim].resume()
        self.finish(since)

    def test_kill_of_all_nodes_at_once(self):
        since = time.monotonic()
        for node in self.cluster.nodes.values():
            node.kill()
        for node in self.cluster.nodes.values():
            node.start()
        for node in self.cluster.nodes.values():
            node.wait_ready()
        self.finish(since)

    def test_controlled_shutdown_and_restart_of_each_node(self):
        since = time.monotonic()
        for node in self.cluster.nodes.values():
            self.assertEqual(node.terminate(), 0)
            self.load.wait_acknowledged(500, NEVER)
            node.start()
            node.wait_ready()
            self.load.wait_acknowledged(500, NEVER)
        self.finish(since)

    def test_kills_of_one_node_after_the_other(self):
        since = time.monotonic()
        for _ in range(2):
            for node in self.cluster.nodes.values():
                node.kill()
                self.load.wait_acknowledged(300, NEVER)
                node.start()
                node.wait_ready()
        self.finish(since)


if __name__ == "__main__":
    unittest.main(verbosity=2)
