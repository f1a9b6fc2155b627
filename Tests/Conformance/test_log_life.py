"""What becomes of records: deleted on request, by age, by size, or never."""

import os
import random
import socket
import struct
import sys
import time
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Integration"))

from cluster import Cluster, crc32c, run  # noqa: E402

MIB = 1 << 20


def bomb(size):
    """A gzip batch of one record whose value is so many zeros."""
    def varint(number):
        number <<= 1
        out = b""
        while number > 127:
            out += bytes([number & 127 | 128])
            number >>= 7
        return out + bytes([number])

    head = b"\0" + varint(0) + varint(0) + varint(1) + b"k" + varint(size)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(varint(len(head) + size + 1) + head)
    for _ in range(size >> 20):
        packed += packer.compress(bytes(1 << 20))
    packed += packer.compress(b"\0") + packer.flush()
    body = struct.pack(">hiqqqhii", 1, 0, 1, 1, -1, -1, -1, 1) + packed
    return struct.pack(">qiibI", 0, len(body) + 9, -1, 2, crc32c(body)) + body


def produce_raw(port, topic, batch):
    """Sends a batch as it is (Produce v3, acks=all) and returns the partition's error code."""
    name = topic.encode()
    body = struct.pack(">hhih", 0, 3, 1, -1) + struct.pack(">hhi", -1, -1, 30_000)
    body += struct.pack(">ih", 1, len(name)) + name + struct.pack(">iii", 1, 0, len(batch)) + batch
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        with connection.makefile("rb") as answers:
            answer = answers.read(struct.unpack(">i", answers.read(4))[0])
    return struct.unpack_from(">h", answer, 4 + 4 + 2 + len(name) + 4 + 4)[0]


