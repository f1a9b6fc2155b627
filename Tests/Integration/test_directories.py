"""Several log directories: where replicas lie, and what happens when one directory fails (KIP-112, 858)."""

import fcntl
import glob
import json
import os
import shutil
import socket
import struct
import subprocess
import time
import unittest

from confluent_kafka import Producer

from checker import Load, check, read_all
from cluster import Cluster, run
from compacted import KeyedLoad, newest_on_disk
from test_disk import REFUSED, SmallDisk

# FS_IOC_SHUTDOWN of ext4: nothing more is read or written, as of a disk that is gone.
SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


class Connection:
    """Frames of the protocol, as bytes."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=20)

    def ask(self, api, version, body):
        """Sends a request with a header of version 1; answers what follows the correlation id."""
        header = struct.pack(">hhi", api, version, 1) + text("test")
        self.socket.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
        size = struct.unpack(">i", self.read(4))[0]
        return self.read(size)[4:]

    def read(self, count):
        found = b""
        while len(found) < count:
            more = self.socket.recv(count - len(found))
            if not more:
                raise AssertionError("the node closed the connection")
            found += more
        return found

    def close(self):
        self.socket.close()


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


class FailingDisk(SmallDisk):
    """A disk that can fail, and be repaired."""

    def fail(self):
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def turn_read_only(self):
        """What ext4 does to itself when it finds its journal broken."""
        subprocess.run(["mount", "-o", "remount,abort", self.directory], check=False)

    def repair(self):
        subprocess.run(["umount", "-l", self.directory], check=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.directory], check=True)


class Directories(unittest.TestCase):
    """What all tests of several directories need."""

    def begin(self, nodes, names, disks=(), **settings):
        """Nodes with log directories `names`; node 1 has those of `disks` on disks of their own."""
        self.cluster = Cluster(nodes, **settings)
        self.addCleanup(self.cluster.stop)
        for node in self.cluster.nodes.values():
            paths = [os.path.join(node.directory, name) for name in names]
            node.properties["log.dirs"] = ",".join(paths)
            node.write_config()
        self.node = self.cluster.nodes[1]
        self.disks = {}
        for name in disks:
            disk = FailingDisk(os.path.join(self.node.directory, name))
            self.disks[name] = disk
            self.addCleanup(disk.unmount)
        self.addCleanup(self.end)
        self.cluster.start()

    def end(self):
        for node in self.cluster.nodes.values():
            if node.process and node.process.poll() is None:
                node.resume()
                node.kill()

    def load(self, topic, partitions, **settings):
        load = Load(self.cluster.bootstrap, topic, partitions, **settings).start()
        self.addCleanup(lambda: load.thread.is_alive() and load.abandon())
        return load

    def log_dirs(self, *brokers):
        """Of each broker and directory name: its error and its replicas' names with their sizes."""
        chosen = ["--broker-list", ",".join(map(str, brokers))] if brokers else []
        done = run("log-dirs", "--bootstrap-server", self.cluster.bootstrap, "--describe", *chosen)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "Querying brokers for log directories information")
        found = {}
        for broker in json.loads(lines[2])["brokers"]:
            for directory in broker["logDirs"]:
                place = (broker["broker"], os.path.basename(directory["logDir"]))
                replicas = {p["partition"]: p for p in directory["partitions"]}
                found[place] = (directory["error"], replicas)
        return found

    def describe(self, topic):
        """Of each partition: its leader, replicas and in-sync replicas."""
        shown = run("topics", "--bootstrap-server", self.cluster.bootstrap, "--describe", "--topic", topic)
        found = {}
        for line in shown.stdout.splitlines():
            words = line.split()
            if "Partition:" not in words:
                continue
            numbers = {
                key: words[words.index(key) + 1] for key in ("Partition:", "Leader:", "Replicas:", "Isr:")}
            found[int(numbers["Partition:"])] = (
                numbers["Leader:"], numbers["Replicas:"], set(numbers["Isr:"].split(",")))
        return found

    def wait_until(self, what, condition, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"not within {timeout} s: {what}\n{self.node.tail()}")
            time.sleep(0.05)


