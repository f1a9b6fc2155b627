"""Nodes that are killed while they compact a log: the newest value of each key stays, on every replica."""

import os
import time
import unittest

from cluster import Cluster
from compacted import KeyedLoad, newest_on_disk, wait_for_name


class Compaction(unittest.TestCase):
    def begin(self):
        self.cluster = Cluster(
            3, log_cleaner_backoff_ms=20, log_flush_offset_checkpoint_interval_ms=100,
            log_cleaner_io_max_bytes_per_second=20_000_000)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.cluster.create_topic(
            "states", 1, 3, cleanup_policy="compact", segment_bytes=1 << 20,
            min_cleanable_dirty_ratio=0.01, file_delete_delay_ms=50)
        self.load = KeyedLoad(self.cluster.bootstrap, "states")

    def directory(self, number):
        return os.path.join(self.cluster.nodes[number].properties["log.dirs"], "states-0")

    def test_kill_in_the_middle(self):
        self.begin()
        for turn in range(9):
            number = turn % 3 + 1
            # The last are all nodes at once.
            victims = [number] if turn < 6 else [1, 2, 3]
            name = "*.swap" if turn % 2 else "*.cleaned"
            wait_for_name(os.path.join(self.directory(number), name))
            for victim in victims:
                self.cluster.nodes[victim].kill()
            for victim in victims:
                self.cluster.nodes[victim].start()
            for victim in victims:
                self.cluster.nodes[victim].wait_ready()
            before = self.load.count
            deadline = time.monotonic() + 30
            while self.load.count < before + 200:
                self.assertLess(time.monotonic(), deadline, "nothing is acknowledged any more")
                time.sleep(0.01)
        self.load.stop()
        self.assertEqual(self.load.failed, [])
        self.wait_until_in_sync()
        for node in self.cluster.nodes.values():
            self.assertEqual(node.terminate(), 0)
        written = self.load.count
        for number, node in self.cluster.nodes.items():
            found, count = newest_on_disk(self.directory(number))
            self.load.check(found)
            self.assertLess(count, written / 2, f"node {number} compacted little")
            self.assertIn("logCompacted partition=states-0", node.tail(100_000))
        print(f"{written} records acknowledged, {count} left ... ", end="", flush=True)

    def wait_until_in_sync(self):
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        deadline = time.monotonic() + 30
        while True:
            partition = admin.list_topics("states", timeout=10).topics["states"].partitions[0]
            if len(partition.isrs) == 3:
                return
            self.assertLess(time.monotonic(), deadline, "a replica does not catch up")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
