"""Unmodified Python clients and kcat against one running cluster."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Integration"))

from cluster import Cluster  # noqa: E402

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)

    def topic(self, partitions=2, **configs):
        name = self.id().split(".")[-1].replace("test_", "") + str(len(configs))
        self.cluster.create_topic(name, partitions, 3, **configs)
        return name

    def eventually(self, condition, what, timeout=15):
        deadline = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"never came true: {what}")
            time.sleep(0.05)

    # confluent-kafka (librdkafka)

    def test_librdkafka_reads_what_it_wrote_in_every_codec(self):
        from confluent_kafka import Consumer, Producer, TopicPartition

        topic = self.topic(1)
        expected = []
        for codec in CODECS:
            producer = Producer({
                "bootstrap.servers": self.cluster.bootstrap, "compression.type": codec,
                "acks": "all", "enable.idempotence": True})
            errors = []
            for n in range(200):
                key, value = f"k{n}".encode(), f"{codec}-{n}".encode() * 20
                expected.append((key, value, [("codec", codec.encode()), ("none", None)]))
                producer.produce(
                    topic, value, key, headers=expected[-1][2], partition=0,
                    on_delivery=lambda error, _: errors.append(error) if error else None)
            self.assertEqual(producer.flush(30), 0)
            self.assertEqual(errors, [])
        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": "unused",
            "check.crcs": True})
        consumer.assign([TopicPartition(topic, 0, 0)])
        read = []
        while len(read) < len(expected):
            message = consumer.poll(10)
            self.assertIsNotNone(message, f"only {len(read)} records came")
            self.assertIsNone(message.error())
            read.append((message.key(), message.value(), message.headers()))
        consumer.close()
        self.assertEqual(read, expected)

    def test_librdkafka_admin_makes_describes_and_deletes_topics(self):
        from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic
        from confluent_kafka import KafkaException

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        name = "admin-made"
        made = admin.create_topics([NewTopic(name, 3, 3, config={"retention.ms": "100000"})])
        made[name].result(15)
        with self.assertRaises(KafkaException) as again:
            admin.create_topics([NewTopic(name, 3, 3)])[name].result(15)
        self.assertEqual(again.exception.args[0].name(), "TOPIC_ALREADY_EXISTS")
        admin.create_partitions([NewPartitions(name, 5)])[name].result(15)
        self.assertEqual(len(admin.list_topics(name, 10).topics[name].partitions), 5)
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        config = admin.describe_configs([resource])[resource].result(15)
        self.assertEqual(config["retention.ms"].value, "100000")
        cluster = admin.describe_cluster().result(15)
        self.assertEqual(sorted(node.id for node in cluster.nodes), [1, 2, 3])
        admin.delete_topics([name])[name].result(15)
        self.assertNotIn(name, admin.list_topics(timeout=10).topics)

    def test_librdkafka_is_told_what_is_wrong_when_it_does_not_wait(self):
        from confluent_kafka.admin import AdminClient, NewTopic
        from confluent_kafka import KafkaException

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        made = admin.create_topics(
            [NewTopic("not-waited-for", 1, 3),
             NewTopic("not-made", 1, 3, config={"no.such.setting": "1"})], operation_timeout=0)
        # librdkafka hides REQUEST_TIMED_OUT from who does not wait, for the topic is on its way.
        made["not-waited-for"].result(15)
        with self.assertRaises(KafkaException) as refused:
            made["not-made"].result(15)
        self.assertEqual(refused.exception.args[0].name(), "INVALID_CONFIG")
        self.assertIn("Unknown topic config name", refused.exception.args[0].str())
        self.eventually(
            lambda: "not-waited-for" in admin.list_topics(timeout=10).topics, "the topic is there")

    def test_librdkafka_is_not_shown_internal_settings(self):
        from confluent_kafka.admin import AdminClient, ConfigResource

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        for kind, name in [("TOPIC", self.topic(1)), ("BROKER", "1")]:
            resource = ConfigResource(ConfigResource.Type[kind], name)
            names = admin.describe_configs([resource])[resource].result(15)
            self.assertEqual([n for n in names if n.startswith("internal.")], [], kind)
            self.assertGreater(len(names), 25, kind)

    def test_librdkafka_finds_offsets_by_time(self):
        from confluent_kafka import Consumer, Producer, TopicPartition

        topic = self.topic(1)
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap})
        now = int(time.time() * 1000)
        for n in range(50):
            producer.produce(topic, str(n).encode(), partition=0, timestamp=now - 50_000 + n * 1000)
        self.assertEqual(producer.flush(15), 0)
        consumer = Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": "unused"})
        found = consumer.offsets_for_times(
            [TopicPartition(topic, 0, now - 50_000 + 20_500)], timeout=10)
        self.assertEqual(found[0].offset, 21)
        self.assertEqual(
            consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10), (0, 50))
        consumer.close()

    # kafka-python

    def test_kafka_python_reads_what_it_wrote(self):
        from kafka import KafkaConsumer, KafkaProducer, TopicPartition

        topic = self.topic(1)
        producer = KafkaProducer(
            bootstrap_servers=self.cluster.bootstrap.split(","), acks="all",
            enable_idempotence=True)
        sent = [producer.send(topic, str(n).encode(), partition=0) for n in range(500)]
        producer.flush(30)
        self.assertEqual([f.get(10).offset for f in sent], list(range(500)))
        producer.close()
        consumer = KafkaConsumer(
            bootstrap_servers=self.cluster.bootstrap.split(","), consumer_timeout_ms=10_000)
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        values = []
        for record in consumer:
            values.append(int(record.value))
            if len(values) == 500:
                break
        self.assertEqual(values, list(range(500)))
        self.assertEqual(consumer.end_offsets([partition]), {partition: 500})
        consumer.close()

    # aiokafka

    def test_aiokafka_reads_what_it_wrote(self):
        from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

        topic = self.topic(1)

        async def go():
            producer = AIOKafkaProducer(
                bootstrap_servers=self.cluster.bootstrap, enable_idempotence=True, acks="all")
            await producer.start()
            for n in range(200):
                await producer.send(topic, str(n).encode(), partition=0)
            await producer.flush()
            await producer.stop()
            consumer = AIOKafkaConsumer(bootstrap_servers=self.cluster.bootstrap)
            await consumer.start()
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            values = []
            while len(values) < 200:
                batch = await asyncio.wait_for(consumer.getmany(timeout_ms=5000), 15)
                for records in batch.values():
                    values += [int(record.value) for record in records]
            await consumer.stop()
            return values

        self.assertEqual(asyncio.run(go()), list(range(200)))

    # kcat

    @unittest.skipUnless(shutil.which("kcat"), "kcat is not installed")
    def test_kcat_reads_what_it_wrote(self):
        topic = self.topic(1)
        lines = "".join(f"line {n}\n" for n in range(300))
        broker = self.cluster.bootstrap
        subprocess.run(
            ["kcat", "-b", broker, "-t", topic, "-P", "-p", "0"], input=lines, text=True,
            check=True, timeout=30)
        read = subprocess.run(
            ["kcat", "-b", broker, "-t", topic, "-C", "-p", "0", "-o", "beginning", "-e", "-q"],
            capture_output=True, text=True, check=True, timeout=30)
        self.assertEqual(read.stdout, lines)
        listed = subprocess.run(
            ["kcat", "-b", broker, "-L"], capture_output=True, text=True, check=True, timeout=30)
        self.assertIn(f'topic "{topic}" with 1 partitions', listed.stdout)
        self.assertIn("3 brokers", listed.stdout)

    @unittest.skipUnless(shutil.which("kcat"), "kcat is not installed")
    def test_kcat_makes_a_topic_by_writing_to_it(self):
        broker = self.cluster.bootstrap
        subprocess.run(
            ["kcat", "-b", broker, "-t", "on-demand", "-P"], input="hello\n", text=True,
            check=True, timeout=30)
        read = subprocess.run(
            ["kcat", "-b", broker, "-t", "on-demand", "-C", "-o", "beginning", "-e", "-q"],
            capture_output=True, text=True, check=True, timeout=30)
        self.assertEqual(read.stdout, "hello\n")

    # What a client is told of its own mistakes

    def produced(self, topic, *messages, **settings):
        """The errors of `messages`, each the keywords of one `produce`, in one batch."""
        from confluent_kafka import Producer

        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "linger.ms": 200,
            "message.timeout.ms": 10_000, **settings})
        errors = []
        for message in messages:
            producer.produce(
                topic, partition=0,
                on_delivery=lambda error, _: errors.append(error and error.name()), **message)
        self.assertEqual(producer.flush(15), 0)
        return errors

    def test_librdkafka_is_told_of_a_message_too_large(self):
        topic = self.topic(1, **{"max.message.bytes": 100_000})
        for idempotence in [False, True]:
            errors = self.produced(
                topic, {"value": b"z" * 200_000}, {"value": b"small"},
                **{"enable.idempotence": idempotence, "batch.num.messages": 1})
            self.assertEqual(errors, ["MSG_SIZE_TOO_LARGE", None])

    def test_librdkafka_is_told_of_a_timestamp_too_far_ahead(self):
        ahead = int(time.time() * 1000) + 7_200_000
        errors = self.produced(self.topic(1), {"value": b"v", "timestamp": ahead})
        self.assertEqual(errors, ["INVALID_TIMESTAMP"])

    def test_kafka_python_is_told_which_record_of_a_compacted_topic_has_no_key(self):
        from kafka import KafkaProducer
        from kafka.errors import InvalidRecordError, KafkaError

        topic = self.topic(1, **{"cleanup.policy": "compact"})
        producer = KafkaProducer(
            bootstrap_servers=self.cluster.bootstrap.split(","), linger_ms=500)
        sent = [producer.send(topic, b"v", key=key, partition=0) for key in [b"k", None, b"k"]]
        kinds = []
        for future in sent:
            with self.assertRaises(KafkaError) as refused:
                future.get(10)
            kinds.append(isinstance(refused.exception, InvalidRecordError))
        producer.close()
        self.assertEqual(kinds, [False, True, False])

    def test_librdkafka_starts_anew_beyond_the_end(self):
        from confluent_kafka import Consumer, TopicPartition

        topic = self.topic(1)
        self.assertEqual(self.produced(topic, {"value": b"first"}), [None])
        for reset, expected in [("earliest", (None, 0)), ("error", ("_AUTO_OFFSET_RESET", None))]:
            consumer = Consumer({
                "bootstrap.servers": self.cluster.bootstrap, "group.id": "unused",
                "auto.offset.reset": reset})
            consumer.assign([TopicPartition(topic, 0, 1000)])
            message = consumer.poll(15)
            error = message.error()
            told = (error.name(), None) if error else (None, message.offset())
            consumer.close()
            self.assertEqual(told, expected)

    # Every version of a request

    def test_kafka_python_asks_in_every_version_it_may(self):
        from wire import Connection, questions

        topic = self.topic(1)
        self.assertEqual(self.produced(topic, {"value": b"v"}), [None])
        connection = Connection(self.cluster.bootstrap.split(",")[0])
        self.addCleanup(connection.close)
        versions = connection.versions()
        for question in questions(topic):
            served = versions[question.request.API_KEY]
            for version in served:
                with self.subTest(request=question.request.__name__, version=version):
                    answer = connection.call(question, version)
                    self.assertTrue(question.is_answered(answer, version), answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
