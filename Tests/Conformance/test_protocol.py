"""What the broker answers to single requests, spoken through kafka-python's message schemas."""

import os
import struct
import sys
import time
import unittest
import uuid

import kafka.protocol.admin as admin
import kafka.protocol.consumer as consumer
import kafka.protocol.metadata as metadata
import kafka.protocol.producer as producing
from confluent_kafka import Producer
from kafka.record.memory_records import MemoryRecordsBuilder

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Integration"))

from cluster import Cluster, run  # noqa: E402
from wire import Connection, Question  # noqa: E402

NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC, NOT_LEADER, UNSUPPORTED = 0, 1, 3, 6, 35
INVALID_REQUEST, SESSION_NOT_FOUND, SESSION_EPOCH, FENCED_EPOCH, UNKNOWN_EPOCH = 42, 70, 71, 74, 75
OUT_OF_ORDER_SEQUENCE = 45
INVALID_UPDATE_VERSION, NOT_ENOUGH_REPLICAS, NO_REASSIGNMENT = 95, 19, 85
NO_TOPIC = uuid.UUID(int=0)


class Protocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)

    def connect(self, node):
        connection = Connection(f"127.0.0.1:{self.cluster.port(node)}")
        self.addCleanup(connection.close)
        return connection

    def call(self, connection, request, response, version):
        return connection.call(Question(type(request), response, lambda _: request, None), version)

    def topic(self, partitions=1, **configs):
        name = self.id().split(".")[-1].replace("test_", "")
        self.cluster.create_topic(name, partitions, 3, **configs)
        # The controller has answered; each broker hears of the topic a little later.
        for number in self.cluster.nodes:
            connection = self.connect(number)
            self.eventually(lambda: self.is_led(name, partitions, connection))
        return name

    def is_led(self, topic, partitions, connection):
        """Whether the node at the other end knows a leader of every partition."""
        described = self.described(topic, connection)
        return (len(described.partitions) == partitions
                and all(part.leader_id >= 0 for part in described.partitions))

    def write(self, topic, count, size=10, partition=0, timestamp=None):
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "linger.ms": 0})
        for number in range(count):
            more = {} if timestamp is None else {"timestamp": timestamp(number)}
            producer.produce(topic, b"x" * size, partition=partition, **more)
            # Each record is a batch of its own.
            self.assertEqual(producer.flush(10), 0)

    def described(self, topic, connection=None):
        """The topic as Metadata tells it."""
        request = metadata.MetadataRequest(
            topics=[metadata.MetadataRequest.MetadataRequestTopic(name=topic, topic_id=NO_TOPIC)],
            allow_auto_topic_creation=False)
        answer = self.call(connection or self.connect(1), request, metadata.MetadataResponse, 12)
        return answer.topics[0]

    def leader(self, topic, partition=0):
        """The partition's leader and its epoch. The node that is asked may hear of a new topic a little later
        than the one that made it."""
        def led():
            return next(
                (part for part in self.described(topic).partitions
                 if part.partition_index == partition and part.leader_id >= 0), None)

        found = self.eventually(led)
        return found.leader_id, found.leader_epoch

    def down(self, number):
        """Stops a node in an orderly way until the test is over."""
        node = self.cluster.nodes[number]
        self.assertEqual(node.terminate(), 0)
        self.addCleanup(node.wait_ready)
        self.addCleanup(node.start)

    def eventually(self, condition, limit=20):
        deadline = time.monotonic() + limit
        while not (found := condition()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return found

    # Produce

    def produce(self, connection, topic, acks, value=b"v", version=8, producer=None):
        """`producer`: id and first sequence of an idempotent producer."""
        builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1 << 20)
        if producer:
            builder.set_producer_state(producer[0], 0, producer[1], False)
        builder.append(timestamp=1, key=None, value=value)
        builder.close()
        data = producing.ProduceRequest.TopicProduceData
        request = producing.ProduceRequest(
            transactional_id=None, acks=acks, timeout_ms=5000, topic_data=[data(
                name=topic, topic_id=NO_TOPIC, partition_data=[data.PartitionProduceData(
                    index=0, records=bytes(builder.buffer()))])])
        if acks == 0:
            request.API_VERSION = version
            request.with_header(9, "wire")
            frame = request.encode(header=True)
            connection.socket.sendall(struct.pack(">i", len(frame)) + frame)
            return None
        answer = self.call(connection, request, producing.ProduceResponse, version)
        return answer, answer.responses[0].partition_responses[0]

    def test_acks_0_1_and_all_with_too_few_replicas(self):
        topic = self.topic(min_insync_replicas=3)
        leader, _ = self.leader(topic)
        connection = self.connect(leader)
        for acks in (1, -1):
            self.assertEqual(self.produce(connection, topic, acks)[1].error_code, NONE)
        self.down(next(n for n in self.cluster.nodes if n != leader))
        self.eventually(lambda: len(self.described(topic, connection).partitions[0].isr_nodes) == 2)
        self.assertEqual(
            self.produce(connection, topic, -1)[1].error_code, NOT_ENOUGH_REPLICAS)
        self.assertEqual(self.produce(connection, topic, 1)[1].error_code, NONE)
        # Nothing answers acks=0: the next answer is that of the next request.
        self.produce(connection, topic, 0)
        self.assertEqual(self.offsets(connection, topic, -1).error_code, NONE)

    def test_a_produce_to_a_follower_names_the_leader_and_its_endpoint(self):
        topic = self.topic()
        leader, epoch = self.leader(topic)
        follower = next(n for n in self.cluster.nodes if n != leader)
        answer, part = self.produce(self.connect(follower), topic, -1, version=10)
        self.assertEqual(part.error_code, NOT_LEADER)
        self.assertEqual(
            (part.current_leader.leader_id, part.current_leader.leader_epoch), (leader, epoch))
        self.assertEqual(
            [(node.node_id, node.host, node.port) for node in answer.node_endpoints],
            [(leader, "127.0.0.1", self.cluster.port(leader))])

    def test_a_producer_whose_first_batch_was_refused_begins_with_it(self):
        topic = "first_batch"
        connections = {node: self.connect(node) for node in self.cluster.nodes}

        def sent(connection, producer, sequence):
            return self.produce(connection, topic, -1, producer=(producer, sequence))[1].error_code

        for connection in connections.values():
            self.assertEqual(sent(connection, 7_001, 0), UNKNOWN_TOPIC)
        self.cluster.create_topic(topic, 1, 3)
        leader = self.leader(topic)[0]
        connection = connections[leader]
        # What was sent behind it arrives when the topic is there.
        self.assertEqual(self.eventually(
            lambda: (code := sent(connection, 7_001, 1)) not in (UNKNOWN_TOPIC, NOT_LEADER) and code),
            OUT_OF_ORDER_SEQUENCE)
        self.assertEqual([sent(connection, 7_001, n) for n in (0, 1, 0, 2)], [NONE] * 4)
        # One that comes by another connection may have lost its records to retention.
        self.assertEqual(sent(self.connect(leader), 7_002, 5), NONE)
        end = self.offsets(connection, topic, -1).offset
        self.assertEqual(end, 4)

    # Fetch

    def fetch(self, connection, topic, partitions, version=12, session=(0, -1), forget=(), **more):
        """`partitions`: number to the fields that are not as usual."""
        parts = consumer.FetchRequest.FetchTopic.FetchPartition
        asked = [
            parts(**{
                "partition": number, "current_leader_epoch": -1, "fetch_offset": 0,
                "last_fetched_epoch": -1, "log_start_offset": -1,
                "partition_max_bytes": 1 << 20, **fields})
            for number, fields in partitions.items()]
        topics = [consumer.FetchRequest.FetchTopic(
            topic=topic, topic_id=self.ids.get(topic, NO_TOPIC), partitions=asked)] if asked else []
        forgotten = [consumer.FetchRequest.ForgottenTopic(
            topic=topic, topic_id=NO_TOPIC, partitions=list(forget))] if forget else []
        request = consumer.FetchRequest(**{
            "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "isolation_level": 0,
            "session_id": session[0], "session_epoch": session[1], "topics": topics,
            "forgotten_topics_data": forgotten, "rack_id": "", **more})
        return self.call(connection, request, consumer.FetchResponse, version)

    ids = {}

    @staticmethod
    def parts(answer):
        return {
            part.partition_index: part for topic in answer.responses for part in topic.partitions}

    def test_a_fetch_keeps_to_its_limit_over_all_partitions(self):
        topic = self.topic(3)
        # One node leads all, so that one request asks for all.
        leaders = [self.leader(topic, number)[0] for number in range(3)]
        for number in range(3):
            for _ in range(4):
                self.write(topic, 1, size=1000, partition=number)
        led = [number for number in range(3) if leaders[number] == leaders[0]]
        connection = self.connect(leaders[0])
        for limit, most in ((2500, 2500), (4000, 4000), (1, 1200)):
            answer = self.fetch(
                connection, topic, {number: {} for number in led}, max_bytes=limit)
            sizes = {n: len(part.records or b"") for n, part in self.parts(answer).items()}
            # The first batch is whole even if it is larger than the limit (KIP-74).
            self.assertGreater(sum(sizes.values()), 1000, sizes)
            self.assertLessEqual(sum(sizes.values()), most, sizes)

    def test_a_partition_beyond_the_limit_is_answered_empty_and_has_its_turn_next(self):
        name = "turns"
        run("topics", "--bootstrap-server", self.cluster.bootstrap, "--create", "--topic", name,
            "--replica-assignment", "1:2:3,1:2:3,1:2:3")
        for number in range(3):
            self.write(name, 1, size=1000, partition=number)
        connection = self.connect(1)
        answer = self.fetch(
            connection, name, {number: {} for number in range(3)}, session=(0, 0), max_bytes=1100)
        self.assertNotEqual(answer.session_id, 0)
        sizes = [len(self.parts(answer)[n].records or b"") for n in range(3)]
        self.assertGreater(sizes[0], 1000)
        self.assertLess(sizes[1], 100)
        # What was served goes to the end of the row, so that each partition has its turn.
        served = {0}
        for epoch in (1, 2):
            answer = self.fetch(
                connection, name, {}, session=(answer.session_id, epoch), max_bytes=1100)
            parts = self.parts(answer)
            served |= {n for n, part in parts.items() if len(part.records or b"") > 1000}
        self.assertEqual(served, {0, 1, 2})

    def test_a_session_ends_when_nothing_is_left_in_it(self):
        topic = self.topic()
        connection = self.connect(self.leader(topic)[0])
        opened = self.fetch(connection, topic, {0: {}}, session=(0, 0))
        self.assertNotEqual(opened.session_id, 0)
        began = time.monotonic()
        emptied = self.fetch(
            connection, topic, {}, session=(opened.session_id, 1), forget=[0], max_wait_ms=5000,
            min_bytes=1)
        self.assertEqual((emptied.error_code, emptied.session_id), (NONE, 0))
        self.assertLess(time.monotonic() - began, 2)
        again = self.fetch(connection, topic, {0: {}}, session=(opened.session_id, 2))
        self.assertEqual(again.error_code, SESSION_NOT_FOUND)

    def test_a_session_refuses_another_epoch(self):
        topic = self.topic()
        connection = self.connect(self.leader(topic)[0])
        opened = self.fetch(connection, topic, {0: {}}, session=(0, 0))
        answer = self.fetch(connection, topic, {}, session=(opened.session_id, 7))
        self.assertEqual(answer.error_code, SESSION_EPOCH)

    def test_a_position_out_of_range_is_told_without_anything_else(self):
        topic = self.topic()
        self.write(topic, 2)
        connection = self.connect(self.leader(topic)[0])
        part = self.parts(self.fetch(connection, topic, {0: {"fetch_offset": 77}}))[0]
        self.assertEqual(part.error_code, OFFSET_OUT_OF_RANGE)
        self.assertEqual(
            (part.high_watermark, part.last_stable_offset, part.log_start_offset), (-1, -1, -1))

    def test_another_leader_epoch_is_refused(self):
        topic = self.topic()
        self.write(topic, 1)
        leader, epoch = self.leader(topic)
        # Another leader has another epoch.
        self.down(leader)
        survivor = self.connect(next(n for n in self.cluster.nodes if n != leader))

        def successor():
            part = self.described(topic, survivor).partitions[0]
            return part if part.leader_id not in (-1, leader) else None

        found = self.eventually(successor)
        self.assertGreater(found.leader_epoch, epoch)
        connection = self.connect(found.leader_id)
        for asked, error in (
                (found.leader_epoch, NONE), (epoch, FENCED_EPOCH),
                (found.leader_epoch + 1, UNKNOWN_EPOCH)):
            part = self.parts(self.fetch(connection, topic, {0: {"current_leader_epoch": asked}}))[0]
            self.assertEqual(part.error_code, error)
            listed = self.offsets(connection, topic, -1, current_leader_epoch=asked)
            self.assertEqual(listed.error_code, error)
            ended = self.epoch_end(connection, topic, epoch, current_leader_epoch=asked)
            self.assertEqual(ended.error_code, error)

    def test_a_follower_serves_tools_that_look_at_each_replica(self):
        topic = self.topic()
        self.write(topic, 3)
        leader, epoch = self.leader(topic)
        self.ids[topic] = self.described(topic).topic_id
        number = next(n for n in self.cluster.nodes if n != leader)
        follower = self.connect(number)

        def fetched(**fields):
            return self.parts(self.fetch(
                follower, topic, {0: fields}, version=11, max_wait_ms=500, min_bytes=1, replica_id=-2))[0]

        # It learns a little after the leader what is committed.
        self.eventually(lambda: fetched().high_watermark == 3)
        found = fetched()
        self.assertEqual((found.error_code, found.preferred_read_replica), (NONE, -1))
        self.assertGreater(len(found.records), 0)
        self.assertEqual(fetched(fetch_offset=3).error_code, NONE)
        self.assertEqual(fetched(fetch_offset=4).error_code, OFFSET_OUT_OF_RANGE)
        # Consumers are sent to the leader, where no replica.selector.class says that followers serve them.
        for version in (10, 11):
            told = self.parts(self.fetch(follower, topic, {0: {}}, version=version))[0]
            self.assertEqual(told.error_code, NOT_LEADER)
        answer = self.fetch(follower, topic, {0: {}}, version=16)
        part = self.parts(answer)[0]
        self.assertEqual(part.error_code, NOT_LEADER)
        self.assertEqual(
            (part.current_leader.leader_id, part.current_leader.leader_epoch), (leader, epoch))

    def test_who_has_no_replica_names_the_leader_and_its_endpoint(self):
        topic = self.id().split(".")[-1]
        self.cluster.create_topic(topic, 1, 2)
        self.write(topic, 1)
        leader, epoch = self.leader(topic)
        described = self.described(topic)
        self.ids[topic] = described.topic_id
        stranger = next(
            n for n in self.cluster.nodes if n not in described.partitions[0].replica_nodes)
        answer = self.fetch(self.connect(stranger), topic, {0: {}}, version=16)
        part = self.parts(answer)[0]
        self.assertEqual(part.error_code, NOT_LEADER)
        self.assertEqual(
            (part.current_leader.leader_id, part.current_leader.leader_epoch), (leader, epoch))
        self.assertEqual(
            [(node.node_id, node.host, node.port) for node in answer.node_endpoints],
            [(leader, "127.0.0.1", self.cluster.port(leader))])

    def test_a_fetch_that_diverged_is_told_where(self):
        topic = self.topic()
        self.write(topic, 3)
        leader, epoch = self.leader(topic)
        part = self.parts(self.fetch(
            self.connect(leader), topic,
            {0: {"fetch_offset": 9, "last_fetched_epoch": epoch}}))[0]
        self.assertEqual(part.error_code, NONE)
        self.assertEqual((part.diverging_epoch.epoch, part.diverging_epoch.end_offset), (epoch, 3))

    # Offsets

    def offsets(self, connection, topic, timestamp, version=8, **fields):
        parts = consumer.ListOffsetsRequest.ListOffsetsTopic
        request = consumer.ListOffsetsRequest(
            replica_id=-1, isolation_level=0, topics=[parts(name=topic, partitions=[
                parts.ListOffsetsPartition(**{
                    "partition_index": 0, "current_leader_epoch": -1, "timestamp": timestamp,
                    **fields})])])
        answer = self.call(connection, request, consumer.ListOffsetsResponse, version)
        return answer.topics[0].partitions[0]

    def test_special_positions(self):
        topic = self.topic()
        times = [1_000, 9_000, 5_000, 9_000, 2_000]
        self.write(topic, 5, timestamp=lambda number: times[number])
        leader, epoch = self.leader(topic)
        connection = self.connect(leader)
        # Latest, earliest, greatest timestamp (its first record), earliest here, latest of a tier, earliest
        # not yet in a tier.
        expected = {-1: (5, -1), -2: (0, -1), -3: (1, 9_000), -4: (0, -1), 6_000: (1, 9_000),
                    1_000: (0, 1_000), 9_001: (-1, -1)}
        for position, (offset, timestamp) in expected.items():
            with self.subTest(position=position):
                found = self.offsets(connection, topic, position)
                self.assertEqual(
                    (found.error_code, found.offset, found.timestamp), (NONE, offset, timestamp))
        # -1 of a tier that is not there.
        found = self.offsets(connection, topic, -5, version=9)
        self.assertEqual((found.error_code, found.offset), (NONE, -1))

    def test_positions_of_an_empty_partition(self):
        topic = self.topic()
        connection = self.connect(self.leader(topic)[0])
        for position, offset in {-1: 0, -2: 0, -3: -1, -4: 0, 6_000: -1}.items():
            with self.subTest(position=position):
                found = self.offsets(connection, topic, position)
                self.assertEqual((found.error_code, found.offset), (NONE, offset))

    # Epochs

    def epoch_end(self, connection, topic, epoch, version=4, **fields):
        parts = consumer.OffsetForLeaderEpochRequest.OffsetForLeaderTopic
        request = consumer.OffsetForLeaderEpochRequest(
            replica_id=-1, topics=[parts(topic=topic, partitions=[
                parts.OffsetForLeaderPartition(**{
                    "partition": 0, "current_leader_epoch": -1, "leader_epoch": epoch,
                    **fields})])])
        answer = self.call(connection, request, consumer.OffsetForLeaderEpochResponse, version)
        return answer.topics[0].partitions[0]

    def test_the_end_of_an_epoch(self):
        topic = self.topic()
        self.write(topic, 4)
        leader, epoch = self.leader(topic)
        connection = self.connect(leader)
        for asked, told in ((epoch, (epoch, 4)), (epoch + 1, (-1, -1)), (epoch - 1, (-1, -1))):
            found = self.epoch_end(connection, topic, asked)
            self.assertEqual(
                (found.error_code, found.leader_epoch, found.end_offset), (NONE, *told))
        follower = next(n for n in self.cluster.nodes if n != leader)
        found = self.epoch_end(self.connect(follower), topic, epoch)
        self.assertEqual(found.error_code, NOT_LEADER)
        found = self.epoch_end(connection, "nowhere", epoch)
        self.assertEqual(found.error_code, UNKNOWN_TOPIC)

    # Named twice

    def test_a_topic_asked_for_twice_is_described_once(self):
        topic = self.topic()
        named = metadata.MetadataRequest.MetadataRequestTopic
        answer = self.call(
            self.connect(1), metadata.MetadataRequest(
                topics=[named(name=topic, topic_id=NO_TOPIC)] * 2),
            metadata.MetadataResponse, 12)
        self.assertEqual([found.name for found in answer.topics], [topic])

    def test_a_topic_made_twice_in_a_request_is_refused_once(self):
        wanted = admin.CreateTopicsRequest.CreatableTopic(
            name="twice", num_partitions=1, replication_factor=1, assignments=[], configs=[])
        other = admin.CreateTopicsRequest.CreatableTopic(
            name="once", num_partitions=1, replication_factor=1, assignments=[], configs=[])
        answer = self.call(
            self.connect(1), admin.CreateTopicsRequest(
                topics=[wanted, other, wanted], timeout_ms=10_000, validate_only=False),
            admin.CreateTopicsResponse, 7)
        self.assertEqual(
            sorted((found.name, found.error_code) for found in answer.topics),
            [("once", NONE), ("twice", INVALID_REQUEST)])

    # Administration

    def test_producers_are_described_by_every_replica(self):
        topic = self.topic()
        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "enable.idempotence": True})
        for _ in range(3):
            producer.produce(topic, b"v", partition=0)
        self.assertEqual(producer.flush(10), 0)
        asked = admin.DescribeProducersRequest.TopicRequest
        for node in self.cluster.nodes:
            answer = self.call(
                self.connect(node), admin.DescribeProducersRequest(topics=[
                    asked(name=topic, partition_indexes=[0, 7])]),
                admin.DescribeProducersResponse, 0)
            first, other = answer.topics[0].partitions
            self.assertEqual((first.error_code, other.error_code), (NONE, UNKNOWN_TOPIC))
            states = first.active_producers
            self.assertEqual([state.last_sequence for state in states], [2])
            self.assertEqual(states[0].current_txn_start_offset, -1)

    def test_resources_with_settings_are_listed(self):
        topic = self.topic()
        run("configs", "--bootstrap-server", self.cluster.bootstrap, "--alter", "--group", "g",
            "--add-config", "consumer.session.timeout.ms=50000")
        connection = self.connect(1)

        def listed(version, *types):
            answer = self.call(
                connection, admin.ListConfigResourcesRequest(resource_types=list(types)),
                admin.ListConfigResourcesResponse, version)
            return answer.error_code, {
                (found.resource_type, found.resource_name) for found in answer.config_resources}

        self.eventually(lambda: (32, "g") in listed(1)[1])
        error, found = listed(1)
        self.assertEqual(error, NONE)
        self.assertLessEqual({(2, topic), (4, "1"), (4, "3"), (8, "2"), (32, "g")}, found)
        self.assertEqual(listed(1, 32), (NONE, {(32, "g")}))
        self.assertEqual(listed(0), (NONE, set()))
        self.assertEqual(listed(1, 99)[0], UNSUPPORTED)

    def test_topics_are_described_in_pages_with_eligible_leaders(self):
        topic = self.topic(5, min_insync_replicas=3)
        self.down(3)
        connection = self.connect(1)
        asked = admin.DescribeTopicPartitionsRequest

        def page(first, limit):
            cursor = asked.Cursor(topic_name=topic, partition_index=first) if first else None
            return self.call(
                connection, asked(
                    topics=[asked.TopicRequest(name=topic)], response_partition_limit=limit,
                    cursor=cursor), admin.DescribeTopicPartitionsResponse, 0)

        self.eventually(lambda: all(
            list(part.eligible_leader_replicas or []) == [3]
            for part in page(0, 100).topics[0].partitions))
        numbers, first = [], 0
        while True:
            answer = page(first, 2)
            numbers.append([part.partition_index for part in answer.topics[0].partitions])
            if answer.next_cursor is None:
                break
            self.assertEqual(answer.next_cursor.topic_name, topic)
            first = answer.next_cursor.partition_index
        self.assertEqual(numbers, [[0, 1], [2, 3], [4]])

    def test_replicas_are_moved(self):
        topic = "moved"
        run("topics", "--bootstrap-server", self.cluster.bootstrap, "--create", "--topic", topic,
            "--replica-assignment", "1:2")
        self.write(topic, 5)
        connection = self.connect(2)

        def reassign(*replicas):
            wished = admin.AlterPartitionReassignmentsRequest.ReassignableTopic
            answer = self.call(
                connection, admin.AlterPartitionReassignmentsRequest(
                    timeout_ms=10_000, topics=[wished(name=topic, partitions=[
                        wished.ReassignablePartition(
                            partition_index=0, replicas=list(replicas) or None)])]),
                admin.AlterPartitionReassignmentsResponse, 0)
            self.assertEqual(answer.error_code, NONE)
            return answer.responses[0].partitions[0].error_code

        self.assertEqual(reassign(), NO_REASSIGNMENT)
        self.assertEqual(reassign(3, 2), NONE)

        def state():
            part = self.described(topic, connection).partitions[0]
            return list(part.replica_nodes), sorted(part.isr_nodes)

        self.eventually(lambda: state() == ([3, 2], [2, 3]))
        listed = self.call(
            connection, admin.ListPartitionReassignmentsRequest(timeout_ms=10_000, topics=None),
            admin.ListPartitionReassignmentsResponse, 0)
        self.assertEqual((listed.error_code, list(listed.topics)), (NONE, []))
        leader, _ = self.leader(topic)
        self.assertIn(leader, (2, 3))
        self.assertEqual(self.offsets(self.connect(leader), topic, -1).offset, 5)
        # The replica that left is gone, and says so.
        self.eventually(lambda: self.offsets(
            self.connect(1), topic, -1).error_code == NOT_LEADER)
        self.write(topic, 1)

    def test_settings_are_described_with_documentation(self):
        topic = self.topic()
        resource = admin.DescribeConfigsRequest.DescribeConfigsResource
        for wanted in (True, False):
            answer = self.call(
                self.connect(1), admin.DescribeConfigsRequest(
                    resources=[resource(
                        resource_type=2, resource_name=topic, configuration_keys=["retention.ms"])],
                    include_synonyms=True, include_documentation=wanted),
                admin.DescribeConfigsResponse, 4)
            found = answer.results[0].configs
            self.assertEqual([entry.name for entry in found], ["retention.ms"])
            self.assertEqual(bool(found[0].documentation), wanted)
            # 5 is LONG; what it is without a value of its own comes from the default.
            self.assertEqual(found[0].config_type, 5)
            self.assertEqual([s.name for s in found[0].synonyms], ["log.retention.hours"])

    def test_fenced_brokers_and_controllers_are_described(self):
        def brokers(connection, version=2, **fields):
            answer = self.call(
                connection, admin.DescribeClusterRequest(**{"endpoint_type": 1, **fields}),
                admin.DescribeClusterResponse, version)
            self.assertEqual(answer.error_code, NONE)
            return {(node.broker_id, node.port, node.is_fenced) for node in answer.brokers}

        ports = {number: self.cluster.port(number) for number in (1, 2, 3)}
        connection = self.connect(1)
        self.assertEqual(brokers(connection), {(n, ports[n], False) for n in ports})
        controllers = Connection(f"127.0.0.1:{self.cluster.controller_port(1)}")
        self.addCleanup(controllers.close)
        self.assertEqual(
            brokers(controllers, endpoint_type=2),
            {(n, self.cluster.controller_port(n), False) for n in ports})
        self.down(3)
        self.eventually(lambda: brokers(connection) == {(n, ports[n], False) for n in (1, 2)})
        self.assertEqual(
            brokers(connection, include_fenced_brokers=True),
            {(n, ports[n], n == 3) for n in ports})

    def test_features_are_raised_and_lowered(self):
        keys = admin.UpdateFeaturesRequest.FeatureUpdateKey

        def update(version, level, kind):
            fields = {"upgrade_type": kind} if version > 0 else {"allow_downgrade": kind != 1}
            request = admin.UpdateFeaturesRequest(
                timeout_ms=10_000, validate_only=False, feature_updates=[
                    keys(feature="eligible.leader.replicas.version", max_version_level=level,
                         **fields)])
            return self.call(self.connect(1), request, admin.UpdateFeaturesResponse, version)

        for version in (0, 1, 2):
            with self.subTest(version=version):
                self.assertEqual(update(version, 0, 1).error_code, INVALID_UPDATE_VERSION)
                self.assertEqual(update(version, 0, 2).error_code, NONE)
                self.assertEqual(update(version, 1, 1).error_code, NONE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
