"""Consumers that read from a replica of their own rack (KIP-392), as librdkafka and the own client do it."""

import json
import subprocess
import tempfile
import threading
import time
import unittest

from confluent_kafka import Consumer, Producer, TopicPartition

from cluster import BINARY, Cluster

LIMIT = 60
SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector"


class NearReplica(unittest.TestCase):
    def setUp(self):
        # Followers stay parked at the leader for long: what they tell in between came as news.
        self.cluster = Cluster(
            3, replica_selector_class=SELECTOR, replica_fetch_wait_max_ms=20_000)
        self.addCleanup(self.cluster.stop)
        for node in self.cluster.nodes.values():
            node.write_config(**{"broker.rack": f"rack-{node.number}"})
        self.cluster.start()
        self.cluster.create_topic("orders", 1, 3)
        self.leader = self.cluster.leader("orders", 0)
        self.near = next(n for n in self.cluster.nodes if n != self.leader)
        self.producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "linger.ms": 0})

    def write(self, first, count):
        errors = []
        for number in range(first, first + count):
            self.producer.produce(
                "orders", str(number), partition=0,
                on_delivery=lambda error, _: errors.append(error))
        self.assertEqual(self.producer.flush(LIMIT), 0)
        self.assertEqual(errors, [None] * count)

    def sent(self, number):
        """Bytes of the topic that a node has sent to consumers."""
        return sum(
            float(line.split()[-1]) for line in self.cluster.nodes[number].metrics().splitlines()
            if line.startswith("kafka_server_brokertopicmetrics_bytesout_total") and
            'topic="orders"' in line)

    def eventually(self, what, condition, limit=LIMIT):
        deadline = time.monotonic() + limit
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not within {limit} s: {what}")
            time.sleep(0.01)

    def test_librdkafka_reads_from_its_rack_and_goes_on_at_the_leader(self):
        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": "unused",
            "client.rack": f"rack-{self.near}", "auto.offset.reset": "earliest"})
        self.addCleanup(consumer.close)
        consumer.assign([TopicPartition("orders", 0, 0)])
        values = []

        def reads(count):
            deadline = time.monotonic() + LIMIT
            while len(values) < count:
                message = consumer.poll(0.2)
                if message is not None and not message.error():
                    values.append(int(message.value()))
                self.assertLess(time.monotonic(), deadline, f"{len(values)} of {count} are read")
            self.assertEqual(values, list(range(count)))

        self.write(0, 500)
        reads(500)
        self.assertGreater(self.sent(self.near), 0)
        before = self.sent(self.leader)
        self.write(500, 500)
        reads(1000)
        self.assertEqual(self.sent(self.leader), before)
        # Without its replica it reads on from the leader.
        self.cluster.nodes[self.near].kill()
        self.write(1000, 500)
        reads(1500)

    def test_the_own_consumer_hears_at_once_what_is_committed(self):
        properties = tempfile.NamedTemporaryFile("w", suffix=".properties")
        self.addCleanup(properties.close)
        properties.write(f"client.rack=rack-{self.near}\nfetch.max.wait.ms=10000\n")
        properties.flush()
        process = subprocess.Popen(
            [BINARY, "verifiable-consumer", "--bootstrap-server", self.cluster.bootstrap, "--topic",
             "orders", "--group-id", "near", "--verbose", "--command-config", properties.name],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        values = []

        def listen():
            for line in process.stdout:
                event = json.loads(line)
                if event["name"] == "record_data":
                    values.append(int(event["value"]))

        threading.Thread(target=listen, daemon=True).start()
        self.write(0, 1)
        self.eventually("the first record", lambda: len(values) == 1)
        for number in range(1, 20):
            self.write(number, 1)
            self.eventually(f"record {number}", lambda: len(values) == number + 1, limit=15)
        self.assertEqual(values, list(range(20)))
        self.assertGreater(self.sent(self.near), 0)


if __name__ == "__main__":
    unittest.main()
