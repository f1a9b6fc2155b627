"""One connection that speaks through kafka-python's message schemas, in any version."""

import io
import socket
import struct
import uuid
from dataclasses import dataclass
from typing import Callable

import kafka.protocol.admin as admin
import kafka.protocol.consumer as consumer
import kafka.protocol.metadata as metadata

NO_TOPIC_ID = uuid.UUID(int=0)


@dataclass
class Question:
    """A request, its response, and whether the answer says what it must in a version."""

    request: type
    response: type
    make: Callable
    is_answered: Callable


class Connection:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 10)

    def close(self):
        self.socket.close()

    def versions(self):
        """Key to the versions that the server serves and kafka-python knows."""
        asked = Question(
            metadata.ApiVersionsRequest, metadata.ApiVersionsResponse,
            lambda _: metadata.ApiVersionsRequest(
                client_software_name="wire", client_software_version="1"), None)
        answer = self.call(asked, 3)
        return {k.api_key: range(k.min_version, k.max_version + 1) for k in answer.api_keys}

    def call(self, question, version):
        """Asks, and takes the answer only if it is used up to its last byte."""
        request = question.make(version)
        request.API_VERSION = version
        request.with_header(7, "wire")
        frame = request.encode(header=True)
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)
        answer = self.read(struct.unpack(">i", self.read(4))[0])
        header = io.BytesIO(answer)
        question.response.parse_header(header, version=version)
        flexible = question.response.flexible_version_q(version)
        decode = question.response._struct.compiled_decode_from(
            version, compact=flexible, tagged=flexible, data_class=question.response[None])
        decoded, end = decode(memoryview(answer), header.tell())
        if end != len(answer):
            raise AssertionError(f"{len(answer) - end} bytes after {decoded}")
        return decoded

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise AssertionError("the server closed the connection")
            data += piece
        return data


def questions(topic):
    """Requests that any server answers, about `topic` with one partition."""
    quorum = admin.DescribeQuorumRequest.TopicData
    named = metadata.MetadataRequest.MetadataRequestTopic
    offsets = consumer.ListOffsetsRequest.ListOffsetsTopic
    resource = admin.DescribeConfigsRequest.DescribeConfigsResource
    positions = {-1: 0, -2: 0, -3: 7, -4: 8, -5: 9, -6: 11, -99: 99}

    def listed(answer):
        return [partition.error_code for partition in answer.topics[0].partitions]

    return [
        Question(
            metadata.ApiVersionsRequest, metadata.ApiVersionsResponse,
            lambda _: metadata.ApiVersionsRequest(
                client_software_name="wire", client_software_version="1"),
            lambda answer, _: answer.error_code == 0),
        Question(
            metadata.MetadataRequest, metadata.MetadataResponse,
            lambda _: metadata.MetadataRequest(topics=[named(name=topic, topic_id=NO_TOPIC_ID)]),
            lambda answer, _: answer.topics[0].error_code == 0 and len(answer.brokers) == 3),
        *[Question(
            consumer.ListOffsetsRequest, consumer.ListOffsetsResponse,
            lambda _, position=position: consumer.ListOffsetsRequest(
                replica_id=-1, topics=[offsets(name=topic, partitions=[
                    offsets.ListOffsetsPartition(partition_index=0, timestamp=position)])]),
            # 35 is UNSUPPORTED_VERSION; 6 NOT_LEADER_OR_FOLLOWER, should another node lead.
            lambda answer, version, first=first:
            listed(answer)[0] in ([35] if version < first else [0, 6]))
            for position, first in positions.items()],
        Question(
            admin.DescribeConfigsRequest, admin.DescribeConfigsResponse,
            lambda _: admin.DescribeConfigsRequest(resources=[
                resource(resource_type=2, resource_name=topic, configuration_keys=None)]),
            lambda answer, _: answer.results[0].error_code == 0),
        Question(
            admin.DescribeClusterRequest, admin.DescribeClusterResponse,
            lambda _: admin.DescribeClusterRequest(endpoint_type=1),
            lambda answer, _: len(answer.brokers) == 3),
        Question(
            admin.DescribeQuorumRequest, admin.DescribeQuorumResponse,
            lambda _: admin.DescribeQuorumRequest(topics=[quorum(
                topic_name="__cluster_metadata",
                partitions=[quorum.PartitionData(partition_index=0)])]),
            lambda answer, _: answer.error_code == 0
            and len(answer.topics[0].partitions[0].current_voters) == 3),
    ]
