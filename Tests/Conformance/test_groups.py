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
from wire import Connection, Question  # noqa: E402


class Groups(GroupCase):
    PROPERTIES = {**GroupCase.PROPERTIES, "offsets_retention_check_interval_ms": 500}

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

    def test_librdkafka_round_robin(self):
        self.share("roundrobin")

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

    def test_offsets_expire_and_stay_away(self):
        from confluent_kafka import Consumer, TopicPartition

        topic = self.filled(1)
        node = self.cluster.nodes[self.coordinator(topic)]
        def commits(group, kept):
            """Version 2 says for how long the offset is to be kept, in milliseconds."""
            body = struct.pack(">hhih4s", 8, 2, 1, 4, b"test") + self.string(group)
            body += struct.pack(">i", -1) + self.string("") + struct.pack(">q", kept)
            body += struct.pack(">i", 1) + self.string(topic) + struct.pack(">iiq", 1, 0, 7)
            body += self.string("m")
            address = ("127.0.0.1", self.cluster.nodes[self.coordinator(group)].port)
            with socket.create_connection(address, 10) as connection:
                connection.sendall(struct.pack(">i", len(body)) + body)
                return struct.unpack(">h", connection.recv(4096)[-2:]) == (0,)

        self.until(lambda: commits(topic, 1000), "the coordinator takes the commit")
        self.until(lambda: commits(topic + "-kept", 3_600_000), "that of the other group too")

        probes = {}
        for group in (topic, topic + "-kept"):
            probes[group] = Consumer(
                {"bootstrap.servers": self.cluster.bootstrap, "group.id": group})
            self.addCleanup(probes[group].close)

        def offset(group):
            return probes[group].committed([TopicPartition(topic, 0)], timeout=20)[0].offset

        self.until(lambda: offset(topic) < 0, "the offset expires")
        node.kill()
        try:
            # The next coordinator reads of its end, and has not forgotten the other.
            self.assertLess(offset(topic), 0)
            self.assertEqual(offset(topic + "-kept"), 7)
        finally:
            node.start()
            node.wait_ready()

    def test_one_call_asks_for_many_groups(self):
        import kafka.protocol.consumer as consumer
        import kafka.protocol.metadata as metadata

        topic = self.filled(2)
        groups = [f"{topic}-{n}" for n in range(3)]
        for group in groups[:2]:
            self.until(lambda: self.commit(group, topic, "m") == 0, "the coordinator takes a commit")
        connection = Connection(f"127.0.0.1:{self.live_port()}")
        self.addCleanup(connection.close)

        def ask(request, response, version):
            return connection.call(Question(type(request), response, lambda _: request, None), version)

        # KIP-699: one answer for each key.
        found = ask(
            metadata.FindCoordinatorRequest(key_type=0, coordinator_keys=groups),
            metadata.FindCoordinatorResponse, 4).coordinators
        self.assertEqual([each.key for each in found], groups)
        nodes = {each.key: each.node_id for each in found}
        self.assertEqual(nodes, {group: self.coordinator(group) for group in groups})
        # KIP-709: one for each group, whether it has offsets or not; who coordinates another says so.
        wanted = consumer.OffsetFetchRequest.OffsetFetchRequestGroup
        topics = [wanted.OffsetFetchRequestTopics(name=topic, partition_indexes=[0, 1])]
        for node in self.cluster.nodes.values():
            connection = Connection(f"127.0.0.1:{node.port}")
            self.addCleanup(connection.close)
            answer = ask(
                consumer.OffsetFetchRequest(
                    groups=[wanted(group_id=group, topics=topics) for group in groups],
                    require_stable=True),
                consumer.OffsetFetchResponse, 8)
            self.assertEqual([each.group_id for each in answer.groups], groups)
            for each in answer.groups:
                if nodes[each.group_id] != node.number:
                    self.assertEqual(each.error_code, 16)
                    continue
                self.assertEqual(each.error_code, 0)
                offsets = [p.committed_offset for p in each.topics[0].partitions]
                self.assertEqual(offsets, [-1, -1] if each.group_id == groups[2] else [5, -1])

    # Bad input

    def ask(self, group, key, version, body, flexible=False):
        """What the group's coordinator answers, behind the header."""
        header = struct.pack(">hhih4s", key, version, 1, 4, b"test") + (b"\0" if flexible else b"")
        with socket.create_connection(
                ("127.0.0.1", self.cluster.nodes[self.coordinator(group)].port), 10) as connection:
            connection.sendall(struct.pack(">i", len(header + body)) + header + body)
            answer = connection.recv(65536)
        return answer[9 if flexible else 8:]

    def join(self, group, assignor, session=10000):
        """The error of a JoinGroup, v1, of a stranger."""
        body = self.string(group) + struct.pack(">ii", session, 10000) + self.string("")
        body += self.string("consumer") + struct.pack(">i", 1) + self.string(assignor)
        return struct.unpack(">h", self.ask(group, 11, 1, body + struct.pack(">i", 0))[:2])[0]

    def heartbeat(self, group, generation, member):
        body = self.string(group) + struct.pack(">i", generation) + self.string(member)
        return struct.unpack(">h", self.ask(group, 12, 0, body)[:2])[0]

    def commit(self, group, topic, metadata, generation=-1, member=""):
        """The error of an OffsetCommit, v2."""
        body = self.string(group) + struct.pack(">i", generation) + self.string(member)
        body += struct.pack(">qi", -1, 1) + self.string(topic) + struct.pack(">iiq", 1, 0, 5)
        return struct.unpack(">h", self.ask(group, 8, 2, body + self.string(metadata))[-2:])[0]

    def consumer_heartbeat(self, group, epoch, assignor):
        """The error of a ConsumerGroupHeartbeat, v1."""
        def compact(text):
            return bytes([len(text) + 1]) + text.encode()

        body = compact(group) + compact("a-member") + struct.pack(">i", epoch) + b"\0\0"
        body += struct.pack(">i", 60_000) + b"\x02" + compact("t") + b"\0" + compact(assignor)
        answer = self.ask(group, 68, 1, body + b"\x01\0", flexible=True)
        return struct.unpack(">h", answer[4:6])[0]

    def test_bad_input_leaves_the_group_unharmed(self):
        topic = self.filled()
        members = [self.librdkafka(topic, topic, **{"partition.assignment.strategy": "range"})
                   for _ in range(2)]

        def parts():
            for member in members:
                member.poll(0.05)
            return [sorted(p.partition for p in member.assignment()) for member in members]

        self.until(lambda: sorted(map(len, parts())) == [2, 2], "both members have their share")
        before = parts()
        # UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION
        self.assertEqual(self.heartbeat(topic, 1, "a-stranger"), 25)
        self.assertEqual(self.commit(topic, topic, "m", 1, "a-stranger"), 25)
        known = members[0].memberid()
        self.assertEqual(self.heartbeat(topic, 10_000, known), 22)
        self.assertEqual(self.commit(topic, topic, "m", 0, known), 22)
        # Nobody may commit for a group that has members without being one.
        self.assertEqual(self.commit(topic, topic, "m"), 25)
        # OFFSET_METADATA_TOO_LARGE
        self.until(lambda: self.commit(topic + "-simple", topic, "m") == 0, "a group without members")
        self.assertEqual(self.commit(topic + "-simple", topic, "m" * 5000), 12)
        # INCONSISTENT_GROUP_PROTOCOL, INVALID_SESSION_TIMEOUT
        self.assertEqual(self.join(topic, "nobody-shares-this"), 23)
        self.assertEqual(self.join(topic, "range", session=1), 26)
        # UNSUPPORTED_ASSIGNOR; a consumer that says more of a group than there is: GROUP_ID_NOT_FOUND
        self.assertEqual(self.consumer_heartbeat(topic + "-simple", 0, "mine"), 112)
        self.assertEqual(self.consumer_heartbeat(topic + "-simple", 7, "uniform"), 69)
        self.assertEqual(parts(), before)
        for member in members:
            self.assertTrue(self.commits(member))
            member.close()


if __name__ == "__main__":
    unittest.main()
