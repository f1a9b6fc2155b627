"""What the tests of groups share: a running cluster, a topic with records in it, consumers, and ways to wait."""

import os
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Integration"))

from cluster import Cluster  # noqa: E402

RECORDS = 200


class GroupCase(unittest.TestCase):
    """Tests on one cluster of three."""

    PROPERTIES = {"group_initial_rebalance_delay_ms": 200}

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3, **cls.PROPERTIES)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)

    def filled(self, partitions=4):
        """A topic with RECORDS records."""
        from confluent_kafka import Producer

        name = self.id().split(".")[-1].replace("test_", "")
        self.cluster.create_topic(name, partitions, 3)
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all"})
        for n in range(RECORDS):
            producer.produce(name, f"v{n}".encode(), f"k{n}".encode(), partition=n % partitions)
        self.assertEqual(producer.flush(30), 0)
        return name

    def librdkafka(self, group, topic, **more):
        from confluent_kafka import Consumer

        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": group,
            "auto.offset.reset": "earliest", "enable.auto.commit": False,
            "session.timeout.ms": 6000, "heartbeat.interval.ms": 500, **more})
        consumer.subscribe([topic])
        return consumer

    def read(self, consumers, count, seconds=40):
        """What the consumers got, until `count` records are there."""
        got = []
        deadline = time.monotonic() + seconds
        while len(got) < count:
            self.assertLess(time.monotonic(), deadline, f"only {len(got)} of {count} records came")
            for consumer in consumers:
                message = consumer.poll(0.05)
                if message is not None:
                    self.assertIsNone(message.error())
                    got.append((message.partition(), message.offset(), message.value()))
        return got

    def until(self, condition, what, seconds=40):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)

    def coordinator(self, group):
        """Node number of the group's coordinator."""
        body = struct.pack(">hhih4s", 10, 0, 1, 4, b"test") + self.string(group)
        with socket.create_connection(("127.0.0.1", self.live_port()), 10) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = connection.recv(4096)
        error, node = struct.unpack(">hi", answer[8:14])
        self.assertEqual(error, 0)
        return node

    def live_port(self):
        for node in self.cluster.nodes.values():
            if node.process.poll() is None:
                return node.port
        self.fail("no node runs")

    @staticmethod
    def string(text):
        return struct.pack(">h", len(text)) + text.encode()

    @staticmethod
    def commits(consumer):
        from confluent_kafka import KafkaException

        consumer.poll(0.1)
        try:
            consumer.commit(asynchronous=False)
            return True
        except KafkaException:
            return False
