"""A load on a compacted topic that remembers the newest acknowledged value of each key, and its checker."""

import glob
import os
import re
import threading
import time

from confluent_kafka import Producer

from cluster import run


class KeyedLoad:
    """An idempotent acks=all producer, in a thread of its own, that writes ever newer values of the same keys."""

    def __init__(self, bootstrap, topic, keys=100, size=4000, rate=1500):
        self.topic = topic
        self.keys = keys
        self.padding = "." * size
        self.interval = 1 / rate
        self.acknowledged = {}  # key -> newest acknowledged number
        self.sent = {}
        self.failed = []
        self.count = 0
        self.producer = Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all",
            "linger.ms": 2, "compression.type": "lz4", "message.timeout.ms": 90_000,
            "queue.buffering.max.messages": 5000, "log_level": 0})
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _delivered(self, error, message):
        if error is not None:
            self.failed.append(str(error))
            return
        key = message.key().decode()
        number = int(message.value().split(b":")[0])
        self.acknowledged[key] = max(self.acknowledged.get(key, -1), number)
        self.count += 1

    def _run(self):
        number = 0
        while not self.stopping.is_set():
            key = f"k{number % self.keys}"
            try:
                self.producer.produce(
                    self.topic, f"{number}:{self.padding}", key, partition=0,
                    on_delivery=self._delivered)
            except BufferError:
                self.producer.poll(0.01)
                continue
            self.sent[key] = number
            number += 1
            self.producer.poll(self.interval)

    def stop(self, timeout=90):
        self.stopping.set()
        self.thread.join()
        left = self.producer.flush(timeout)
        assert left == 0, f"{left} records neither acknowledged nor refused after {timeout} s"

    def check(self, found):
        """`found` holds the last number of each key in a log."""
        problems = [
            f"{key}: {number} was acknowledged, {found.get(key)} is the newest"
            for key, number in self.acknowledged.items()
            if not number <= found.get(key, -1) <= self.sent[key]]
        assert not problems, "\n".join(problems[:20])


def newest_in(records):
    """The last number of each key, of (key, value) pairs in the order of their offsets."""
    return {key.decode(): int(value.split(b":")[0]) for key, value in records}


def newest_on_disk(directory):
    """The same of the segment files of one replica whose node does not run; and how many records there are."""
    found = {}
    last = -1
    count = 0
    for name in sorted(glob.glob(os.path.join(directory, "*.log"))):
        text = run("dump-log", "--print-data-log", "--files", name, timeout=120).stdout
        for offset, key, number in re.findall(
                r"^\| offset: (\d+) .* key: (\S+) payload: (\d+):", text, re.MULTILINE):
            assert int(offset) > last, f"{name}: offset {offset} after {last}"
            last = int(offset)
            found[key] = int(number)
            count += 1
    return found, count


def wait_for_name(pattern, timeout=30):
    """Waits until there is a file of such a name: a moment in the life of a log."""
    deadline = time.monotonic() + timeout
    while not glob.glob(pattern):
        assert time.monotonic() < deadline, f"there was no {pattern} in {timeout} s"
        time.sleep(0.0005)
