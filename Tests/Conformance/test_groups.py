"""Consumer groups of unmodified clients, on one running cluster."""

import asyncio
import os
import shutil
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from group_case import RECORDS, GroupCase  # noqa: E402


class Groups(GroupCase):
    # librdkafka, both ways to share out

    def share(self, strategy):
        topic = self.filled()
        options = {"partition.assignment.strategy": strategy}
        first = self.librdkafka(topic, topic, **options)
        second = self.librdkafka(topic, topic, **options)
        self.until(
            lambda: (first.poll(0.05), second.poll(0.05)) and first.assignment()
            and second.assignment() and len(first.assignment() + second.assignment()) == 4,
            "the members share the partitions")
        parts = [{p.partition for p in c.assignment()} for c in (first, second)]
        self.assertEqual(parts[0] | parts[1], {0, 1, 2, 3})
        self.assertEqual(parts[0] & parts[1], set())
        first.close()
        self.until(
            lambda: second.poll(0.05) is not None or len(second.assignment()) == 4,
            "who is left has everything")
        self.until(lambda: second.poll(0.05) is None and len(second.assignment()) == 4, "all four")
        second.close()

    def test_librdkafka_range(self):
        self.share("range")

    def test_librdkafka_cooperative_sticky(self):
        self.share("cooperative-sticky")

    def test_librdkafka_goes_on_where_it_committed(self):
        topic = self.filled()
        consumer = self.librdkafka(topic, topic)
        got = self.read([consumer], RECORDS)
        self.assertEqual(len({(p, o) for p, o, _ in got}), RECORDS)
        consumer.commit(asynchronous=False)
        consumer.close()
        again = self.librdkafka(topic, topic)
        self.until(lambda: again.poll(0.1) is None and len(again.assignment()) == 4, "joined")
        self.assertIsNone(again.poll(1))
        committed = again.committed(again.assignment(), timeout=10)
        self.assertEqual([p.offset for p in committed], [RECORDS // 4] * 4)
        again.close()

    def test_offsets_survive_the_coordinator_and_the_whole_cluster(self):
        from confluent_kafka import Consumer, TopicPartition

        topic = self.filled(1)
        consumer = self.librdkafka(topic, topic)
        self.read([consumer], RECORDS)
        consumer.commit(offsets=[TopicPartition(topic, 0, 77, "here")], asynchronous=False)
        consumer.close()
        options = {"bootstrap.servers": self.cluster.bootstrap, "group.id": topic}

        def committed():
            probe = Consumer(options)
            try:
                found = probe.committed([TopicPartition(topic, 0)], timeout=20)[0]
            finally:
                probe.close()
            return found.offset, found.metadata

        node = self.cluster.nodes[self.coordinator(topic)]
        node.kill()
        self.assertEqual(committed(), (77, "here"))
        node.start()
        node.wait_ready()
        for other in self.cluster.nodes.values():
            other.kill()
        for other in self.cluster.nodes.values():
            other.start()
        for other in self.cluster.nodes.values():
            other.wait_ready()
        self.assertEqual(committed(), (77, "here"))

    def test_a_member_outlives_its_coordinator(self):
        topic = self.filled()
        consumer = self.librdkafka(topic, topic)
        self.read([consumer], RECORDS)
        node = self.cluster.nodes[self.coordinator(topic)]
        node.kill()
        try:
            self.until(lambda: self.commits(consumer), "the group goes on at another broker")
            self.assertEqual(len(consumer.assignment()), 4)
        finally:
            node.start()
            node.wait_ready()
        consumer.close()

    def test_admin_lists_describes_and_deletes(self):
        from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
        from confluent_kafka.admin import AdminClient

        topic = self.filled()
        consumer = self.librdkafka(topic, topic, **{"client.id": "reader"})
        self.read([consumer], RECORDS)
        consumer.commit(asynchronous=False)
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        listed = admin.list_consumer_groups().result().valid
        self.assertIn((topic, "STABLE"), [(g.group_id, g.state.name) for g in listed])
        described = admin.describe_consumer_groups([topic])[topic].result()
        self.assertEqual(described.state.name, "STABLE")
        self.assertEqual([m.client_id for m in described.members], ["reader"])
        self.assertEqual(len(described.members[0].assignment.topic_partitions), 4)
        with self.assertRaises(KafkaException) as refused:
            admin.delete_consumer_groups([topic])[topic].result()
        self.assertEqual(refused.exception.args[0].name(), "NON_EMPTY_GROUP")
        consumer.close()
        asked = [ConsumerGroupTopicPartitions(topic, [TopicPartition(topic, 1)])]
        found = admin.list_consumer_group_offsets(asked)[topic].result().topic_partitions
        self.assertEqual([p.offset for p in found], [RECORDS // 4])
        moved = ConsumerGroupTopicPartitions(topic, [TopicPartition(topic, 1, 3)])
        admin.alter_consumer_group_offsets([moved])[topic].result()
        found = admin.list_consumer_group_offsets(asked)[topic].result().topic_partitions
        self.assertEqual([p.offset for p in found], [3])
        admin.delete_consumer_groups([topic])[topic].result()
        listed = admin.list_consumer_groups().result().valid
        self.assertNotIn(topic, [g.group_id for g in listed])

    # Others

    def test_kafka_python_shares_and_goes_on(self):
        from kafka import KafkaConsumer

        topic = self.filled()
        options = {
            "bootstrap_servers": self.cluster.bootstrap.split(","), "group_id": topic,
            "auto_offset_reset": "earliest", "enable_auto_commit": False,
            "session_timeout_ms": 6000, "heartbeat_interval_ms": 500,
            "consumer_timeout_ms": 5000}
        consumer = KafkaConsumer(topic, **options)
        got = {(r.partition, r.offset) for r in consumer}
        self.assertEqual(len(got), RECORDS)
        consumer.commit()
        consumer.close()
        again = KafkaConsumer(topic, **options)
        self.assertEqual(list(again), [])
        again.close()

    def test_aiokafka_goes_on_where_it_committed(self):
        from aiokafka import AIOKafkaConsumer

        topic = self.filled()

        async def read(count):
            consumer = AIOKafkaConsumer(
                topic, bootstrap_servers=self.cluster.bootstrap, group_id=topic,
                auto_offset_reset="earliest", enable_auto_commit=False)
            await consumer.start()
            try:
                got = []
                while len(got) < count:
                    for records in (await consumer.getmany(timeout_ms=1000)).values():
                        got += records
                if not count:
                    for records in (await consumer.getmany(timeout_ms=2000)).values():
                        got += records
                await consumer.commit()
                return len(got)
            finally:
                await consumer.stop()

        self.assertEqual(asyncio.run(asyncio.wait_for(read(RECORDS), 60)), RECORDS)
        self.assertEqual(asyncio.run(asyncio.wait_for(read(0), 60)), 0)

    @unittest.skipUnless(shutil.which("kcat"), "kcat is not installed")
    def test_kcat_in_a_group(self):
        topic = self.filled()
        command = ["kcat", "-b", self.cluster.bootstrap, "-G", topic, "-e", "-q",
                   "-X", "auto.offset.reset=earliest", topic]
        first = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(len(first.stdout.split()), RECORDS, first.stderr)
        second = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(second.stdout, "", second.stderr)

    def test_commits_of_the_first_versions_are_kept(self):
        from confluent_kafka import Consumer, TopicPartition

        topic = self.filled(1)
        self.assertEqual(self.coordinator(topic) > 0, True)
        address = ("127.0.0.1", self.cluster.nodes[self.coordinator(topic)].port)
        for version, offset in ((0, 11), (1, 12)):
            body = struct.pack(">hhih4s", 8, version, 1, 4, b"test") + self.string(topic)
            if version == 1:
                body += struct.pack(">i", -1) + self.string("")
            body += struct.pack(">i", 1) + self.string(topic) + struct.pack(">iiq", 1, 0, offset)
            if version == 1:
                body += struct.pack(">q", -1)
            body += self.string("m")
            with socket.create_connection(address, 10) as connection:
                connection.sendall(struct.pack(">i", len(body)) + body)
                answer = connection.recv(4096)
            self.assertEqual(struct.unpack(">h", answer[-2:]), (0,))
            probe = Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": topic})
            found = probe.committed([TopicPartition(topic, 0)], timeout=20)[0]
            probe.close()
            self.assertEqual(found.offset, offset)


if __name__ == "__main__":
    unittest.main()
