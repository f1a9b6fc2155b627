"""`consumer-groups` on groups of librdkafka: what the tool sets and removes, the client sees."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from group_case import GroupCase  # noqa: E402
from cluster import run  # noqa: E402

# A record a second from then on, ten in each of two partitions.
MIDNIGHT = 1_767_225_600_000
COUNT = 10


class GroupTools(GroupCase):
    def timed(self):
        """A topic whose records were made at known times."""
        from confluent_kafka import Producer

        name = self.id().split(".")[-1].replace("test_", "")
        self.cluster.create_topic(name, 2, 3)
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all", "linger.ms": 0})
        for n in range(COUNT):
            for partition in range(2):
                producer.produce(name, b"v", partition=partition, timestamp=MIDNIGHT + n * 1000)
            # Each is a batch of its own.
            self.assertEqual(producer.flush(30), 0)
        return name

    def tool(self, *arguments, check=True):
        return run("consumer-groups", "--bootstrap-server", self.cluster.bootstrap, *arguments, check=check)

    def offsets(self, group, topic):
        from confluent_kafka import Consumer, TopicPartition

        probe = Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": group})
        try:
            found = probe.committed([TopicPartition(topic, n) for n in range(2)], timeout=20)
            return [max(each.offset, -1) for each in found]
        finally:
            probe.close()

    def test_offsets_are_reset_by_every_method(self):
        topic = self.timed()

        def reset(*method, scope=topic, more=("--execute",)):
            return self.tool("--reset-offsets", "--group", topic, "--topic", scope, *method, *more).stdout

        # Without --execute it only says what it would do.
        told = reset("--to-latest", more=())
        self.assertIn(topic, told)
        self.assertEqual(self.offsets(topic, topic), [-1, -1])
        for method, wanted in (
                (["--to-earliest"], [0, 0]),
                (["--to-latest"], [COUNT, COUNT]),
                (["--to-offset", "4"], [4, 4]),
                (["--shift-by", "-3"], [1, 1]),
                (["--shift-by", "100"], [COUNT, COUNT]),
                (["--to-datetime", "2026-01-01T00:00:05.000Z"], [5, 5]),
                (["--to-current"], [5, 5]),
                (["--by-duration", "PT0S"], [COUNT, COUNT]),
                (["--by-duration", "P36500D"], [0, 0])):
            reset(*method)
            self.assertEqual(self.offsets(topic, topic), wanted, method)
        # One partition alone, and what a file says.
        reset("--to-offset", "7", scope=f"{topic}:1")
        self.assertEqual(self.offsets(topic, topic), [0, 7])
        exported = reset("--to-current", more=("--export",))
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(exported)
            file.flush()
            reset("--to-latest")
            self.tool("--reset-offsets", "--group", topic, "--from-file", file.name, "--execute")
        self.assertEqual(self.offsets(topic, topic), [0, 7])

    def test_a_group_with_members_is_left_alone_until_they_are_removed(self):
        topic = self.timed()
        member = self.librdkafka(topic, topic, **{"group.instance.id": "one"})
        self.read([member], 2 * COUNT)
        member.commit(asynchronous=False)
        for action in (["--reset-offsets", "--topic", topic, "--to-earliest", "--execute"],
                       ["--delete-offsets", "--topic", topic], ["--delete"]):
            done = self.tool("--group", topic, *action, check=False)
            self.assertNotEqual(done.returncode, 0, action)
        self.assertEqual(self.offsets(topic, topic), [COUNT, COUNT])
        # A static member stays when its process goes; an operator takes it out by its name.
        member.close()
        self.assertIn("one", self.tool("--describe", "--members", "--group", topic).stdout)
        said = self.tool("--remove-members", "--group", topic, "--instance", "one").stdout
        self.assertIn("Removed", said)
        self.tool("--delete-offsets", "--group", topic, "--topic", f"{topic}:0")
        self.assertEqual(self.offsets(topic, topic), [-1, COUNT])
        self.tool("--delete", "--group", topic)
        self.assertNotIn(topic, self.tool("--list").stdout.split())

    def test_lag_and_states_are_told(self):
        topic = self.timed()
        self.tool("--reset-offsets", "--group", topic, "--topic", topic, "--to-offset", "4", "--execute")
        rows = [line.split() for line in self.tool("--describe", "--group", topic).stdout.splitlines()
                if line.startswith(topic)]
        self.assertEqual([row[2:6] for row in sorted(rows)],
                         [[str(n), "4", str(COUNT), str(COUNT - 4)] for n in range(2)])
        listed = [line.split() for line in self.tool("--list", "--state", "Empty").stdout.splitlines()]
        self.assertIn([topic, "Empty"], listed)
        self.assertNotIn(topic, self.tool("--list", "--state", "Stable").stdout)

    def test_a_file_that_cannot_be_used_changes_nothing(self):
        topic = self.timed()
        self.tool("--reset-offsets", "--group", topic, "--topic", topic, "--to-offset", "4", "--execute")
        for text, said in (
                (f"{topic},0\n", "is not topic,partition,offset"), (f"{topic},x,3\n", "is not topic,partition,offset"),
                ("nowhere,0,3\n", '"nowhere" do not exist'), (f"{topic},0,3\n{topic},77,3\n", f'"{topic}-77" do not exist'),
                ("", "No reset plan")):
            with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
                file.write(text)
                file.flush()
                done = self.tool("--reset-offsets", "--group", topic, "--from-file", file.name, "--execute", check=False)
            self.assertNotEqual(done.returncode, 0, text)
            self.assertIn(said, done.stdout + done.stderr)
            self.assertEqual(self.offsets(topic, topic), [4, 4])

    def test_patterns_are_judged_as_the_broker_does(self):
        said = self.tool("--validate-regex", "orders-[0-9]+").stdout
        self.assertEqual(said.strip(), "The regular expression `orders-[0-9]+` is valid.")
        # What RE2 does not have, and what nobody has.
        for pattern in ("(?=a)b", "(a"):
            done = self.tool("--validate-regex", pattern, check=False)
            self.assertNotEqual(done.returncode, 0, pattern)
            self.assertIn(f"`{pattern}` is invalid", done.stdout)


if __name__ == "__main__":
    unittest.main()
