#!/usr/bin/env python3
"""Records what real clients send, for `captured.txt`:

    MARTLET_BINARY=.build/debug/martlet .venv/bin/python Tests/WireMessagesTests/capture.py [SARAMA] > captured.txt

One node advertises the address of a proxy, which keeps each request frame that it passes on. SARAMA is the
program built from Tests/Conformance/Programs/sarama. A line is `client TAB key TAB version TAB frame in hex`,
one for each client, key and version: the longest frame of at most 400 bytes.
"""

import asyncio
import os
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Integration"))

from cluster import Cluster  # noqa: E402

FRAME_MAX = 400


class Recorder:
    """A TCP proxy before one server that keeps the requests of its clients."""

    def __init__(self, port, target):
        self.target = target
        self.frames = {}
        self.client = None
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, sink, keep in [(client, server, self.keep), (server, client, None)]:
                threading.Thread(target=self.pump, args=(source, sink, keep), daemon=True).start()

    def pump(self, source, sink, keep):
        data = b""
        try:
            while piece := source.recv(1 << 16):
                sink.sendall(piece)
                data += piece if keep else b""
                while len(data) >= 4 and len(data) >= 4 + struct.unpack(">i", data[:4])[0]:
                    size = 4 + struct.unpack(">i", data[:4])[0]
                    keep(data[4:size])
                    data = data[size:]
        except OSError:
            pass  # One side has gone: so goes the other.
        for side in (source, sink):
            side.close()

    def keep(self, frame):
        key, version = struct.unpack(">hh", frame[:4])
        name = (self.client, key, version)
        if len(self.frames.get(name, b"")) < len(frame) <= FRAME_MAX:
            self.frames[name] = frame


def librdkafka(servers):
    from confluent_kafka import Consumer, ElectionType, Producer, TopicCollection, TopicPartition
    from confluent_kafka import admin as a

    admin = a.AdminClient({"bootstrap.servers": servers})
    results = lambda futures: [future.result(20) for future in futures.values()]  # noqa: E731
    results(admin.create_topics(
        [a.NewTopic("captured", 2, 1, config={"retention.ms": "100000"})]))
    results(admin.create_partitions([a.NewPartitions("captured", 3)]))
    topic = a.ConfigResource(a.ConfigResource.Type.TOPIC, "captured")
    results(admin.describe_configs([topic]))
    topic = a.ConfigResource(
        a.ConfigResource.Type.TOPIC, "captured",
        incremental_configs=[a.ConfigEntry(
            "retention.ms", "2000", incremental_operation=a.AlterConfigOpType.SET)])
    results(admin.incremental_alter_configs([topic]))
    results(admin.describe_topics(TopicCollection(["captured"])))
    admin.describe_cluster().result(20)
    admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition("captured", 0)]).result(20)
    results(admin.list_offsets({TopicPartition("captured", 0): a.OffsetSpec.latest()}))
    for codec in ["none", "lz4", "zstd"]:
        producer = Producer({
            "bootstrap.servers": servers, "enable.idempotence": True, "compression.type": codec})
        producer.produce("captured", b"value" * 9, b"key", headers={"h": b"1"}, partition=0)
        producer.flush(20)
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "captured"})
    consumer.offsets_for_times([TopicPartition("captured", 0, 1000)], timeout=20)
    consumer.assign([TopicPartition("captured", 0, 0)])
    while consumer.poll(20) is None:
        pass
    consumer.close()
    results(admin.delete_topics(["captured"]))


def kafka_python(servers):
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.admin import ConfigResource, NewTopic

    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic("captured", 2, 1)])
    admin.describe_configs([ConfigResource("TOPIC", "captured")])
    admin.describe_topics(["captured"])
    admin.describe_cluster()
    producer = KafkaProducer(bootstrap_servers=servers, enable_idempotence=True, acks="all")
    producer.send("captured", b"value" * 9, key=b"key", partition=0).get(20)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=servers, consumer_timeout_ms=20_000)
    partition = TopicPartition("captured", 0)
    consumer.assign([partition])
    consumer.offsets_for_times({partition: 1000})
    consumer.seek_to_beginning(partition)
    next(consumer)
    consumer.close()
    admin.delete_topics(["captured"])
    admin.close()


def aiokafka(servers):
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    async def go():
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        await admin.create_topics([NewTopic("captured", 2, 1)])
        await admin.describe_cluster()
        producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True)
        await producer.start()
        await producer.send_and_wait("captured", b"value" * 9, key=b"key", partition=0)
        await producer.stop()
        consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
        await consumer.start()
        partition = TopicPartition("captured", 0)
        consumer.assign([partition])
        await consumer.offsets_for_times({partition: 1000})
        await consumer.seek_to_beginning(partition)
        await asyncio.wait_for(consumer.getone(), 20)
        await consumer.stop()
        await admin.delete_topics(["captured"])
        await admin.close()

    asyncio.run(go())


def sarama(servers, program, version):
    environment = dict(os.environ, SARAMA_VERSION=version)
    for command in ["produce", "consume"]:
        subprocess.run(
            [program, command, servers, "captured-by-sarama", "5"], env=environment, check=True,
            stdout=subprocess.DEVNULL, timeout=60)
    # There is one broker only, so that the last of its questions is answered otherwise than it wants.
    subprocess.run(
        [program, "admin", servers, "admin-of-sarama", "0"], env=environment, timeout=60,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    cluster = Cluster(1)
    node = cluster.nodes[1]
    proxy = cluster.port_base + 50
    node.properties["advertised.listeners"] = f"PLAINTEXT://127.0.0.1:{proxy}"
    node.write_config()
    recorder = Recorder(proxy, node.port)
    servers = f"127.0.0.1:{proxy}"
    clients = {"librdkafka": librdkafka, "kafka-python": kafka_python, "aiokafka": aiokafka}
    if len(sys.argv) > 1:
        for version in ["0.11.0.0", "2.2.0"]:
            clients[f"sarama-{version}"] = lambda servers, version=version: sarama(
                servers, sys.argv[1], version)
    with cluster:
        cluster.start()
        for recorder.client, work in clients.items():
            work(servers)
    for (client, key, version), frame in sorted(recorder.frames.items()):
        print(client, key, version, frame.hex(), sep="\t")


if __name__ == "__main__":
    main()
