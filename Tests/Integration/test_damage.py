"""Bits that flip on the disk: found, and repaired from a replica that is whole; else told once, plainly."""

import glob
import os
import time
import unittest

from confluent_kafka import Producer

from checker import read_all
from cluster import Cluster, run

MIB = 1 << 20


def flip(path, at=None):
    """Flips one bit in the middle of a file, or at a place of it."""
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        place = file.tell() // 2 if at is None else at
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))
        file.flush()
        os.fsync(file.fileno())


class Damage(unittest.TestCase):
    def begin(self, nodes=3, **settings):
        self.cluster = Cluster(
            nodes, log_flush_offset_checkpoint_interval_ms=200, file_delete_delay_ms=100,
            **settings)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()

    def write(self, topic, count=60, first=0):
        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all", "linger.ms": 0,
            "batch.num.messages": 1, "enable.idempotence": True, "log_level": 0})
        failed = []
        for number in range(first, first + count):
            producer.produce(
                topic, b"%d:" % number + bytes(100_000), partition=0,
                on_delivery=lambda error, _: failed.append(error) if error else None)
        self.assertEqual(producer.flush(60), 0)
        self.assertEqual(failed, [])

    def numbers(self, topic):
        records = read_all(self.cluster.bootstrap, topic, 0)
        return [int(value.split(b":")[0]) for _, value in records]

    def file(self, number, topic, kind, base=0):
        return os.path.join(
            self.cluster.nodes[number].properties["log.dirs"], f"{topic}-0", f"{base:020}.{kind}")

    def contents(self, number, topic, kind):
        with open(self.file(number, topic, kind), "rb") as file:
            return file.read()

    def wait_for(self, number, word, count=1, timeout=30):
        node = self.cluster.nodes[number]
        deadline = time.monotonic() + timeout
        while node.tail(100_000).count(word) < count:
            self.assertLess(
                time.monotonic(), deadline, f"no {word} in the log of node {number}:\n{node.tail()}")
            time.sleep(0.05)

    def metric(self, number, name):
        for line in self.cluster.nodes[number].metrics().splitlines():
            if line.startswith(name):
                return float(line.split()[-1])
        self.fail(f"no metric {name}")

    def test_leader_and_followers_repair_from_each_other(self):
        self.begin(log_scrub_interval_ms=500, log_scrub_io_max_bytes_per_second=100 * MIB)
        self.cluster.create_topic("orders", 1, 3, segment_bytes=MIB)
        self.write("orders")
        leader = self.cluster.leader("orders", 0)
        followers = [n for n in self.cluster.nodes if n != leader]
        whole = {kind: self.contents(followers[1], "orders", kind)
                 for kind in ("log", "index", "timeindex")}
        # A hole in the leader's log and in a follower's, and a wrong entry in an index of each.
        for turn, (number, kind) in enumerate([
                (leader, "log"), (followers[0], "log"), (leader, "index"),
                (followers[0], "timeindex")]):
            flip(self.file(number, "orders", kind))
            self.assertNotEqual(self.contents(number, "orders", kind), whole[kind])
            self.wait_for(number, "segmentRepaired partition=orders-0", count=turn // 2 + 1)
            for each, bytes_ in whole.items():
                self.assertEqual(self.contents(number, "orders", each), bytes_, f"{each} of {number}")
            self.assertEqual(self.metric(number, "martlet_log_damaged_segments"), 0)
        # Nobody has noticed: the leader is the same, and all records are there.
        self.assertEqual(self.cluster.leader("orders", 0), leader)
        self.assertEqual(self.numbers("orders"), list(range(60)))
        self.write("orders", 10, first=60)
        self.cluster.nodes[leader].kill()
        deadline = time.monotonic() + 20
        while self.cluster.leader("orders", 0) in (None, leader):
            self.assertLess(time.monotonic(), deadline, "nobody leads")
        self.assertEqual(self.numbers("orders"), list(range(70)))

    def test_what_cannot_be_repaired_is_told_once(self):
        self.begin(1, log_scrub_interval_ms=200, log_scrub_io_max_bytes_per_second=100 * MIB)
        self.cluster.create_topic("alone", 1, 1, segment_bytes=MIB)
        self.write("alone")
        path = self.file(1, "alone", "log")
        flip(path)
        self.wait_for(1, "segmentNotRepaired partition=alone-0")
        rounds = self.metric(1, "martlet_log_scrubbed_bytes_total")
        deadline = time.monotonic() + 30
        while self.metric(1, "martlet_log_scrubbed_bytes_total") < rounds + 20 * MIB:
            self.assertLess(time.monotonic(), deadline, "the scrubber does not go on")
            time.sleep(0.1)
        text = self.cluster.nodes[1].tail(100_000)
        self.assertEqual(text.count("segmentDamaged"), 1)
        self.assertEqual(text.count("segmentNotRepaired"), 1)
        self.assertIn(f"file={path}", text)
        self.assertEqual(self.metric(1, "martlet_log_damaged_segments"), 1)
        # What lies in other segments is served, and writes go on.
        self.write("alone", 5, first=60)

    def test_small_files_are_mended_or_refused_plainly(self):
        self.begin()
        self.cluster.create_topic("orders", 1, 3, segment_bytes=MIB, cleanup_policy="delete")
        self.write("orders", 30)
        node = self.cluster.nodes[1]
        data = node.properties["log.dirs"]
        patterns = [
            "orders-0/*.index", "orders-0/*.timeindex", "orders-0/*.snapshot",
            "orders-0/leader-epoch-checkpoint", "orders-0/partition.metadata",
            "recovery-point-offset-checkpoint", "replication-offset-checkpoint",
            "log-start-offset-checkpoint"]
        tried = 0
        for way in ("terminate", "kill"):
            for pattern in patterns:
                getattr(node, way)()
                for path in glob.glob(os.path.join(data, pattern)):
                    if os.path.getsize(path) > 0:
                        flip(path)
                        tried += 1
                node.start()
                node.wait_ready()
        self.assertGreater(tried, 20)
        self.wait_until_in_sync("orders")
        self.cluster.nodes[2].kill()
        self.assertEqual(self.numbers("orders"), list(range(30)))
        self.cluster.nodes[2].start()
        self.cluster.nodes[2].wait_ready()
        # What says who a node is, and what it has voted for, is not guessed.
        for name in ("meta.properties", "__cluster_metadata-0/quorum-state"):
            node.terminate()
            path = os.path.join(data, name)
            with open(path, "rb") as file:
                before = file.read()
            damaged = bytearray(before)
            # The first byte of what tells its version.
            damaged[before.index(b"ersion")] ^= 4
            with open(path, "wb") as file:
                file.write(damaged)
            node.start()
            self.assertNotEqual(node.process.wait(20), 0, f"{name} was believed")
            self.assertIn(path, node.tail(5))
            with open(path, "wb") as file:
                file.write(before)
            node.start()
            node.wait_ready()

    def wait_until_in_sync(self, topic):
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        deadline = time.monotonic() + 30
        while len(admin.list_topics(topic, timeout=10).topics[topic].partitions[0].isrs) < 3:
            self.assertLess(time.monotonic(), deadline, "a replica does not catch up")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
