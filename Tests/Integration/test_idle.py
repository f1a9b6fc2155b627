"""What followers with nothing to copy cost their leaders."""

import os
import re
import time
import unittest

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from checker import read_all
from cluster import Cluster, run

PARTITIONS = 240


class Idle(unittest.TestCase):
    def setUp(self):
        # Partitions are read without a reason every 20 s: a sixth of that.
        self.cluster = Cluster(3, replica_lag_time_max_ms=120_000)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()

    def total(self, pattern):
        """Sum of the series, on all nodes, whose line begins like that."""
        return sum(float(line.split()[-1]) for node in self.cluster.nodes.values()
                   for line in node.metrics().splitlines() if re.match(pattern, line))

    def counts(self):
        return (self.total("martlet_fetch_partitions_read_total"),
                self.total(r'kafka_network_requestmetrics_requests_total\{.*request="(?i:fetch)"'))

    def wait_for(self, condition, what):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def test_an_idle_follower_has_no_partition_looked_at(self):
        self.cluster.create_topic("many", PARTITIONS, 3)
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})

        def is_in_sync():
            found = admin.list_topics("many", timeout=10).topics["many"].partitions
            return len(found) == PARTITIONS and all(len(p.isrs) == 3 for p in found.values())

        self.wait_for(is_in_sync, "not all replicas are in sync")
        # All sessions together look at each partition twice. Every fetch would, if none of them waited.
        self.wait_for(lambda: self.looks_for_each_fetch(60) < 1, "fetches go on looking at partitions")
        # What happens in one of them is seen at once, nevertheless.
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all", "linger.ms": 0})
        for number in range(3):
            began = time.monotonic()
            producer.produce("many", b"%d" % number, partition=7)
            self.assertEqual(producer.flush(15), 0)
            self.assertLess(time.monotonic() - began, 10)
        self.assertEqual([value for _, value in read_all(self.cluster.bootstrap, "many", 7)],
                         [b"0", b"1", b"2"])
        # The deletion ends when all followers know the new start.
        began = time.monotonic()
        path = os.path.join(self.cluster.directory, "offsets.json")
        with open(path, "w") as file:
            file.write('{"partitions": [{"topic": "many", "partition": 7, "offset": 2}], "version": 1}')
        answer = run("delete-records", "--bootstrap-server", self.cluster.bootstrap,
                     "--offset-json-file", path)
        self.assertIn("low_watermark: 2", answer.stdout)
        self.assertLess(time.monotonic() - began, 10)
        self.wait_for(lambda: self.looks_for_each_fetch(60) < 1, "it does not become quiet again")

    def looks_for_each_fetch(self, fetches):
        """Partitions that a fetch looks at, in the mean of so many fetches to come."""
        looks, begun = self.counts()
        self.wait_for(lambda: self.counts()[1] >= begun + fetches, "nobody fetches")
        now = self.counts()
        return (now[0] - looks) / (now[1] - begun)


if __name__ == "__main__":
    unittest.main()
