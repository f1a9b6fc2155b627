"""Bits that flip on the disk: found, and repaired from a replica that is whole; else told once, plainly."""

import glob
import os
import re
import struct
import time
import unittest

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from checker import read_all
from cluster import Cluster, crc32c, run

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


def forge(path):
    """Changes the last byte of a file's first batch, and has its checksum fit."""
    with open(path, "r+b") as file:
        head = file.read(12)
        batch = bytearray(head + file.read(struct.unpack(">i", head[8:])[0]))
        batch[-1] ^= 1
        batch[17:21] = struct.pack(">I", crc32c(batch[21:]))
        file.seek(0)
        file.write(batch)


class Damage(unittest.TestCase):
    def begin(self, nodes=3, **settings):
        self.cluster = Cluster(
            nodes, log_flush_offset_checkpoint_interval_ms=200, file_delete_delay_ms=100,
            **settings)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()

    def write(self, topic, count=60, first=0, key=None):
        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all", "linger.ms": 0,
            "batch.num.messages": 1, "enable.idempotence": True, "log_level": 0})
        failed = []
        for number in range(first, first + count):
            producer.produce(
                topic, b"%d:" % number + bytes(100_000), key, partition=0,
                on_delivery=lambda error, _: failed.append(error) if error else None)
        self.assertEqual(producer.flush(60), 0)
        self.assertEqual(failed, [])

    def numbers(self, topic):
        records = read_all(self.cluster.bootstrap, topic, 0)
        return [int(value.split(b":")[0]) for _, value in records]

    def file(self, number, topic, kind, base=0):
        return os.path.join(
            self.cluster.nodes[number].properties["log.dirs"], f"{topic}-0", f"{base:020}.{kind}")

    def contents(self, number, topic, kind, base=0):
        with open(self.file(number, topic, kind, base), "rb") as file:
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
        # The last is the open segment, whose index is not on the disk yet.
        places = [("log", 0), ("index", 0), ("timeindex", 0), ("log", 50)]
        whole = {place: self.contents(self.cluster.leader("orders", 0), "orders", *place)
                 for place in places}
        repairs = dict.fromkeys(self.cluster.nodes, 0)
        # A hole in a log and a wrong entry in an index, of the leader and of a follower.
        for kind, base in places:
            for is_leader in (True, False):
                leader = self.cluster.leader("orders", 0)
                number = leader if is_leader else next(n for n in self.cluster.nodes if n != leader)
                flip(self.file(number, "orders", kind, base))
                repairs[number] += 1
                self.wait_for(number, "segmentRepaired partition=orders-0", count=repairs[number])
                for place, bytes_ in whole.items():
                    self.assertEqual(
                        self.contents(number, "orders", *place), bytes_, f"{place} of {number}")
                self.assertEqual(self.metric(number, "martlet_log_damaged_segments"), 0)
                if kind == "log" and is_leader:
                    self.wait_for_another_leader(leader)
                else:
                    self.assertEqual(self.cluster.leader("orders", 0), leader)
        self.assertEqual(self.numbers("orders"), list(range(60)))
        self.write("orders", 10, first=60)
        leader = self.cluster.leader("orders", 0)
        self.cluster.nodes[leader].kill()
        self.wait_for_another_leader(leader)
        self.assertEqual(self.numbers("orders"), list(range(70)))

    def test_readers_of_a_leader_with_a_hole_go_elsewhere(self):
        self.begin(log_scrub_interval_ms=200, log_scrub_io_max_bytes_per_second=100 * MIB)
        self.cluster.create_topic("orders", 1, 3, segment_bytes=32 * MIB)
        self.write("orders", 300)
        leader = self.cluster.leader("orders", 0)
        path = self.file(leader, "orders", "log")
        flip(path)
        self.wait_for(leader, "segmentDamaged partition=orders-0", timeout=60)
        # Unchecked by the client, as librdkafka does it unless told otherwise.
        deadline = time.monotonic() + 60
        is_filled = False
        while not is_filled:
            is_filled = "segmentRepaired" in self.cluster.nodes[leader].tail(100_000)
            for number, (_, value) in enumerate(read_all(self.cluster.bootstrap, "orders", 0)):
                self.assertEqual(value, b"%d:" % number + bytes(100_000))
            self.assertEqual(number, 299)
            self.assertLess(time.monotonic(), deadline, "the hole is not filled")
        self.wait_for_another_leader(leader)
        self.wait_until_in_sync("orders")

    def begin_cold(self):
        """A leader with a flipped bit a few batches behind the first one that is not in memory: where, what was there."""
        self.begin(log_scrub_interval_ms=-1)
        self.cluster.create_topic("orders", 1, 3, segment_bytes=MIB)
        self.write("orders", 60)
        leader = self.cluster.leader("orders", 0)
        path = self.file(leader, "orders", "log", 30)
        whole = self.contents(leader, "orders", "log", 30)
        flip(path, len(whole) // 2 + 50_000)
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return leader, whole

    def test_damage_is_found_by_who_reads_what_is_not_in_memory(self):
        # A megabyte at once, and a batch at a time: then a kernel that reads ahead has the damage in memory first.
        for settings in ({}, {"max.partition.fetch.bytes": 1_000}):
            with self.subTest(settings):
                leader, whole = self.begin_cold()
                # The client checks nothing itself, and must not be sent the damage.
                records = read_all(self.cluster.bootstrap, "orders", 0, timeout=60, **settings)
                self.assertEqual([value for _, value in records],
                                 [b"%d:" % number + bytes(100_000) for number in range(60)])
                self.wait_for(leader, "segmentRepaired partition=orders-0")
                self.assertEqual(self.contents(leader, "orders", "log", 30), whole)
                self.wait_for_another_leader(leader)
                self.cluster.stop()

    def test_what_only_one_replica_has_compacted_is_no_difference(self):
        self.begin(log_scrub_interval_ms=200, log_scrub_io_max_bytes_per_second=100 * MIB,
                   log_cleaner_backoff_ms=20)
        # Only the leader compacts.
        for number in (2, 3):
            node = self.cluster.nodes[number]
            self.assertEqual(node.terminate(), 0)
            node.write_config(log_cleaner_enable="false")
            node.start()
            node.wait_ready()
        run("topics", "--bootstrap-server", self.cluster.bootstrap, "--create", "--topic", "orders",
            "--replica-assignment", "1:2:3", "--config", f"segment.bytes={MIB}",
            "--config", "cleanup.policy=compact", "--config", "min.cleanable.dirty.ratio=0.01")
        self.write("orders", 30, key=b"one")
        self.wait_for(1, "logCompacted partition=orders-0")
        run("configs", "--bootstrap-server", self.cluster.bootstrap, "--alter", "--entity-type", "topics",
            "--entity-name", "orders", "--add-config", "cleanup.policy=delete")
        self.write("orders", 30, first=30)
        for number in self.cluster.nodes:
            self.wait_for_rounds(number)
            self.assertNotIn("replicasDiffer", self.cluster.nodes[number].tail(100_000))
            self.assertEqual(self.metric(number, "martlet_log_differing_segments"), 0)

    def test_replicas_that_differ_are_told_once(self):
        self.begin(log_scrub_interval_ms=200, log_scrub_io_max_bytes_per_second=100 * MIB)
        self.cluster.create_topic("orders", 1, 3, segment_bytes=MIB)
        self.write("orders", 30)
        number = next(n for n in self.cluster.nodes if n != self.cluster.leader("orders", 0))
        node = self.cluster.nodes[number]
        self.assertEqual(node.terminate(), 0)
        forge(self.file(number, "orders", "log"))
        node.start()
        node.wait_ready()
        self.wait_for(number, "replicasDiffer partition=orders-0")
        self.wait_for_rounds(number)
        text = node.tail(100_000)
        self.assertEqual(text.count("replicasDiffer"), 1)
        self.assertIn("from=0 below=", text)
        self.assertNotIn("segmentDamaged", text)
        self.assertEqual(self.metric(number, "martlet_log_differing_segments"), 1)

    def wait_for_rounds(self, number):
        """Waits until the scrubber has gone over all a few times more."""
        read = self.metric(number, "martlet_log_scrubbed_bytes_total")
        deadline = time.monotonic() + 30
        while self.metric(number, "martlet_log_scrubbed_bytes_total") < read + 20 * MIB:
            self.assertLess(time.monotonic(), deadline, "the scrubber does not go on")
            time.sleep(0.1)

    def test_what_cannot_be_repaired_is_told_once(self):
        self.begin(1, log_scrub_interval_ms=200, log_scrub_io_max_bytes_per_second=100 * MIB)
        self.cluster.create_topic("alone", 1, 1, segment_bytes=MIB)
        self.write("alone")
        path = self.file(1, "alone", "log")
        # Inside of a record, not in the header of its batch: what follows can be read.
        flip(path, os.path.getsize(path) // 2 + 50_000)
        self.wait_for(1, "segmentNotRepaired partition=alone-0")
        self.wait_for_rounds(1)
        text = self.cluster.nodes[1].tail(100_000)
        self.assertEqual(text.count("segmentDamaged"), 1)
        self.assertEqual(text.count("segmentNotRepaired"), 1)
        self.assertIn(f"file={path}", text)
        self.assertEqual(self.metric(1, "martlet_log_damaged_segments"), 1)
        # Readers of that batch are told; all others are served, and writes go on.
        self.write("alone", 5, first=60)
        hole = int(re.search(r"segmentNotRepaired .*from=(\d+)", text).group(1))
        for first, last in ((0, hole - 1), (hole + 1, 64)):
            consumer = self.reader(first)
            for number in range(first, last + 1):
                message = consumer.poll(30)
                self.assertIsNotNone(message, f"nothing at {number}")
                self.assertIsNone(message.error(), f"{number}, with a hole at {hole}")
                self.assertEqual((message.offset(), message.value()),
                                 (number, b"%d:" % number + bytes(100_000)))
        message = self.reader(hole).poll(30)
        self.assertIsNotNone(message, "a reader of the hole hangs")
        self.assertEqual(message.error().code(), KafkaError.INVALID_MSG)

    def reader(self, offset):
        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": "reader", "enable.auto.commit": False})
        self.addCleanup(consumer.close)
        consumer.assign([TopicPartition("alone", 0, offset)])
        return consumer

    def test_small_files_are_mended_or_refused_plainly(self):
        self.begin(log_cleaner_backoff_ms=20)
        self.cluster.create_topic("orders", 1, 3, segment_bytes=MIB, cleanup_policy="delete")
        self.write("orders", 30)
        self.cluster.create_topic(
            "states", 1, 3, segment_bytes=MIB, cleanup_policy="compact", min_cleanable_dirty_ratio=0.01)
        self.write("states", 30, key=b"one")
        self.wait_for(1, "logCompacted partition=states-0")
        node = self.cluster.nodes[1]
        data = node.properties["log.dirs"]
        patterns = [
            "orders-0/*.index", "orders-0/*.timeindex", "orders-0/*.snapshot",
            "orders-0/leader-epoch-checkpoint", "orders-0/partition.metadata",
            "recovery-point-offset-checkpoint", "replication-offset-checkpoint",
            "log-start-offset-checkpoint", "cleaner-offset-checkpoint", "states-0/*.index", "states-0/*.snapshot"]
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
        self.wait_until_in_sync("states")
        self.cluster.nodes[2].kill()
        self.assertEqual(self.numbers("orders"), list(range(30)))
        # What is left of one key, the newest value among it.
        self.assertEqual(self.numbers("states")[-1], 29)
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

    def test_a_damaged_snapshot_of_the_metadata_is_refused_and_copied_anew(self):
        self.begin(metadata_log_max_snapshot_interval_ms=200)
        self.cluster.create_topic("orders", 1, 3)
        self.write("orders", 5)
        node = self.cluster.nodes[1]
        directory = os.path.join(node.properties["log.dirs"], "__cluster_metadata-0")
        snapshots = os.path.join(directory, "*.checkpoint")
        deadline = time.monotonic() + 30
        while not glob.glob(snapshots):
            self.assertLess(time.monotonic(), deadline, "no snapshot is written")
            time.sleep(0.05)
        node.terminate()
        path = sorted(glob.glob(snapshots))[-1]
        with open(path, "rb") as file:
            whole = file.read()
        # The header, a checksum, the records, the footer.
        for place in (5, 18, len(whole) // 2, len(whole) - 1):
            flip(path, place)
            node.start()
            self.assertNotEqual(node.process.wait(20), 0, f"a flip at {place} was believed")
            self.assertIn(f"{path} is damaged", node.tail(5))
            with open(path, "wb") as file:
                file.write(whole)
        with open(path, "wb") as file:
            file.write(whole[:-20])
        node.start()
        self.assertNotEqual(node.process.wait(20), 0, "a snapshot without its end was believed")
        self.assertIn(f"{path} is damaged", node.tail(5))
        # What the node advises: the others are whole, and have it copy from them.
        self.assertIn("move the directory away", node.tail(5))
        os.rename(directory, os.path.join(self.cluster.directory, "away"))
        node.start()
        node.wait_ready()
        self.wait_until_in_sync("orders")
        self.cluster.nodes[2].kill()
        self.write("orders", 5, first=5)
        self.assertEqual(self.numbers("orders"), list(range(10)))

    def wait_for_another_leader(self, former):
        deadline = time.monotonic() + 20
        while self.cluster.leader("orders", 0) in (None, former):
            self.assertLess(time.monotonic(), deadline, "nobody else leads")
            time.sleep(0.05)

    def wait_until_in_sync(self, topic):
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        deadline = time.monotonic() + 30
        while len(admin.list_topics(topic, timeout=10).topics[topic].partitions[0].isrs) < 3:
            self.assertLess(time.monotonic(), deadline, "a replica does not catch up")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
