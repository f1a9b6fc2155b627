"""Members of a group that join, leave, are killed and stopped, while brokers are killed.

What must hold, whatever happens: every record that was acknowledged is read by some member, and what the group has
committed never goes back.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Integration"))

from cluster import BINARY, Cluster, run  # noqa: E402
from group_member import HEARTBEAT  # noqa: E402

PARTITIONS = 6
# What has not happened after this many seconds does not happen.
NEVER = 60


def console_consumer(bootstrap, group, topic, protocol, session):
    properties = ["auto.commit.interval.ms=200", f"group.protocol={protocol}"]
    if protocol == "classic":
        properties += [f"session.timeout.ms={session}", f"heartbeat.interval.ms={HEARTBEAT}",
                       "partition.assignment.strategy=range"]
    return [BINARY, "console-consumer", "--bootstrap-server", bootstrap, "--topic", topic,
            "--group", group, "--from-beginning",
            *(word for name in ("partition=true", "offset=true", "value=false")
              for word in ("--formatter-property", f"print.{name}")),
            *(word for each in properties for word in ("--command-property", each))]


class Member:
    """A process that reads as a member, and what it has reported."""

    def __init__(self, test, group, client, instance=None):
        self.path = os.path.join(test.directory, f"{group.name}-{client}-{time.monotonic_ns()}")
        bootstrap = test.cluster.bootstrap
        if client == "martlet":
            command = console_consumer(
                bootstrap, group.name, test.topic, group.protocol, test.SESSION)
        else:
            command = [sys.executable, os.path.join(HERE, "group_member.py"), client, bootstrap,
                       group.name, test.topic, group.protocol, str(test.SESSION),
                       *([instance] if instance else [])]
        with open(self.path, "w") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        test.addCleanup(self.kill)

    def seen(self):
        """Partitions and offsets of what it has read."""
        with open(self.path) as file:
            lines = file.read().split("\n")[:-1]
        words = [line.replace("Partition:", "").replace("Offset:", "").split() for line in lines]
        return {(int(partition), int(offset)) for partition, offset in words}

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def leave(self):
        self.process.terminate()
        self.process.wait(NEVER)


class Group:
    """A group with its members, and what is known of its commits."""

    def __init__(self, test, name, protocol):
        self.test, self.name, self.protocol = test, name, protocol
        self.members = []
        self.committed = {}
        self.went_back = []

    def join(self, client, instance=None):
        self.members.append(Member(self.test, self, client, instance))
        return self.members[-1]

    def seen(self):
        return set().union(*(member.seen() for member in self.members))

    def watch_commits(self):
        """Committed offsets never go back. While no coordinator answers there are none to be seen."""
        for line in self.describe("--offsets", "--timeout", "3000").splitlines():
            words = line.split()
            if not line.startswith(self.name) or not words[3].isdigit():
                continue
            partition, offset = int(words[2]), int(words[3])
            before = self.committed.get(partition, -1)
            if offset < before:
                self.went_back.append((partition, before, offset))
            self.committed[partition] = max(offset, before)

    def describe(self, *options):
        return run("consumer-groups", "--bootstrap-server", self.test.cluster.bootstrap, "--describe",
                   "--group", self.name, *options, check=False).stdout

    def coordinator(self):
        """The node that coordinates the group."""
        shown = self.describe("--state")
        return self.test.cluster.nodes[int(shown.split("(")[2].split(")")[0])]

    def state(self):
        """The state that the listing of groups shows."""
        shown = run("consumer-groups", "--bootstrap-server", self.test.cluster.bootstrap, "--list",
                    "--state", check=False).stdout
        states = [line.split() for line in shown.splitlines() if line.startswith(self.name)]
        return states[0][1] if states else None

    def owners(self):
        """The member id and the partitions of each instance."""
        rows = [line.split() for line in self.describe("--members", "--verbose").splitlines()
                if line.startswith(self.name)]
        return {row[2]: (row[1], row[-1]) for row in rows}


class GroupFaultCase(unittest.TestCase):
    """A cluster, somebody who writes, and a group of each protocol."""

    # Milliseconds without a heartbeat after which a member is taken for dead.
    SESSION = 3000

    def setUp(self):
        self.cluster = Cluster(
            3, group_initial_rebalance_delay_ms=200, group_min_session_timeout_ms=1000,
            group_consumer_min_session_timeout_ms=1000,
            group_consumer_session_timeout_ms=self.SESSION,
            group_consumer_min_heartbeat_interval_ms=100,
            group_consumer_heartbeat_interval_ms=HEARTBEAT, offsets_topic_num_partitions=3)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.topic = "orders"
        self.cluster.create_topic(self.topic, PARTITIONS, 3)
        self.groups = [Group(self, f"{protocol}-group", protocol) for protocol in ("classic", "consumer")]
        self.written = {}
        self.stopping = threading.Event()
        self.writer = threading.Thread(target=self.write, daemon=True)
        self.writer.start()
        self.addCleanup(self.end_writing)

    def end_writing(self):
        self.stopping.set()
        self.writer.join(NEVER)

    def write(self):
        """Writes on, and notes the offsets of each partition that were acknowledged."""
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all"})

        def delivered(error, message):
            if error is None:
                self.written.setdefault(message.partition(), []).append(message.offset())

        number = 0
        while not self.stopping.wait(0.05):
            for partition in range(PARTITIONS):
                number += 1
                producer.produce(
                    self.topic, str(number).encode(), partition=partition, on_delivery=delivered)
            producer.poll(0)
        producer.flush(NEVER)

    def until(self, condition, what):
        deadline = time.monotonic() + NEVER
        while not condition():
            told = "".join(group.describe() for group in self.groups) \
                if time.monotonic() > deadline else ""
            self.assertLess(time.monotonic(), deadline, f"{what}\n{told}")
            for group in self.groups:
                group.watch_commits()

    def catch_up(self):
        """Each group reads what is acknowledged from now on; how many seconds that takes."""
        since = time.monotonic()
        before = {partition: len(self.written.get(partition, [])) for partition in range(PARTITIONS)}
        self.until(lambda: all(len(self.written.get(p, [])) > n for p, n in before.items()),
                   "more records are acknowledged")
        goal = {(partition, offsets[-1]) for partition, offsets in list(self.written.items())}
        self.until(lambda: all(goal <= group.seen() for group in self.groups), "the groups read on")
        return time.monotonic() - since

    def finish(self):
        self.end_writing()
        everything = {(p, offset) for p, offsets in self.written.items() for offset in offsets}
        for group in self.groups:
            self.until(lambda: everything <= group.seen(), f"{group.name} reads every record")
            self.until(lambda: group.state() == "Stable", f"{group.name} is stable")
            self.assertEqual(group.went_back, [])
            self.assertEqual(len(group.committed), PARTITIONS)


class GroupFaults(GroupFaultCase):
    def test_members_and_brokers_are_killed(self):
        """One fault after the other; after each both groups must read on."""
        classic, consumer = self.groups
        for client in ("librdkafka", "kafka-python", "aiokafka", "martlet"):
            classic.join(client)
        for client in ("librdkafka", "librdkafka", "martlet"):
            consumer.join(client)
        took = [self.catch_up()]
        victim = classic.coordinator()
        victim.kill()
        took.append(self.catch_up())
        for group in self.groups:
            group.members[0].kill()
            group.members[1].pause()
            group.join("librdkafka")
        took.append(self.catch_up())
        victim.start()
        for group in self.groups:
            group.members[1].resume()
            group.members[-1].leave()
        victim.wait_ready(NEVER)
        took.append(self.catch_up())
        consumer.coordinator().kill()
        took.append(self.catch_up())
        since = time.monotonic()
        self.finish()
        took.append(time.monotonic() - since)
        print("\nat the start, after each fault and at the end all was read in "
              + ", ".join(f"{seconds:.1f}" for seconds in took) + " s")


class StaticMembers(GroupFaultCase):
    # Longer than any process here is away.
    SESSION = 45000

    def test_static_members_outlive_the_whole_cluster(self):
        for group in self.groups:
            for instance in ("one", "two"):
                group.join("librdkafka", instance)
        self.catch_up()
        for group in self.groups:
            self.until(lambda: sorted(group.owners()) == ["one", "two"]
                       and group.state() == "Stable", f"{group.name} has both instances")
        before = [group.owners() for group in self.groups]
        for node in self.cluster.nodes.values():
            node.kill()
        for node in self.cluster.nodes.values():
            node.start()
        for node in self.cluster.nodes.values():
            node.wait_ready(NEVER)
        self.catch_up()
        self.assertEqual([group.owners() for group in self.groups], before)
        # A process is replaced by another that is the same instance: it goes on with what that had.
        classic = self.groups[0]
        classic.members[0].kill()
        classic.join("librdkafka", "one")
        self.until(lambda: classic.owners()["one"][0] != before[0]["one"][0], "it has come back")
        self.catch_up()
        self.assertEqual({name: owns for name, (_, owns) in classic.owners().items()},
                         {name: owns for name, (_, owns) in before[0].items()})
        self.finish()


if __name__ == "__main__":
    unittest.main(verbosity=2)
