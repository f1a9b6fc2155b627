"""Disks that are full: loop-mounted file systems of 64 MiB, filled by the load itself and from outside."""

import os
import subprocess
import time
import unittest

from confluent_kafka import Consumer, Producer, TopicPartition

from cluster import Cluster, run

MIB = 1 << 20


def mounts_are_possible():
    """Whether this user may mount a file on a directory here; the reason if not."""
    if os.geteuid() != 0:
        return "mounting a file system needs root"
    if not os.path.exists("/dev/loop-control"):
        return "there are no loop devices here"
    return None


class SmallDisk:
    """An ext4 file system of its own on a directory."""

    def __init__(self, directory, mebibytes=64):
        self.directory = directory
        self.image = directory + ".img"
        self.ballast = os.path.join(directory, "ballast")
        os.makedirs(directory)
        with open(self.image, "wb") as file:
            file.truncate(mebibytes * MIB)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", self.image], check=True)
        subprocess.run(["mount", "-o", "loop", self.image, directory], check=True)

    def fill(self, leave=0):
        """Takes all room but `leave` bytes."""
        facts = os.statvfs(self.directory)
        size = facts.f_bavail * facts.f_frsize - leave
        with open(self.ballast, "wb") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError:
                pass
            try:
                # Whatever the metadata of so large a file has left.
                while not leave:
                    file.seek(0, os.SEEK_END)
                    file.write(bytes(4096))
                    file.flush()
            except OSError:
                pass

    def make_room(self):
        os.remove(self.ballast)

    def unmount(self):
        subprocess.run(["umount", "-l", self.directory], check=False)


REFUSED = mounts_are_possible()


@unittest.skipIf(REFUSED, REFUSED)
class FullDisk(unittest.TestCase):
    def begin(self, **settings):
        self.cluster = Cluster(1, **settings)
        self.addCleanup(self.cluster.stop)
        self.node = self.cluster.nodes[1]
        self.disk = SmallDisk(os.path.join(self.node.directory, "data"))
        self.addCleanup(self.disk.unmount)
        self.addCleanup(self.end)
        self.cluster.start()

    def end(self):
        if self.node.process.poll() is None:
            self.node.kill()

    def producer(self, **settings):
        return Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all", "log_level": 0,
            "message.timeout.ms": 60_000, "retry.backoff.ms": 50, **settings})

    def write(self, producer, topic, count, size=100_000):
        """Sends records and returns offset by number of those acknowledged, and the errors of the others."""
        done, failed = {}, []

        def delivered(error, message):
            number = int(message.value().split(b":")[0])
            if error is None:
                done[number] = message.offset()
            else:
                failed.append(error)

        for number in range(count):
            producer.produce(
                topic, f"{number}:".encode() + os.urandom(size), partition=0, on_delivery=delivered)
            producer.poll(0)
        producer.flush(90)
        return done, failed

    def read(self, topic, count, timeout=30):
        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": "r",
            "enable.auto.commit": False})
        try:
            consumer.assign([TopicPartition(topic, 0, 0)])
            found = {}
            deadline = time.monotonic() + timeout
            while len(found) < count and time.monotonic() < deadline:
                message = consumer.poll(0.5)
                if message is not None and message.error() is None:
                    found[message.offset()] = int(message.value().split(b":")[0])
            return found
        finally:
            consumer.close()

    def wait_for(self, word, timeout=30):
        deadline = time.monotonic() + timeout
        while word not in self.node.tail(10_000):
            self.assertLess(time.monotonic(), deadline, f"no {word} in the log:\n{self.node.tail()}")
            time.sleep(0.05)

    def test_errors_while_full_reads_go_on_and_writes_return(self):
        self.begin()
        self.cluster.create_topic("orders", 1, 1)
        producer = self.producer()
        before, failed = self.write(producer, "orders", 20)
        self.assertEqual(failed, [])
        self.disk.fill()
        hasty = self.producer(**{"message.timeout.ms": 2000})
        done, failed = self.write(hasty, "orders", 100)
        self.assertTrue(failed, "a full disk took everything")
        self.wait_for("diskFull")
        # What was acknowledged can be read while the disk is full.
        found = self.read("orders", len(before) + len(done))
        self.assertLessEqual(set(before.values()) | set(done.values()), set(found))
        # The metadata log lives on its reserve, and knows of new topics.
        self.cluster.create_topic("born-on-a-full-disk", 1, 1)
        self.disk.make_room()
        self.wait_for("diskHasRoom")
        after, failed = self.write(producer, "orders", 20)
        self.assertEqual(failed, [])
        self.assertEqual(len(after), 20)
        # A restart has everything that was acknowledged.
        self.node.kill()
        self.node.start()
        self.node.wait_ready()
        acknowledged = set(before.values()) | set(done.values()) | set(after.values())
        self.assertLessEqual(acknowledged, set(self.read("orders", len(acknowledged) + 1, 10)))

    def test_a_producer_that_waits_loses_nothing(self):
        self.begin()
        self.cluster.create_topic("orders", 1, 1)
        self.disk.fill(leave=8 * MIB)
        producer = self.producer(**{"enable.idempotence": True})
        done = []
        for number in range(150):
            producer.produce(
                "orders", f"{number}:".encode() + bytes(100_000), partition=0,
                on_delivery=lambda error, message: done.append((error, message.offset())))
        producer.poll(0)
        self.wait_for("diskFull")
        self.disk.make_room()
        self.assertEqual(producer.flush(60), 0)
        self.assertEqual([error for error, _ in done if error], [])
        found = self.read("orders", 150)
        self.assertEqual([found[offset] for offset in sorted(found)], list(range(150)))

    def test_retention_makes_room(self):
        self.begin(log_retention_check_interval_ms=1000)
        self.cluster.create_topic(
            "orders", 1, 1, segment_bytes=1 * MIB, retention_bytes=-1)
        producer = self.producer()
        done, failed = self.write(producer, "orders", 100)
        self.assertEqual(failed, [])
        self.disk.fill()
        hasty = self.producer(**{"message.timeout.ms": 2000})
        _, failed = self.write(hasty, "orders", 60)
        self.assertTrue(failed)
        self.wait_for("diskFull")
        # Setting a limit is a write of the metadata log; what it deletes makes room for everybody.
        run("configs", "--bootstrap-server", self.cluster.bootstrap, "--alter", "--entity-type",
            "topics", "--entity-name", "orders", "--add-config", f"retention.bytes={2 * MIB}")
        self.wait_for("diskHasRoom")
        after, failed = self.write(producer, "orders", 20)
        self.assertEqual(failed, [])
        self.assertEqual(len(after), 20)


if __name__ == "__main__":
    unittest.main()