class LogLife(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(
            3, log_retention_check_interval_ms=200, log_cleaner_backoff_ms=100,
            log_flush_offset_checkpoint_interval_ms=500)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)

    def topic(self, **configs):
        name = self.id().split(".")[-1].replace("test_", "")
        self.cluster.create_topic(name, 1, 3, **configs)
        return name

    def write(self, topic, values, keys=None, **settings):
        from confluent_kafka import Producer

        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all",
            "enable.idempotence": True, **settings})
        errors = []
        for index, value in enumerate(values):
            producer.produce(
                topic, value, keys[index] if keys else None, partition=0,
                on_delivery=lambda error, _: errors.append(error) if error else None)
        self.assertEqual(producer.flush(60), 0)
        self.assertEqual(errors, [])

    def offsets(self, topic):
        from confluent_kafka import Consumer, TopicPartition

        consumer = Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": "unused"})
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
        finally:
            consumer.close()

    def read(self, topic, start=0):
        """All records from `start` on, or the error met there."""
        from confluent_kafka import Consumer, KafkaError, TopicPartition

        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": "unused",
            "enable.partition.eof": True, "auto.offset.reset": "error"})
        consumer.assign([TopicPartition(topic, 0, start)])
        found = []
        try:
            while True:
                message = consumer.poll(20)
                self.assertIsNotNone(message, "nothing came")
                if message.error() is None:
                    found.append((message.offset(), message.key(), message.value()))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    return found
                else:
                    return message.error()
        finally:
            consumer.close()

    def wait_for(self, condition, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not happen in time")
            time.sleep(0.1)

    def replica_file(self, number, topic, name):
        return os.path.join(
            self.cluster.nodes[number].properties["log.dirs"], f"{topic}-0", name)

    # DeleteRecords

    def test_delete_records_moves_the_start_on_every_replica(self):
        from confluent_kafka import KafkaError, TopicPartition
        from confluent_kafka.admin import AdminClient

        topic = self.topic()
        self.write(topic, [b"v%d" % n for n in range(100)])
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})

        def delete(offset):
            asked = TopicPartition(topic, 0, offset)
            return list(admin.delete_records([asked], request_timeout=20).values())[0]

        self.assertEqual(delete(40).result(20).low_watermark, 40)
        self.assertEqual(self.offsets(topic), (40, 100))
        self.assertEqual([value for _, _, value in self.read(topic, 40)],
                         [b"v%d" % n for n in range(40, 100)])
        error = self.read(topic, 39)
        self.assertEqual(error.code(), KafkaError._AUTO_OFFSET_RESET)
        # A lower offset changes nothing, one above the end is refused, -1 means all.
        self.assertEqual(delete(10).result(20).low_watermark, 40)
        self.assertEqual(delete(101).exception(20).args[0].code(), KafkaError.OFFSET_OUT_OF_RANGE)
        self.assertEqual(delete(-1).result(20).low_watermark, 100)
        self.assertEqual(self.read(topic, 100), [])
        # Whoever leads next begins there too.
        leader = self.cluster.leader(topic, 0)
        self.cluster.nodes[leader].kill()
        try:
            self.wait_for(lambda: self.cluster.leader(topic, 0) not in (None, leader))
            self.assertEqual(self.offsets(topic), (100, 100))
        finally:
            self.cluster.nodes[leader].start()
            self.cluster.nodes[leader].wait_ready()

    def test_kafka_python_deletes_records(self):
        from kafka import KafkaAdminClient, TopicPartition

        topic = self.topic()
        self.write(topic, [b"x"] * 10)
        admin = KafkaAdminClient(bootstrap_servers=self.cluster.bootstrap)
        try:
            answer = admin.delete_records({TopicPartition(topic, 0): 7}, timeout_ms=20_000)
            self.assertEqual(answer[TopicPartition(topic, 0)]["low_watermark"], 7)
        finally:
            admin.close()
        self.assertEqual(self.offsets(topic), (7, 10))

    def test_records_of_a_compacted_topic_are_not_deleted(self):
        from confluent_kafka import KafkaError, TopicPartition
        from confluent_kafka.admin import AdminClient

        topic = self.topic(cleanup_policy="compact")
        self.write(topic, [b"x"], keys=[b"k"])
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        answer = list(admin.delete_records([TopicPartition(topic, 0, 1)]).values())[0]
        self.assertEqual(answer.exception(20).args[0].code(), KafkaError.POLICY_VIOLATION)

    # Retention

    def test_retention_by_time(self):
        topic = self.topic(retention_ms=1000, file_delete_delay_ms=100)
        self.write(topic, [b"old"] * 10)
        self.wait_for(lambda: self.offsets(topic) == (10, 10))
        self.write(topic, [b"new"])
        self.assertEqual([value for _, _, value in self.read(topic, 10)], [b"new"])

    def test_retention_by_size_changed_while_it_runs(self):
        topic = self.topic(segment_bytes=MIB, file_delete_delay_ms=100)
        self.write(topic, [os.urandom(50_000) for _ in range(120)])
        self.assertEqual(self.offsets(topic), (0, 120))
        self.alter(topic, f"retention.bytes={2 * MIB}")
        self.wait_for(lambda: self.offsets(topic)[0] > 0)
        low, high = self.offsets(topic)
        self.assertEqual(high, 120)
        # At least the limit is kept.
        self.assertGreaterEqual((high - low) * 50_000, 2 * MIB)
        self.assertEqual(len(self.read(topic, low)), high - low)
        # The files are gone on every replica.
        for number in self.cluster.nodes:
            first = self.replica_file(number, topic, "0" * 20 + ".log")
            self.wait_for(lambda: not os.path.exists(first))
            self.wait_for(lambda: not os.path.exists(first + ".deleted"))

    def test_no_policy_keeps_for_ever(self):
        topic = self.topic(retention_ms=500)
        self.alter(topic, "cleanup.policy=")
        self.write(topic, [b"kept"] * 10)
        other = "yardstick"
        self.cluster.create_topic(other, 1, 3, retention_ms=500)
        self.write(other, [b"gone"] * 10)
        self.wait_for(lambda: self.offsets(other) == (10, 10))
        self.assertEqual(self.offsets(topic), (0, 10))

    # Compaction

    def test_compaction_in_every_codec(self):
        topic = self.topic(
            cleanup_policy="compact", segment_ms=50, min_cleanable_dirty_ratio=0.01,
            file_delete_delay_ms=100)
        expected = {}
        for turn, codec in enumerate(["none", "gzip", "snappy", "lz4", "zstd"] * 2):
            keys = [b"k%d" % n for n in range(50)] + [b"only-%d" % turn]
            values = [b"%s-%d" % (codec.encode(), turn)] * len(keys)
            self.write(topic, values, keys, **{"compression.type": codec})
            expected.update(zip(keys, values))
            time.sleep(0.06)  # Longer than segment.ms by the records' own clock.
        self.write(topic, [b"end"], [b"end"])
        expected[b"end"] = b"end"

        def is_compacted():
            found = self.read(topic)
            last = {key: value for _, key, value in found}
            self.assertEqual(last, expected)
            offsets = [offset for offset, _, _ in found]
            self.assertEqual(offsets, sorted(offsets))
            # At most what is still in the last segments is there twice.
            return len(found) < len(expected) + 55

        self.wait_for(is_compacted, 60)
        # Every replica has done it, not only the leader.
        for number, node in self.cluster.nodes.items():
            self.wait_for(lambda: f"logCompacted partition={topic}-0" in node.tail(10_000))
        # A killed node has it all when it is back, and so has a new leader.
        leader = self.cluster.leader(topic, 0)
        self.cluster.nodes[leader].kill()
        self.wait_for(lambda: self.cluster.leader(topic, 0) not in (None, leader))
        self.assertEqual({key: value for _, key, value in self.read(topic)}, expected)
        self.cluster.nodes[leader].start()
        self.cluster.nodes[leader].wait_ready()

    def test_tombstones_go_after_their_time(self):
        topic = self.topic(
            cleanup_policy="compact", segment_ms=50, min_cleanable_dirty_ratio=0.01,
            delete_retention_ms=200, file_delete_delay_ms=100)
        self.write(topic, [b"1", b"1"], [b"gone", b"kept"])
        self.write(topic, [None], [b"gone"])
        turn = 0

        def is_gone():
            # A segment is compacted when the next has begun, and again when there is more to compact.
            nonlocal turn
            turn += 1
            self.write(topic, [b"%d" % turn], [b"clock"])
            keys = [key for _, key, _ in self.read(topic)]
            self.assertIn(b"kept", keys)
            return b"gone" not in keys

        self.wait_for(is_gone, 60)

    def test_compact_and_delete_together(self):
        topic = self.topic(
            cleanup_policy="compact,delete", segment_ms=50, min_cleanable_dirty_ratio=0.01,
            retention_ms=3000, file_delete_delay_ms=100)
        self.write(topic, [b"1", b"2"], [b"old", b"old"])
        self.wait_for(lambda: self.offsets(topic)[0] >= 2)
        self.write(topic, [b"3"], [b"new"])
        self.assertEqual([key for _, key, _ in self.read(topic, self.offsets(topic)[0])], [b"new"])

    # Codecs

    def test_a_topic_s_codec_is_that_of_its_files(self):
        codecs = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4, "uncompressed": 0}
        for name, number in codecs.items():
            topic = f"stored-as-{name}"
            self.cluster.create_topic(topic, 1, 3, compression_type=name)
            values = [b"%d-" % n * 50 for n in range(100)]
            self.write(topic, values, **{"compression.type": "lz4" if name != "lz4" else "gzip"})
            self.assertEqual([value for _, _, value in self.read(topic)], values)
            for node in self.cluster.nodes:
                log = self.replica_file(node, topic, "0" * 20 + ".log")
                self.wait_for(lambda: os.path.exists(log) and os.path.getsize(log) > 61)
                with open(log, "rb") as file:
                    header = file.read(61)
                self.assertEqual(header[22] & 7, number, f"{name} on node {node}")

    def test_a_topic_s_level_is_that_of_its_files(self):
        chance = random.Random(1)
        words = [bytes(chance.choices(b"abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(500)]
        values = [b" ".join(chance.choices(words, k=60)) for _ in range(1000)]
        for codec, low, high in (("gzip", 1, 9), ("lz4", 9, 12), ("zstd", -50, 19)):
            sizes = []
            for level in (low, high):
                topic = f"{codec}-at-{level}"
                self.cluster.create_topic(
                    topic, 1, 3, compression_type=codec, **{f"compression_{codec}_level": level})
                self.write(topic, values, **{
                    "compression.type": "none", "linger.ms": 500, "batch.num.messages": 1000})
                self.assertEqual([value for _, _, value in self.read(topic)], values)
                log = self.replica_file(1, topic, "0" * 20 + ".log")
                self.wait_for(lambda: os.path.exists(log) and os.path.getsize(log) > 1000)
                sizes.append(os.path.getsize(log))
            self.assertLess(sizes[1], sizes[0] * 0.95, f"{codec}: {sizes}")

    def test_bombs_are_refused_within_bounds(self):
        """A small batch that unpacks to 900 MiB: an error, and no memory to speak of."""
        topics = {
            "bomb": self.topic(), "bomb-repacked": "bomb-repacked", "bomb-compacted": "bomb-compacted"}
        self.cluster.create_topic("bomb-repacked", 1, 3, compression_type="zstd")
        self.cluster.create_topic("bomb-compacted", 1, 3, cleanup_policy="compact")
        batch = bomb(900 << 20)
        self.assertLess(len(batch), 1_040_000)
        for topic in topics.values():
            node = self.cluster.nodes[self.cluster.leader(topic, 0)]
            for _ in range(2):
                self.assertNotEqual(produce_raw(node.port, topic, batch), 0)
            with open(f"/proc/{node.process.pid}/status") as file:
                peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
            # A batch may unpack to 256 MiB, in a block that doubles.
            self.assertLess(peak, 800 << 10, f"{peak >> 10} MiB at its peak")
            self.write(topic, [b"alive"], [b"key"])

    def alter(self, topic, config):
        run("configs", "--bootstrap-server", self.cluster.bootstrap, "--alter", "--entity-type",
            "topics", "--entity-name", topic, "--add-config", config)


if __name__ == "__main__":
    unittest.main()
