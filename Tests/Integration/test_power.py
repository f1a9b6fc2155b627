"""Power loss: ext4 that is shut down in the middle, so that only what was synced is there when it is mounted again."""

import fcntl
import os
import random
import struct
import subprocess
import time
import unittest

from confluent_kafka import KafkaException, Producer

from checker import Load, check
from cluster import Cluster
from compacted import KeyedLoad, newest_on_disk, wait_for_name
from test_disk import REFUSED, SmallDisk

# EXT4_IOC_SHUTDOWN, and the flag that leaves the journal as it is on the disk.
SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


class Power(SmallDisk):
    def lose(self):
        """From now on nothing reaches the disk."""
        handle = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def restore(self):
        """After the processes that used it have ended."""
        subprocess.run(["umount", self.directory], check=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.directory], check=True)


@unittest.skipIf(REFUSED, REFUSED)
class PowerLoss(unittest.TestCase):
    def begin(self, **settings):
        self.cluster = Cluster(
            3, log_flush_offset_checkpoint_interval_ms=100, log_cleaner_backoff_ms=20,
            replica_high_watermark_checkpoint_interval_ms=100,
            log_cleaner_io_max_bytes_per_second=20_000_000, **settings)
        self.disks = {}
        # Last in, first out: the nodes end before their disks go.
        self.addCleanup(self.remove)
        for number, node in self.cluster.nodes.items():
            self.disks[number] = Power(node.properties["log.dirs"], mebibytes=512)
        self.cluster.start()

    def remove(self):
        for node in self.cluster.nodes.values():
            if node.process is not None and node.process.poll() is None:
                node.kill()
        for disk in self.disks.values():
            disk.unmount()
        self.cluster.stop()

    def directory(self, number, topic):
        return os.path.join(self.cluster.nodes[number].properties["log.dirs"], f"{topic}-0")

    def lose_power(self, victims):
        for victim in victims:
            self.disks[victim].lose()
        for victim in victims:
            self.cluster.nodes[victim].kill()
        for victim in victims:
            self.disks[victim].restore()
        for victim in victims:
            self.cluster.nodes[victim].start()
        for victim in victims:
            self.cluster.nodes[victim].wait_ready()

    def victims(self, turn, chance):
        """One, two and all nodes in turn."""
        return sorted(chance.sample([1, 2, 3], 1 + turn % 3))

    def test_acknowledged_records_survive(self):
        chance = random.Random(17)
        self.begin(log_segment_bytes=1 << 20)
        self.cluster.create_topic("orders", 1, 3)
        # Large enough that segments are rolled often.
        load = Load(
            self.cluster.bootstrap, "orders", 1, name="p" * 500, rate=4000, log_level=0)
        self.addCleanup(load.abandon)
        load.start()
        for turn in range(12):
            load.wait_acknowledged(200, timeout=60)
            victims = self.victims(turn, chance)
            if turn % 2:
                self.wait_for_roll(victims[0], "orders")
            else:
                time.sleep(chance.uniform(0, 0.2))
            self.lose_power(victims)
        load.wait_acknowledged(200, timeout=60)
        load.stop()
        self.assertEqual(load.failed, [])
        counts = check(self.cluster.bootstrap, [load])
        # Logs were really recovered; whether one was cut is the disk's chance.
        text = "".join(node.tail(1_000_000) for node in self.cluster.nodes.values())
        self.assertRegex(text, r"logsRecovered .*checked=[1-9]")
        print(f"{counts['acknowledged']} records acknowledged over 12 losses ... ", end="", flush=True)

    def wait_for_roll(self, number, topic):
        """The moment in which a segment begins."""
        directory = self.directory(number, topic)

        def newest():
            return max(name for name in os.listdir(directory) if name.endswith(".log"))

        before = newest()
        deadline = time.monotonic() + 30
        while newest() == before:
            self.assertLess(time.monotonic(), deadline, "no segment is rolled")

    def test_truncation(self):
        """A leader that was left alone comes back, cuts what nobody else has, and loses its power at that moment."""
        self.begin()
        self.cluster.create_topic("orders", 1, 3)
        load = Load(
            self.cluster.bootstrap, "orders", 1, name="p" * 500, rate=1000, log_level=0)
        self.addCleanup(load.abandon)
        load.start()
        for _ in range(5):
            load.wait_acknowledged(200, timeout=60)
            former = self.leader("orders")
            node = self.cluster.nodes[former]
            others = [other for number, other in self.cluster.nodes.items() if number != former]
            producer = Producer({
                "bootstrap.servers": self.cluster.bootstrap, "acks": 1, "message.timeout.ms": 5000,
                "log_level": 0})
            # Until it knows the leader, a node that stands still might be asked.
            producer.produce("orders", b"l:0", partition=0)
            self.assertEqual(producer.flush(30), 0)
            for other in others:
                other.pause()
            self.append_alone(former, producer)
            node.kill()
            producer.purge()
            for other in others:
                other.resume()
            self.leader("orders", other_than=former)
            cuts = node.tail(1_000_000).count(" truncated partition=orders-0")
            node.start()
            deadline = time.monotonic() + 60
            while node.tail(1_000_000).count(" truncated partition=orders-0") == cuts:
                self.assertLess(time.monotonic(), deadline, "nothing is cut")
            self.lose_power([former])
        load.wait_acknowledged(200, timeout=60)
        load.stop()
        self.assertEqual(load.failed, [])
        counts = check(self.cluster.bootstrap, [load])
        print(f"{counts['acknowledged']} records acknowledged over 5 losses ... ", end="", flush=True)

    def append_alone(self, number, producer):
        """Writes into the log of a leader whose followers stand still: more than the fetches that had waited there
        can have taken along."""
        directory = self.directory(number, "orders")

        def size():
            return sum(os.path.getsize(os.path.join(directory, name))
                       for name in os.listdir(directory) if name.endswith(".log"))

        before = size()
        deadline = time.monotonic() + 30
        while size() < before + 100_000:
            # Nobody is told that it is there, so it may be lost.
            producer.produce("orders", b"l" * 1000 + b":0", partition=0)
            producer.poll(0.002)
            self.assertLess(time.monotonic(), deadline, "nothing is appended")

    def leader(self, topic, other_than=None):
        deadline = time.monotonic() + 60
        while True:
            try:
                found = self.cluster.leader(topic, 0)
            except KafkaException as error:
                # Whom it asked has just been killed.
                found, cause = None, str(error)
            else:
                cause = f"{found} leads"
            if found not in (None, other_than):
                return found
            self.assertLess(time.monotonic(), deadline, cause)
            time.sleep(0.05)

    def test_compaction(self):
        chance = random.Random(3)
        self.begin()
        self.cluster.create_topic(
            "states", 1, 3, cleanup_policy="compact", segment_bytes=1 << 20,
            min_cleanable_dirty_ratio=0.01, file_delete_delay_ms=50)
        load = KeyedLoad(self.cluster.bootstrap, "states")
        for turn in range(9):
            victims = self.victims(turn, chance)
            name = ("*.cleaned", "*.swap", "*.deleted")[turn // 3]
            wait_for_name(os.path.join(self.directory(victims[0], "states"), name), 60)
            self.lose_power(victims)
        load.stop()
        self.assertEqual(load.failed, [])
        self.cluster_is_whole("states")
        for node in self.cluster.nodes.values():
            self.assertEqual(node.terminate(), 0)
        for number in self.cluster.nodes:
            found, _ = newest_on_disk(self.directory(number, "states"))
            load.check(found)
        print(f"{load.count} records acknowledged over 9 losses ... ", end="", flush=True)

    def cluster_is_whole(self, topic):
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        deadline = time.monotonic() + 60
        while len(admin.list_topics(topic, timeout=10).topics[topic].partitions[0].isrs) < 3:
            self.assertLess(time.monotonic(), deadline, "a replica does not catch up")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
