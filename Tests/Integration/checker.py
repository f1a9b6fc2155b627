"""A load that remembers, and a checker that compares: nothing acknowledged is lost, doubled or reordered.

Each producer writes numbered records to every partition. What the cluster acknowledges is remembered with
its offset and the time of the acknowledgement; afterwards every partition is read from its start.
"""

import collections
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition


class Load:
    """An idempotent acks=all producer in a thread of its own."""

    def __init__(self, bootstrap, topic, partitions, name="p", rate=2000, **settings):
        self.topic = topic
        self.partitions = partitions
        self.name = name
        self.interval = 1.0 / rate
        self.acknowledged = collections.defaultdict(dict)  # partition -> {number: offset}
        self.times = []  # monotonic times of acknowledgements
        self.failed = []
        self.sent = collections.Counter()
        self.producer = Producer({
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 2,
            "message.timeout.ms": 60000,
            **settings,
        })
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def _delivered(self, error, message):
        number = int(message.value().split(b":")[1])
        if error is not None:
            self.failed.append((message.partition(), number, str(error)))
            return
        self.acknowledged[message.partition()][number] = message.offset()
        self.times.append(time.monotonic())

    def _run(self):
        following = time.monotonic()
        turn = 0
        while not self.stopping.is_set():
            partition = turn % self.partitions
            turn += 1
            number = self.sent[partition]
            value = f"{self.name}:{number}".encode()
            try:
                self.producer.produce(
                    self.topic, value, partition=partition, on_delivery=self._delivered)
                self.sent[partition] += 1
            except BufferError:
                self.producer.poll(0.01)
                continue
            following += self.interval
            self.producer.poll(max(0, following - time.monotonic()))

    def wait_acknowledged(self, count, timeout=30):
        """Waits until `count` more records are acknowledged."""
        target = len(self.times) + count
        deadline = time.monotonic() + timeout
        while len(self.times) < target:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{len(self.times)} of {target} records acknowledged after {timeout} s")
            time.sleep(0.005)

    def longest_gap(self, since):
        """The longest time without an acknowledgement after `since`."""
        moments = [since] + [t for t in self.times if t >= since]
        return max((b - a for a, b in zip(moments, moments[1:])), default=float("inf"))

    def abandon(self):
        """Ends the thread after a failed test; records left in the queue are dropped."""
        self.stopping.set()
        self.thread.join()
        self.producer.purge()

    def stop(self, timeout=60):
        self.stopping.set()
        self.thread.join()
        left = self.producer.flush(timeout)
        assert left == 0, f"{left} records neither acknowledged nor refused after {timeout} s"


# A leader just elected knows no end yet (KIP-207); librdkafka drops a broker while metadata gives it another name.
ASK_AGAIN = (
    KafkaError.OFFSET_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError._DESTROY_BROKER,
    KafkaError._TIMED_OUT)


def watermarks(consumer, partition, timeout):
    """First and next offset, asked again where that is the answer's meaning."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return consumer.get_watermark_offsets(partition, timeout=min(timeout, 2))
        except KafkaException as error:
            if error.args[0].code() not in ASK_AGAIN or time.monotonic() > deadline:
                raise
            consumer.poll(0.05)
            learn(consumer, partition.topic)


def learn(consumer, topic):
    """Has librdkafka ask who leads: without an assignment it keeps to what it was told before that leader died."""
    try:
        consumer.list_topics(topic, timeout=5)
    except KafkaException as error:
        if error.args[0].code() not in ASK_AGAIN + (KafkaError._TRANSPORT,):
            raise


def read_all(bootstrap, topic, partition, timeout=30, **settings):
    """All records of a partition up to its present end, as (offset, value), by a consumer with such settings."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "checker", "enable.auto.commit": False,
        "auto.offset.reset": "earliest", "enable.partition.eof": False, **settings,
    })
    try:
        assigned = TopicPartition(topic, partition, 0)
        low, high = watermarks(consumer, assigned, timeout)
        consumer.assign([TopicPartition(topic, partition, low)])
        records = []
        deadline = time.monotonic() + timeout
        while high > low and (not records or records[-1][0] < high - 1):
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                records.append((message.offset(), message.value()))
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"read {len(records)} records of {topic}-{partition} up to {high}, then no more")
        return records
    finally:
        consumer.close()


def check(bootstrap, loads, timeout=60):
    """Compares what was acknowledged with what is there; raises AssertionError with all differences."""
    problems = []
    counts = collections.Counter()
    topic = loads[0].topic
    for partition in range(loads[0].partitions):
        records = read_all(bootstrap, topic, partition, timeout)
        by_offset = dict(records)
        numbers = collections.defaultdict(list)
        for offset, value in records:
            name, number = value.decode().split(":")
            numbers[name].append(int(number))
        for load in loads:
            seen = numbers[load.name]
            present = set(seen)
            for number, offset in load.acknowledged[partition].items():
                if offset is None:
                    # librdkafka acknowledges a batch whose answer it missed by the success of a later one: it is
                    # there, and the client does not know where.
                    counts["acknowledged without an offset"] += 1
                    if number not in present:
                        problems.append(f"{topic}-{partition}: {load.name}:{number} was acknowledged and is lost")
                elif by_offset.get(offset) != f"{load.name}:{number}".encode():
                    problems.append(
                        f"{topic}-{partition}: {load.name}:{number} was acknowledged at {offset}, "
                        f"where {by_offset.get(offset)} is")
            if len(seen) != len(set(seen)):
                doubles = [n for n, c in collections.Counter(seen).items() if c > 1]
                problems.append(f"{topic}-{partition}: {load.name} has doubles {doubles[:5]}")
            if seen != sorted(seen):
                problems.append(f"{topic}-{partition}: {load.name} is out of order")
            counts["acknowledged"] += len(load.acknowledged[partition])
        counts["read"] += len(records)
    if problems:
        raise AssertionError("\n".join(problems[:20]) + f"\n({len(problems)} problems)")
    return counts
