"""A member of a group as a process of its own, so that tests can kill and stop it.

group_member.py CLIENT BOOTSTRAP GROUP TOPIC PROTOCOL SESSION [INSTANCE]: prints a line `partition offset` for each
record, flushed before the offsets are committed; ends on SIGTERM, leaving the group. CLIENT is librdkafka, kafka-python or
aiokafka; only the first knows a PROTOCOL other than classic. SESSION is in milliseconds; the broker says what holds for
the consumer protocol.
"""

import asyncio
import signal
import sys

# Milliseconds.
HEARTBEAT = 300

ending = []


def report(records):
    sys.stdout.write("".join(f"{partition} {offset}\n" for partition, offset in records))
    sys.stdout.flush()


def librdkafka(bootstrap, group, topic, protocol, session, instance=None):
    from confluent_kafka import Consumer, KafkaException

    settings = {
        "bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "group.protocol": protocol, "topic.metadata.refresh.interval.ms": 1000}
    if protocol == "classic":
        settings.update({"session.timeout.ms": session, "heartbeat.interval.ms": HEARTBEAT,
                         "partition.assignment.strategy": "range"})
    if instance:
        settings["group.instance.id"] = instance
    consumer = Consumer(settings)
    consumer.subscribe([topic])
    while not ending:
        messages = [m for m in consumer.consume(200, 0.2) if not m.error()]
        if messages:
            report((m.partition(), m.offset()) for m in messages)
            try:
                consumer.commit(asynchronous=False)
            except KafkaException:
                # The group has gone on without us, or its coordinator is being replaced: who owns the
                # partitions reads the records again.
                continue
    consumer.close()


def kafka_python(bootstrap, group, topic, _, session):
    from kafka import KafkaConsumer
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.errors import KafkaError

    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap.split(","), group_id=group, auto_offset_reset="earliest",
        enable_auto_commit=False, session_timeout_ms=session, heartbeat_interval_ms=HEARTBEAT,
        partition_assignment_strategy=[RangePartitionAssignor])
    while not ending:
        try:
            batches = consumer.poll(200)
        except KafkaError as error:
            # This client tells of a connection that was refused while it looked for the coordinator.
            if not error.retriable:
                raise
            continue
        if batches:
            report((r.partition, r.offset) for records in batches.values() for r in records)
            try:
                consumer.commit()
            except KafkaError:
                continue
    consumer.close(autocommit=False)


async def read_with_aiokafka(bootstrap, group, topic, _, session):
    from aiokafka import AIOKafkaConsumer
    from aiokafka.coordinator.assignors.range import RangePartitionAssignor
    from aiokafka.errors import KafkaError

    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest",
        enable_auto_commit=False, session_timeout_ms=session, heartbeat_interval_ms=HEARTBEAT,
        partition_assignment_strategy=(RangePartitionAssignor,))
    await consumer.start()
    while not ending:
        try:
            batches = await consumer.getmany(timeout_ms=200)
            if batches:
                report((r.partition, r.offset) for records in batches.values() for r in records)
                await consumer.commit()
        except KafkaError:
            continue
    await consumer.stop()


CLIENTS = {
    "librdkafka": librdkafka,
    "kafka-python": kafka_python,
    "aiokafka": lambda *arguments: asyncio.run(read_with_aiokafka(*arguments)),
}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
    name, bootstrap, group, topic, protocol, session, *instance = sys.argv[1:]
    CLIENTS[name](bootstrap, group, topic, protocol, int(session), *instance)