class Placement(Directories):
    def test_replicas_spread_over_the_directories(self):
        self.begin(1, ["a", "b", "c"])
        self.cluster.create_topic("orders", 7, 1)
        load = self.load("orders", 7)
        load.wait_acknowledged(70)
        load.stop()
        found = self.log_dirs(1)
        self.assertEqual({place for place in found}, {(1, "a"), (1, "b"), (1, "c")})
        counts = [len(replicas) for error, replicas in found.values() if error is None]
        self.assertEqual(sorted(counts), [2, 2, 3])
        for (_, name), (_, replicas) in found.items():
            for replica, facts in replicas.items():
                path = os.path.join(self.node.directory, name, replica)
                size = os.path.getsize(os.path.join(path, f"{0:020}.log"))
                self.assertGreater(facts["size"], 0)
                self.assertLessEqual(facts["size"], size)
        # A restart finds each where it was, and a topic of one partition goes where there are fewest.
        self.node.kill()
        self.node.start()
        self.node.wait_ready()
        check(self.cluster.bootstrap, [load])
        self.cluster.create_topic("fewest", 2, 1)
        counts = [len(replicas) for _, replicas in self.log_dirs(1).values()]
        self.assertLessEqual(max(counts) - min(counts), 1, counts)

    def test_the_tool_filters_and_refuses(self):
        self.begin(1, ["a", "b"])
        self.cluster.create_topic("orders", 2, 1)
        self.cluster.create_topic("others", 2, 1)
        done = run(
            "log-dirs", "--bootstrap-server", self.cluster.bootstrap, "--describe", "--topic-list", "orders")
        shown = json.loads(done.stdout.splitlines()[2])["brokers"][0]["logDirs"]
        names = {p["partition"] for directory in shown for p in directory["partitions"]}
        self.assertEqual(names, {"orders-0", "orders-1"})
        wrong = run(
            "log-dirs", "--bootstrap-server", self.cluster.bootstrap, "--describe", "--broker-list", "1,7",
            check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("The given brokers do not exist from --broker-list: 7", wrong.stderr)


class Moves(Directories):
    """AlterReplicaLogDirs, as `reassign-partitions` and other tools use it."""

    def alter(self, path, topic, *partitions):
        """Asks node 1; answers the error codes by partition."""
        connection = Connection("127.0.0.1", self.node.port)
        try:
            body = struct.pack(">i", 1) + text(path) + struct.pack(">i", 1) + text(topic)
            body += struct.pack(f">i{len(partitions)}i", len(partitions), *partitions)
            answer = connection.ask(34, 1, body)
        finally:
            connection.close()
        # Throttle time, one topic with its name, then number and error of each.
        start = 4 + 4 + 2 + len(topic) + 4
        found = {}
        for index in range(len(partitions)):
            number, error = struct.unpack_from(">ih", answer, start + 6 * index)
            found[number] = error
        return found

    def places(self, topic):
        """Directory names of each partition's replica and of its copies on their way."""
        found = {}
        for (_, name), (_, replicas) in self.log_dirs(1).items():
            for replica, facts in replicas.items():
                if replica.startswith(topic + "-"):
                    number = int(replica.rsplit("-", 1)[1])
                    found.setdefault(number, {})[bool(facts["isFuture"])] = name
        return found

    def test_replicas_move_under_load(self):
        self.begin(3, ["a", "b"])
        self.cluster.create_topic("orders", 6, 3, segment_bytes=1 << 20)
        load = self.load("orders", 6)
        load.wait_acknowledged(3000)
        before = {number: place[False] for number, place in self.places("orders").items()}
        wanted = {number: "b" if name == "a" else "a" for number, name in before.items()}
        for number, name in wanted.items():
            path = os.path.join(self.node.directory, name)
            self.assertEqual(self.alter(path, "orders", number), {number: 0})
        self.wait_until("all have moved", lambda: self.places("orders") == {
            number: {False: name} for number, name in wanted.items()})
        load.wait_acknowledged(3000)
        self.wait_until("all is in sync", lambda: all(
            isr == {"1", "2", "3"} for _, _, isr in self.describe("orders").values()))
        # The controller knows where they are: a restart finds them, and nothing is in the way.
        self.node.kill()
        self.node.start()
        self.node.wait_ready()
        self.assertEqual(self.places("orders"), {number: {False: name} for number, name in wanted.items()})
        self.wait_until("all is in sync", lambda: all(
            isr == {"1", "2", "3"} for _, _, isr in self.describe("orders").values()))
        load.stop()
        check(self.cluster.bootstrap, [load])

    def test_a_move_goes_on_after_a_kill_in_the_middle(self):
        self.begin(1, ["a", "b"], replica_alter_log_dirs_io_max_bytes_per_second=2_000_000)
        self.cluster.create_topic("orders", 1, 1, segment_bytes=1 << 20, max_message_bytes=2_000_000)
        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "acks": "all", "enable.idempotence": True})
        for number in range(120):
            producer.produce("orders", f"p:{number}:".encode() + os.urandom(100_000), partition=0)
            producer.poll(0)
        self.assertEqual(producer.flush(30), 0)
        origin = self.places("orders")[0][False]
        target = "b" if origin == "a" else "a"
        self.assertEqual(self.alter(os.path.join(self.node.directory, target), "orders", 0), {0: 0})

        def copied():
            paths = glob.glob(f"{self.node.directory}/{target}/orders-0.*-future/*.log")
            return sum(os.path.getsize(path) for path in paths)

        self.wait_until("a third is copied", lambda: copied() > 4_000_000)
        self.assertEqual(self.places("orders")[0], {False: origin, True: target})
        self.node.kill()
        left = copied()
        self.node.start()
        self.node.wait_ready()
        self.wait_until("the move goes on", lambda: self.places("orders")[0].get(True) == target, 10)
        self.assertGreaterEqual(copied(), left, "the copy began anew")
        self.wait_until("it has moved", lambda: self.places("orders")[0] == {False: target}, 60)
        found = read_all(self.cluster.bootstrap, "orders", 0)
        self.assertEqual([value.split(b":")[1] for _, value in found], [b"%d" % n for n in range(120)])
        producer.produce("orders", b"p:120:", partition=0)
        self.assertEqual(producer.flush(30), 0)
        # Another end of the same story: killed between the two renames of the exchange.
        self.node.kill()
        place = os.path.join(self.node.directory, target, "orders-0")
        os.rename(place, f"{place}.{'0' * 32}-future")
        self.node.start()
        self.node.wait_ready()
        self.assertIn("copyTakenForLog", self.node.tail(200))
        self.assertEqual(len(read_all(self.cluster.bootstrap, "orders", 0)), 121)

    def test_a_compacted_log_moves_to_and_fro(self):
        self.begin(3, ["a", "b"], log_cleaner_backoff_ms=20, log_flush_offset_checkpoint_interval_ms=100)
        self.cluster.create_topic(
            "states", 1, 3, cleanup_policy="compact", segment_bytes=1 << 20,
            min_cleanable_dirty_ratio=0.01, file_delete_delay_ms=50)
        load = KeyedLoad(self.cluster.bootstrap, "states")
        self.addCleanup(load.stopping.set)

        def compactions():
            return self.node.tail(100_000).count("logCompacted partition=states-0")

        self.wait_until("it is compacted", lambda: compactions() > 0, 60)
        for turn in range(6):
            target = "b" if self.places("states")[0][False] == "a" else "a"
            before = load.count
            self.assertEqual(self.alter(os.path.join(self.node.directory, target), "states", 0), {0: 0})
            if turn == 3:
                self.node.kill()
                self.node.start()
                self.node.wait_ready()
            self.wait_until("it has moved", lambda: self.places("states")[0] == {False: target})
            self.wait_until("the load goes on", lambda: load.count > before + 500)
        self.wait_until("all is in sync", lambda: self.describe("states")[0][2] == {"1", "2", "3"})
        # The cleaner goes on in the directory that the log lies in now.
        before = compactions()
        self.wait_until("it is compacted again", lambda: compactions() > before, 60)
        load.stop()
        self.assertEqual(load.failed, [])
        self.assertNotIn("logDirectoryFailed", self.node.tail(100_000))
        for node in self.cluster.nodes.values():
            self.assertEqual(node.terminate(), 0)
        found, count = newest_on_disk(os.path.join(self.node.directory, target, "states-0"))
        load.check(found)
        self.assertLess(count, load.count)

    def test_what_cannot_be_moved_is_refused(self):
        self.begin(1, ["a", "b"])
        self.cluster.create_topic("orders", 1, 1)
        here = os.path.join(self.node.directory, "a")
        self.assertEqual(self.alter("/nowhere", "orders", 0), {0: 57})
        self.assertEqual(self.alter(here, "orders", 7), {7: 9})
        self.assertEqual(self.alter(here, "others", 0), {0: 3})
        # Where it is already, nothing is to be done; a log that was never written moves at once.
        for name in ("a", "b", "a"):
            self.assertEqual(self.alter(os.path.join(self.node.directory, name), "orders", 0), {0: 0})
            self.wait_until("it is there", lambda: self.places("orders")[0] == {False: name}, 5)


