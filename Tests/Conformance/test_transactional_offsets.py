"""Offsets that a producer commits with a transaction (KIP-447), and the markers that end it, spoken through kafka-python's
message schemas in every version: the coordinators of transactions are no part of it."""

import os
import sys
import unittest
import zlib

import kafka.protocol.consumer as consuming
import kafka.protocol.metadata as metadata
import kafka.protocol.producer as producing

sys.path.insert(0, os.path.dirname(__file__))

from group_case import GroupCase  # noqa: E402
from wire import Connection, Question  # noqa: E402

NONE, UNKNOWN_TOPIC, NOT_LEADER, NOT_COORDINATOR, ILLEGAL_GENERATION = 0, 3, 6, 16, 22
UNKNOWN_MEMBER, METADATA_TOO_LARGE, UNSTABLE, BAD_EPOCH, FENCED_COORDINATOR = 25, 12, 88, 47, 52
LOADING = 14
OFFSETS = "__consumer_offsets"
TEXT = 30_000


class TransactionalOffsets(GroupCase):
    # Segments that a few commits fill, and that are compacted as soon as they may be.
    PROPERTIES = {
        **GroupCase.PROPERTIES, "offsets_topic_num_partitions": 1, "offsets_topic_segment_bytes": 1 << 20,
        "offset_metadata_max_bytes": TEXT, "log_cleaner_backoff_ms": 100, "log_cleaner_min_cleanable_ratio": 0.01,
        "log_flush_offset_checkpoint_interval_ms": 200}

    def setUp(self):
        self.name = self.id().split(".")[-1].replace("test_", "")
        self.cluster.create_topic(self.name, 2, 3)
        self.producer = 1_000_000 + zlib.crc32(self.name.encode()) % 1_000_000

    def connect(self, node):
        connection = Connection(f"127.0.0.1:{self.cluster.port(node)}")
        self.addCleanup(connection.close)
        return connection

    def call(self, node, request, response, version):
        return self.connect(node).call(Question(type(request), response, lambda _: request, None), version)

    def leader(self):
        """The node that coordinates all groups, once there is one that serves."""
        found = []

        def there():
            for node in [n for n, one in self.cluster.nodes.items() if one.process.poll() is None]:
                request = metadata.FindCoordinatorRequest(key=self.name, key_type=0)
                answer = self.call(node, request, metadata.FindCoordinatorResponse, 3)
                if answer.error_code == NONE:
                    found[:] = [answer.node_id]
                    return self.cluster.nodes[answer.node_id].process.poll() is None
            return False

        self.until(there, "a coordinator")
        return found[0]

    def asked(self, ask, *passing):
        """What `ask` of the coordinator answers, asked again while it moves or loads."""
        answers = []

        def there():
            answers[:] = [ask(self.leader())]
            return answers[0] not in (NOT_COORDINATOR, NOT_LEADER, LOADING, *passing)

        self.until(there, "an answer that stands")
        return answers[0]

    # What is asked

    def commit(self, offset, version=3, group=None, topic=None, epoch=0, text="m", generation=-1, member="", instance=None,
               partition=0):
        """TxnOffsetCommit; the partition's error."""
        form = producing.TxnOffsetCommitRequest
        place = form.TxnOffsetCommitRequestTopic

        def ask(node):
            request = form(
                transactional_id="t", group_id=group or self.name, producer_id=self.producer, producer_epoch=epoch,
                generation_id=generation, member_id=member, group_instance_id=instance, topics=[place(name=topic or self.name, partitions=[
                    place.TxnOffsetCommitRequestPartition(
                        partition_index=partition, committed_offset=offset, committed_leader_epoch=-1,
                        committed_metadata=text)])])
            answer = self.call(node, request, producing.TxnOffsetCommitResponse, version)
            return answer.topics[0].partitions[0].error_code

        return self.asked(ask)

    def end(self, commit=True, epoch=0, coordinator_epoch=0, topic=OFFSETS, partition=0, node=None, version=1, producer=None):
        """WriteTxnMarkers; the partition's error."""
        form = producing.WriteTxnMarkersRequest
        marker = form.WritableTxnMarker

        def ask(node):
            request = form(markers=[marker(
                producer_id=self.producer if producer is None else producer, producer_epoch=epoch,
                transaction_result=commit, coordinator_epoch=coordinator_epoch,
                topics=[marker.WritableTxnMarkerTopic(name=topic, partition_indexes=[partition])])])
            answer = self.call(node, request, producing.WriteTxnMarkersResponse, version)
            return answer.markers[0].topics[0].partitions[0].error_code

        return ask(node) if node else self.asked(ask)

    def fetched(self, stable=True, version=7):
        """OffsetFetch: the error and the offset of partition 0."""
        form = consuming.OffsetFetchRequest

        def ask(node):
            if version < 8:
                request = form(group_id=self.name, topics=[
                    form.OffsetFetchRequestTopic(name=self.name, partition_indexes=[0])], require_stable=stable)
                answer = self.call(node, request, consuming.OffsetFetchResponse, version)
                whole = answer
            else:
                groups = form.OffsetFetchRequestGroup
                request = form(groups=[groups(
                    group_id=self.name, member_id=None, member_epoch=-1, topics=[
                        groups.OffsetFetchRequestTopics(name=self.name, partition_indexes=[0])])], require_stable=stable)
                whole = self.call(node, request, consuming.OffsetFetchResponse, version).groups[0]
            if whole.error_code != NONE:
                return whole.error_code
            part = whole.topics[0].partitions[0]
            return part.error_code, part.committed_offset

        return self.asked(ask)

    # Transactions

    def test_offsets_count_from_the_commit_on(self):
        for version in (7, 8, 9):
            self.assertEqual(self.fetched(version=version), (NONE, -1))
        self.assertEqual(self.commit(5), NONE)
        for version in (7, 8, 9):
            self.assertEqual(self.fetched(version=version), (UNSTABLE, -1))
            self.assertEqual(self.fetched(stable=False, version=version), (NONE, -1))
        self.assertEqual(self.end(), NONE)
        for version in (7, 8, 9):
            self.assertEqual(self.fetched(version=version), (NONE, 5))
        self.assertEqual(self.commit(6), NONE)
        self.assertEqual(self.end(commit=False), NONE)
        self.assertEqual(self.fetched(), (NONE, 5))

    def test_every_version_is_served(self):
        connection = self.connect(1)
        versions = connection.versions()
        commits, markers = versions[28], versions[27]
        self.assertEqual([commits.start, commits.stop], [0, 6])
        self.assertEqual([markers.start, markers.stop], [1, 3])
        ours = [v for v in commits if v <= producing.TxnOffsetCommitRequest.max_version]
        for offset, version in enumerate(ours, 1):
            self.assertEqual(self.commit(offset, version), NONE, version)
            marker = min(1 + version % 2, producing.WriteTxnMarkersRequest.max_version)
            self.assertEqual(self.end(version=marker), NONE, version)
            self.assertEqual(self.fetched(), (NONE, offset))

    def test_an_open_transaction_outlives_its_coordinators(self):
        """Each of the three becomes the coordinator with the transaction open; the last one ends it."""
        self.assertEqual(self.commit(5), NONE)
        self.assertEqual(self.end(), NONE)
        self.assertEqual(self.commit(9), NONE)
        for _ in range(3):
            leader = self.leader()
            self.cluster.nodes[leader].kill()
            self.until(lambda: self.leader() != leader, "another coordinator")
            self.assertEqual(self.fetched(), (UNSTABLE, -1))
            self.assertEqual(self.fetched(stable=False), (NONE, 5))
            self.cluster.nodes[leader].start()
            self.cluster.nodes[leader].wait_ready()
        self.assertEqual(self.end(), NONE)
        self.assertEqual(self.fetched(), (NONE, 9))
        self.cluster.nodes[self.leader()].kill()
        self.assertEqual(self.fetched(), (NONE, 9))
        for node in self.cluster.nodes.values():
            if node.process.poll() is not None:
                node.start()
                node.wait_ready()

    def test_old_epochs_and_old_coordinators_are_refused(self):
        self.assertEqual(self.commit(5, epoch=4), NONE)
        self.assertEqual(self.commit(6, epoch=3), BAD_EPOCH)
        self.assertEqual(self.end(epoch=3), BAD_EPOCH)
        self.assertEqual(self.fetched(), (UNSTABLE, -1))
        self.assertEqual(self.end(epoch=4, coordinator_epoch=7), NONE)
        self.assertEqual(self.end(epoch=4, coordinator_epoch=6), FENCED_COORDINATOR)
        # Said once more, the same is harmless.
        self.assertEqual(self.end(epoch=4, coordinator_epoch=7), NONE)
        self.assertEqual(self.fetched(), (NONE, 5))

    def test_bad_input_changes_nothing(self):
        self.assertEqual(self.commit(5, topic="nowhere"), UNKNOWN_TOPIC)
        self.assertEqual(self.commit(5, partition=77), UNKNOWN_TOPIC)
        self.assertEqual(self.commit(5, text="x" * (TEXT + 1)), METADATA_TOO_LARGE)
        self.assertEqual(self.commit(5, generation=3, member="m"), ILLEGAL_GENERATION)
        self.assertEqual(self.fetched(), (NONE, -1))
        self.assertEqual(self.end(topic="nowhere"), UNKNOWN_TOPIC)
        self.assertEqual(self.end(partition=77), UNKNOWN_TOPIC)
        self.assertEqual(self.end(producer=-1), 49)
        other = next(n for n in self.cluster.nodes if n != self.leader())
        self.assertEqual(self.end(node=other), NOT_LEADER)

    def test_members_are_fenced_as_in_other_commits(self):
        member = self.librdkafka(self.name, self.name)
        self.until(lambda: member.poll(0.05) is None and member.assignment(), "it has joined")
        self.assertEqual(self.commit(5, generation=99, member="m"), UNKNOWN_MEMBER)
        self.assertEqual(self.commit(5), NONE)
        self.assertEqual(self.end(), NONE)
        self.assertEqual(self.fetched(), (NONE, 5))
        member.close()

    def test_compaction_keeps_what_is_open(self):
        """Segments roll and are compacted around an open transaction, and later without it; coordinators that read what is left
        know of it, and of what it committed."""
        self.assertEqual(self.commit(5), NONE)
        own = self.producer
        for what in ((UNSTABLE, -1), (NONE, 5)):
            self.producer = own + 1
            for number in range(100):
                self.assertEqual(self.commit(number, text="x" * TEXT, group="filler"), NONE)
                self.assertEqual(self.end(), NONE)
            self.producer = own
            if what[0] == NONE:
                # Nothing but the last of each is left of six segments.
                self.until(lambda: all(map(self.is_compact, self.cluster.nodes)), "all logs are compacted")
            leader = self.leader()
            self.cluster.nodes[leader].kill()
            self.until(lambda: self.leader() != leader, "another coordinator")
            self.assertEqual(self.fetched(), what)
            if what[0] == UNSTABLE:
                self.assertEqual(self.end(), NONE)
            self.cluster.nodes[leader].start()
            self.cluster.nodes[leader].wait_ready()

    def is_compact(self, node):
        directory = f"{self.cluster.nodes[node].properties['log.dirs']}/{OFFSETS}-0"
        with os.scandir(directory) as files:
            try:
                return sum(file.stat().st_size for file in files if file.name.endswith(".log")) < 100 * TEXT
            except FileNotFoundError:
                # Exchanged at this moment.
                return False


if __name__ == "__main__":
    unittest.main()
