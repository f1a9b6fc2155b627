"""What the services on confluent-kafka share: what a partition holds, writing without loss, and their loop."""

import signal
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition


# An election: asked again, the next leader answers.
PASSING = (
    KafkaError.OFFSET_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._TRANSPORT, KafkaError._TIMED_OUT)


def keys(bootstrap, topic, partition):
    """The keys of all records that a partition holds now."""
    place = TopicPartition(topic, partition, 0)
    reader = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False,
        "auto.offset.reset": "earliest"})
    try:
        # The leader is asked for the end. It would not do to read until there is no more: just after an election
        # a leader gives out less than is there, but it does not say that that is the end.
        following, end = bounds(reader, place)
        found = set()
        reader.assign([place])
        while following < end:
            record = reader.poll(1)
            if record is not None and record.error() is None:
                found.add(record.key())
                following = record.offset() + 1
        return found
    finally:
        reader.close()


def bounds(reader, place):
    """First and next offset of a partition."""
    while True:
        try:
            return reader.get_watermark_offsets(place, timeout=5)
        except KafkaException as error:
            if error.args[0].code() not in PASSING:
                raise
            # Without this librdkafka keeps to the leader it knows.
            reader.list_topics(place.topic, timeout=30)


class Writer:
    """An idempotent producer of which nothing is lost unnoticed."""

    def __init__(self, bootstrap):
        self.failures = []
        self.producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})

    def write(self, topic, partition, key, value):
        while True:
            try:
                self.producer.produce(topic, value, key, partition, on_delivery=self.delivered)
                return
            except BufferError:
                self.producer.poll(0.1)

    def delivered(self, error, record):
        if error is not None:
            self.failures.append(error)

    def finish(self):
        """Waits until all is written. What was not is a reason to die: nothing is committed then."""
        self.producer.flush()
        if self.failures:
            raise KafkaException(self.failures[0])


def commit(consumer, offsets):
    """Commits. What fails is read again, by this member or the next, and known."""
    try:
        if offsets:
            consumer.commit(offsets=offsets, asynchronous=False)
    except KafkaException as error:
        print(error, file=sys.stderr)


def run(consumer, take, finish, batch=500):
    """Takes records until Ctrl-C or SIGTERM; finishes when nothing more is there, or enough is under way."""
    told = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.append(True))
    taken = 0
    while not told:
        record = consumer.poll(0 if taken else 0.2)
        if record is not None and record.error() is not None:
            print(record.error(), file=sys.stderr)
        elif record is not None:
            take(record)
            taken += 1
        if taken and (record is None or taken == batch):
            finish()
            taken = 0
    consumer.close()