@unittest.skipIf(REFUSED, REFUSED)
class Failure(Directories):
    def begin_with_leaders_on_the_disk(self, disks=("b",)):
        """Three nodes of two directories; of node 1's, `b` is on a disk of its own, and some of what node 1 leads
        is there. Returns the load and the partitions there."""
        self.begin(
            3, ["a", "b"], disks, replica_high_watermark_checkpoint_interval_ms=1000,
            auto_leader_rebalance_enable="false")
        self.cluster.create_topic("orders", 12, 3)
        load = self.load("orders", 12)
        load.wait_acknowledged(240)
        there = {int(name.rsplit("-", 1)[1]) for name in self.log_dirs(1)[(1, "b")][1]}
        led = {p for p, (leader, _, _) in self.describe("orders").items() if leader == "1"}
        self.assertTrue(there & led, "node 1 leads nothing there")
        self.assertTrue(led - there, "node 1 leads nothing elsewhere")
        return load, there, led

    def expect_only_that_directory_is_gone(self, load, there, led, began):
        self.wait_until(
            "leaders have moved", lambda: all(
                leader != "1" and "1" not in isr
                for p, (leader, _, isr) in self.describe("orders").items() if p in there))
        load.wait_acknowledged(600)
        described = self.describe("orders")
        for partition in led - there:
            self.assertEqual(described[partition][0], "1", "a leader of a whole directory moved")
        for partition in set(range(12)) - there:
            self.assertIn("1", described[partition][2], "a replica in a whole directory left the ISR")
        found = self.log_dirs(1)
        self.assertEqual(found[(1, "b")], ("org.apache.kafka.common.errors.KafkaStorageException", {}))
        self.assertIsNone(found[(1, "a")][0])
        self.wait_until(
            "the metric tells", lambda: "kafka_log_logmanager_offlinelogdirectorycount 1"
            in self.node.metrics())
        print(f"longest gap {load.longest_gap(began):.3f} s", flush=True)

    def test_a_disk_that_fails_takes_only_its_replicas(self):
        load, there, led = self.begin_with_leaders_on_the_disk()
        began = time.monotonic()
        self.disks["b"].fail()
        self.expect_only_that_directory_is_gone(load, there, led, began)
        load.stop()
        check(self.cluster.bootstrap, [load])

    def test_a_node_starts_without_its_failed_disk_and_has_it_back_once_repaired(self):
        load, there, led = self.begin_with_leaders_on_the_disk()
        self.node.kill()
        self.disks["b"].fail()
        self.node.start()
        self.node.wait_ready()
        self.assertIn("logDirectoryFailed", self.node.tail(200))
        whole = set(range(12)) - there
        self.wait_until("its whole directory is in sync", lambda: all(
            "1" in self.describe("orders")[p][2] for p in whole))
        load.wait_acknowledged(600)
        described = self.describe("orders")
        for partition in there:
            self.assertNotIn("1", described[partition][2], "in sync without its disk")
        found = self.log_dirs(1)
        self.assertEqual(found[(1, "b")], ("org.apache.kafka.common.errors.KafkaStorageException", {}))
        # Nothing began anew elsewhere: the disk may come back.
        numbers = {int(name.rsplit("-", 1)[1]) for name in found[(1, "a")][1] if name.startswith("orders")}
        self.assertEqual(numbers, whole)
        self.node.kill()
        self.disks["b"].repair()
        self.node.start()
        self.node.wait_ready()
        self.wait_until("all is in sync", lambda: all(
            "1" in isr for _, _, isr in self.describe("orders").values()))
        numbers = {int(name.rsplit("-", 1)[1]) for name in self.log_dirs(1)[(1, "b")][1]
                   if name.startswith("orders")}
        self.assertEqual(numbers, there)
        load.stop()
        check(self.cluster.bootstrap, [load])

    def test_a_file_system_that_turns_read_only(self):
        load, there, led = self.begin_with_leaders_on_the_disk()
        began = time.monotonic()
        self.disks["b"].turn_read_only()
        self.expect_only_that_directory_is_gone(load, there, led, began)
        load.stop()
        check(self.cluster.bootstrap, [load])

    def test_a_disk_that_is_unmounted_under_its_open_files(self):
        load, there, led = self.begin_with_leaders_on_the_disk()
        began = time.monotonic()
        subprocess.run(["umount", "-l", self.disks["b"].directory], check=True)
        self.expect_only_that_directory_is_gone(load, there, led, began)
        load.stop()
        check(self.cluster.bootstrap, [load])

    def test_a_directory_that_is_removed(self):
        load, there, led = self.begin_with_leaders_on_the_disk(disks=())
        # The logs of another topic have no files yet: their first records must not make the directory anew.
        self.cluster.create_topic("late", 12, 3)
        began = time.monotonic()
        # Open files still take writes; the next checkpoint finds out.
        place = os.path.join(self.node.directory, "b")
        os.rename(place, place + ".gone")
        shutil.rmtree(place + ".gone")
        late = self.load("late", 12)
        self.expect_only_that_directory_is_gone(load, there, led, began)
        late.wait_acknowledged(240)
        late.stop()
        self.assertFalse(os.path.exists(place))
        check(self.cluster.bootstrap, [late])
        load.stop()
        check(self.cluster.bootstrap, [load])


if __name__ == "__main__":
    unittest.main()
