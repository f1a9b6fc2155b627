"""Compaction of live logs: kills in the middle, the offsets of groups, and its rate."""

import os
import re
import time
import unittest

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from cluster import Cluster, run
from compacted import KeyedLoad, newest_on_disk, wait_for_name


class Compaction(unittest.TestCase):
    def begin(self):
        self.cluster = Cluster(
            3, log_cleaner_backoff_ms=20, log_flush_offset_checkpoint_interval_ms=100,
            log_cleaner_io_max_bytes_per_second=20_000_000)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.cluster.create_topic(
            "states", 1, 3, cleanup_policy="compact", segment_bytes=1 << 20,
            min_cleanable_dirty_ratio=0.01, file_delete_delay_ms=50)
        self.load = KeyedLoad(self.cluster.bootstrap, "states")

    def test_a_rate_is_kept_and_told(self):
        rate = 1_500_000
        self.cluster = Cluster(
            1, log_cleaner_backoff_ms=20, log_flush_offset_checkpoint_interval_ms=100,
            log_cleaner_io_max_bytes_per_second=rate)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        node = self.cluster.nodes[1]
        # Two logs, on whichever loops: the rate is the node's.
        for topic in ("one", "two"):
            self.cluster.create_topic(
                topic, 1, 1, cleanup_policy="compact", segment_bytes=1 << 20, min_cleanable_dirty_ratio=0.01)
        began = time.monotonic()
        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all", "enable.idempotence": True,
            "log_level": 0})
        for number in range(60):
            for topic in ("one", "two"):
                producer.produce(topic, os.urandom(50_000), b"k%d" % (number % 50), partition=0)
        self.assertEqual(producer.flush(60), 0)
        line = re.compile(r"logCompacted partition=(one|two)-0 .*bytesRead=(\d+) bytesWritten=(\d+)")
        deadline = time.monotonic() + 90
        while len({topic for topic, _, _ in line.findall(node.tail(10_000))}) < 2:
            self.assertLess(time.monotonic(), deadline, "the logs are not compacted")
            time.sleep(0.05)
        seen = time.monotonic() - began
        found = line.findall(node.tail(10_000))
        size = sum(int(read) + int(written) for _, read, written in found)
        # The last piece of each is paid for afterwards.
        self.assertGreater(size, 4_000_000)
        self.assertGreater(seen, (size - 2 * (2 << 20)) / rate)
        print(f"{size / 1e6:.1f} MB in {seen:.1f} s ... ", end="", flush=True)
        told = {}
        for row in node.metrics().splitlines():
            if row.startswith("kafka_log_logcleaner"):
                told[row.split("{")[0].split()[0]] = float(row.split()[-1])
        self.assertEqual(told["kafka_log_logcleanermanager_uncleanable_partitions_count"], 0)
        self.assertGreater(told["kafka_log_logcleaner_cleaner_recopy_percent"], 0)
        self.assertLessEqual(told["kafka_log_logcleaner_cleaner_recopy_percent"], 100)
        self.assertGreaterEqual(told["kafka_log_logcleaner_max_clean_time_secs"], 1)
        self.assertIn("kafka_log_logcleanermanager_max_dirty_percent", told)

    def test_the_offsets_of_groups(self):
        """`__consumer_offsets` is compacted while groups commit, and its leader dies."""
        self.cluster = Cluster(
            3, log_cleaner_backoff_ms=20, log_flush_offset_checkpoint_interval_ms=100,
            log_cleaner_min_cleanable_ratio=0.01, offsets_topic_num_partitions=1,
            offsets_topic_segment_bytes=1 << 20, log_segment_delete_delay_ms=50)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.cluster.create_topic("orders", 100, 1)
        consumer = self.reader()
        last = 0

        def commit(times):
            nonlocal last
            for _ in range(times):
                last += 1
                self.commit(consumer, [
                    TopicPartition("orders", number, last * 1000 + number, metadata="x" * 100)
                    for number in range(100)])

        def compactions(number):
            return self.cluster.nodes[number].tail(100_000).count("logCompacted partition=__consumer_offsets-0")

        deadline = time.monotonic() + 90
        while min(compactions(number) for number in self.cluster.nodes) < 2:
            self.assertLess(time.monotonic(), deadline, "not all replicas have compacted it")
            commit(20)
        leader = self.cluster.leader("__consumer_offsets", 0)
        self.cluster.nodes[leader].kill()
        commit(20)
        self.cluster.nodes[leader].start()
        self.cluster.nodes[leader].wait_ready()
        # Whoever loads the group from the compacted log finds the last of each partition.
        wanted = {number: last * 1000 + number for number in range(100)}
        for victim in self.cluster.nodes:
            if self.cluster.leader("__consumer_offsets", 0) == victim:
                self.cluster.nodes[victim].kill()
                self.assertEqual(self.committed(consumer), wanted)
                self.cluster.nodes[victim].start()
                self.cluster.nodes[victim].wait_ready()
        self.assertEqual(self.committed(consumer), wanted)
        consumer.close()
        groups = ("consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--group", "readers")
        run(*groups, "--delete-offsets", "--topic", "orders:7")
        del wanted[7]
        found = {number: offset for number, offset in self.committed(self.reader()).items() if offset >= 0}
        self.assertEqual(found, wanted)
        run(*groups, "--delete")
        self.assertNotIn("readers", run("consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--list").stdout)
        print(f"{last * 100} commits ... ", end="", flush=True)

    def reader(self):
        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": "readers", "enable.auto.commit": False,
            "log_level": 0})
        self.addCleanup(consumer.close)
        return consumer

    # What a coordinator that has just gone, or is just coming, answers.
    MOVING = (
        KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._WAIT_COORD, KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NOT_ENOUGH_REPLICAS, KafkaError._DESTROY_BROKER)

    def again(self, ask):
        deadline = time.monotonic() + 60
        while True:
            try:
                return ask()
            except KafkaException as error:
                if error.args[0].code() not in self.MOVING or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def commit(self, consumer, offsets):
        answer = self.again(lambda: consumer.commit(offsets=offsets, asynchronous=False))
        self.assertEqual([each.error for each in answer if each.error], [])

    def committed(self, consumer):
        asked = [TopicPartition("orders", number) for number in range(100)]
        answer = self.again(lambda: consumer.committed(asked, timeout=10))
        self.assertEqual([each.error for each in answer if each.error], [])
        return {each.partition: each.offset for each in answer}

    def directory(self, number):
        return os.path.join(self.cluster.nodes[number].properties["log.dirs"], "states-0")

    def test_kill_in_the_middle(self):
        self.begin()
        for turn in range(9):
            number = turn % 3 + 1
            # The last are all nodes at once.
            victims = [number] if turn < 6 else [1, 2, 3]
            name = "*.swap" if turn % 2 else "*.cleaned"
            wait_for_name(os.path.join(self.directory(number), name))
            for victim in victims:
                self.cluster.nodes[victim].kill()
            for victim in victims:
                self.cluster.nodes[victim].start()
            for victim in victims:
                self.cluster.nodes[victim].wait_ready()
            before = self.load.count
            deadline = time.monotonic() + 30
            while self.load.count < before + 200:
                self.assertLess(time.monotonic(), deadline, "nothing is acknowledged any more")
                time.sleep(0.01)
        self.load.stop()
        self.assertEqual(self.load.failed, [])
        self.wait_until_in_sync()
        for node in self.cluster.nodes.values():
            self.assertEqual(node.terminate(), 0)
        written = self.load.count
        for number, node in self.cluster.nodes.items():
            found, count = newest_on_disk(self.directory(number))
            self.load.check(found)
            self.assertLess(count, written / 2, f"node {number} compacted little")
            self.assertIn("logCompacted partition=states-0", node.tail(100_000))
        print(f"{written} records acknowledged, {count} left ... ", end="", flush=True)

    def wait_until_in_sync(self):
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap})
        deadline = time.monotonic() + 30
        while True:
            partition = admin.list_topics("states", timeout=10).topics["states"].partitions[0]
            if len(partition.isrs) == 3:
                return
            self.assertLess(time.monotonic(), deadline, "a replica does not catch up")
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
