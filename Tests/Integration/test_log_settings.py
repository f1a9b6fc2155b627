"""Settings of logs whose effect is seen from outside only: syncs, reserved blocks, index files, descriptors, producers."""

import glob
import os
import time
import unittest

from confluent_kafka import Producer

from cluster import Cluster, run

MIB = 1 << 20


class LogSettings(unittest.TestCase):
    def begin(self, **settings):
        # No checkpoint syncs anything meanwhile, unless a test wants that.
        self.cluster = Cluster(1, **{"log_flush_offset_checkpoint_interval_ms": 3_600_000, **settings})
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.node = self.cluster.nodes[1]

    def producer(self, **settings):
        return Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all", "linger.ms": 0, "log_level": 0, **settings})

    def write(self, topic, count, size=10, partitions=1, producer=None, **fields):
        """Records one after the other, so that each is a batch and was acknowledged before the next is sent."""
        producer = producer or self.producer()
        errors = []
        for number in range(count):
            producer.produce(topic, bytes(size), partition=number % partitions, **fields,
                             on_delivery=lambda error, _: errors.append(error) if error else None)
            self.assertEqual(producer.flush(30), 0)
        self.assertEqual(errors, [])

    def files(self, topic, kind, partition="*"):
        return sorted(glob.glob(f"{self.node.properties['log.dirs']}/{topic}-{partition}/*.{kind}"))

    def metric(self, name):
        rows = [row for row in self.node.metrics().splitlines() if row.split("{")[0].split()[0] == name]
        self.assertTrue(rows, f"no metric {name}")
        return sum(float(row.split()[-1]) for row in rows)

    def wait_until(self, what, condition, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not within {timeout} s: {what}")
            time.sleep(0.05)

    def syncs(self):
        return self.metric("kafka_log_logflushstats_logflushrateandtimems_count")

    def test_syncs_by_count_and_by_time(self):
        self.begin(log_flush_before_ack="false")
        self.cluster.create_topic("count", 1, 1, flush_messages=10)
        self.cluster.create_topic("age", 1, 1, flush_ms=300)
        self.cluster.create_topic("never", 1, 1)
        producer = self.producer()
        before = self.syncs()
        self.write("never", 25, producer=producer)
        for turn in range(3):
            self.write("count", 10, producer=producer)
            self.wait_until("the tenth record is synced", lambda: self.syncs() == before + turn + 1)
        self.write("count", 9, producer=producer)
        self.assertEqual(self.syncs(), before + 3)
        self.write("age", 1, producer=producer)
        self.wait_until("it is synced after its time", lambda: self.syncs() == before + 4)

    def test_blocks_are_reserved_and_indexes_bounded(self):
        self.begin()
        self.cluster.create_topic("reserved", 1, 1, preallocate="true", segment_bytes=8 * MIB)
        self.cluster.create_topic("plain", 1, 1, segment_bytes=8 * MIB)
        self.cluster.create_topic("indexed", 1, 1, segment_index_bytes=800)
        for topic in ("reserved", "plain"):
            self.write(topic, 1)

        def held(topic):
            return os.stat(self.files(topic, "log")[0]).st_blocks * 512

        self.assertGreaterEqual(held("reserved"), 8 * MIB)
        self.assertLess(held("plain"), MIB)
        # An entry for each batch, of 8 bytes: a hundred fill the index, and the segment ends. The index of times, whose
        # entries are larger, gets none for a time that it has.
        self.write("indexed", 230, size=5000, timestamp=int(time.time() * 1000))
        self.assertEqual(len(self.files("indexed", "log")), 3)
        for path in self.files("indexed", "index")[:2]:
            self.assertLessEqual(os.path.getsize(path), 800)

    def test_descriptors_are_for_logs_in_use(self):
        self.begin(log_flush_offset_checkpoint_interval_ms=1000)
        self.cluster.create_topic("many", 300, 1)
        producer = self.producer(**{"linger.ms": 5})
        for turn in range(3):
            for partition in range(300):
                producer.produce("many", b"x", partition=partition)
            self.assertEqual(producer.flush(30), 0)
        self.assertEqual(len(self.files("many", "log")), 300)
        directory = f"/proc/{self.node.process.pid}/fd"

        def opened():
            count = 0
            for name in os.listdir(directory):
                try:
                    count += "/many-" in os.readlink(os.path.join(directory, name))
                except FileNotFoundError:
                    # Closed meanwhile.
                    continue
            return count

        self.wait_until("they are let go of", lambda: opened() == 0)

    def test_idle_producers_are_forgotten_after_a_time_that_may_change(self):
        self.begin(producer_id_expiration_check_interval_ms=100)
        self.cluster.create_topic("orders", 1, 1)
        self.write("orders", 1, producer=self.producer(**{"enable.idempotence": True}))
        name = "kafka_server_replicamanager_produceridcount"
        self.wait_until("it is counted", lambda: self.metric(name) == 1)
        run("configs", "--bootstrap-server", self.cluster.bootstrap, "--entity-type", "brokers", "--entity-default",
            "--alter", "--add-config", "producer.id.expiration.ms=500")
        self.wait_until("it is forgotten", lambda: self.metric(name) == 0)
        self.assertEqual(self.node.process.poll(), None)


if __name__ == "__main__":
    unittest.main()
