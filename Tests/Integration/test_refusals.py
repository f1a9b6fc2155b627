"""What every tool says to names that nobody has and sizes that cannot be, of a cluster that is well: one sentence, exit
code 1, in bounded time, and nothing is changed."""

import json
import os
import re
import time
import unittest

from cluster import Cluster, run

LONG = "x" * 250
# Tool, its words, and what it says. PARTITIONS, PLAN … are files of those contents.
REFUSED = [
    ("topics", ["--describe", "--topic", "nope"], "Topic 'nope' does not exist"),
    ("topics", ["--delete", "--topic", "nope"], "Topic 'nope' does not exist"),
    ("topics", ["--alter", "--topic", "nope", "--partitions", "3"], "Topic 'nope' does not exist"),
    ("topics", ["--alter", "--topic", "t", "--partitions", "1"], "already has 1 partition"),
    ("topics", ["--create", "--topic", "t"], "already exists"),
    ("topics", ["--create", "--topic", "a b"], "Topic name is invalid"),
    ("topics", ["--create", "--topic", LONG], "longer than the max allowed length 249"),
    ("topics", ["--create", "--topic", "x", "--partitions", "0"], "partitions"),
    ("topics", ["--create", "--topic", "x", "--partitions", "99999999999"], "partitions"),
    ("topics", ["--create", "--topic", "x", "--replication-factor", "5"], "replication factor of 5"),
    ("topics", ["--create", "--topic", "x", "--config", "retention.ms=soon"], "Invalid value soon"),
    ("topics", ["--create", "--topic", "x", "--config", "nope=1"], "Unknown topic config name: nope"),
    ("configs", ["--describe", "--topic", "nope"], "'nope' doesn't exist"),
    ("configs", ["--alter", "--topic", "nope", "--add-config", "retention.ms=1"], "'nope' doesn't exist"),
    ("configs", ["--alter", "--topic", "t", "--add-config", "retention.ms=-7"], "Invalid value -7"),
    ("configs", ["--describe", "--broker", "one"], "must be a valid integer broker id, found: one"),
    ("configs", ["--describe", "--entity-type", "brokers", "--entity-name", "one"],
     "must be a valid integer broker id, found: one"),
    ("configs", ["--alter", "--broker", "1", "--add-config", "node.id=4"], "node.id"),
    ("console-producer", ["--topic", "a b"], "INVALID_TOPIC_EXCEPTION"),
    ("console-consumer", ["--topic", "nope", "--timeout-ms", "5000"], "Topic 'nope' does not exist"),
    ("console-consumer", ["--topic", "t", "--partition", "9", "--offset", "earliest"], "none is number 9"),
    ("metadata-quorum", ["--command-config", "nowhere", "describe", "--status"], "nowhere"),
    ("features", ["upgrade", "--feature", "nope=1"], "nope"),
    ("features", ["upgrade", "--feature", "metadata.version=99"], "only supports versions"),
    ("get-offsets", ["--topic", "nope"], "Could not match any topic-partitions"),
    ("get-offsets", ["--topic-partitions", "t:7"], "Could not match any topic-partitions"),
    ("leader-election", ["--election-type", "preferred", "--topic", "nope", "--partition", "0"], "nope-0"),
    ("consumer-groups", ["--describe", "--group", "nope"], "'nope' does not exist"),
    ("consumer-groups", ["--delete", "--group", "nope"], "GROUP_ID_NOT_FOUND"),
    ("consumer-groups", ["--group", "g", "--topic", "nope", "--reset-offsets", "--to-earliest", "--execute"],
     "do not exist"),
    ("producer-perf-test", ["--topic", "t", "--num-records", "3", "--record-size", "2000000", "--throughput", "-1"],
     "larger than max.request.size"),
    ("consumer-perf-test", ["--topic", "nope", "--num-records", "1"], "Topic 'nope' does not exist"),
    ("log-dirs", ["--describe", "--broker-list", "9"], "do not exist"),
    ("reassign-partitions", ["--execute", "--reassignment-json-file", "NO-TOPIC"], "nope"),
    ("reassign-partitions", ["--execute", "--reassignment-json-file", "TWICE"], "duplicate entries"),
    ("reassign-partitions", ["--execute", "--reassignment-json-file", "NO-BROKER"], "Unknown broker id 9"),
    ("reassign-partitions", ["--execute", "--reassignment-json-file", "NO-JSON"], "not JSON"),
    ("delete-records", ["--offset-json-file", "BEYOND"], "OFFSET_OUT_OF_RANGE"),
    ("cluster", ["unregister", "--id", "9"], "not currently registered"),
    ("e2e-latency", ["--topic", "a b", "--num-records", "1", "--producer-acks", "1", "--record-size", "1"],
     "INVALID_TOPIC_EXCEPTION"),
    ("verify", ["--topic", "nope"], "'nope' does not exist"),
]
PLANS = {"NO-TOPIC": ("nope", [1]), "TWICE": ("t", [1, 1]), "NO-BROKER": ("t", [9])}
LIMIT = 30


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(1, auto_create_topics_enable="false")
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()
        cls.cluster.create_topic("t")
        files = {
            name: json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": 0, "replicas": replicas}]})
            for name, (topic, replicas) in PLANS.items()}
        files["BEYOND"] = json.dumps(
            {"version": 1, "partitions": [{"topic": "t", "partition": 0, "offset": 99}]})
        files["NO-JSON"] = "{"
        cls.files = {}
        for name, content in files.items():
            cls.files[name] = os.path.join(cls.cluster.directory, name)
            with open(cls.files[name], "w") as file:
                file.write(content)

        # The first question for a group makes the topic that groups are kept in.
        cls.tool("consumer-groups", ["--describe", "--group", "nope"])

    @classmethod
    def tool(cls, name, words, check=False):
        words = [cls.files.get(word, word) for word in words]
        return run(name, *words, "--bootstrap-server", cls.cluster.bootstrap, check=check, timeout=LIMIT,
                   input="a line\n")

    def state(self):
        # The epoch of features is the metadata's offset.
        return [re.sub(r"Epoch: \d+", "", self.tool(name, words, check=True).stdout) for name, words in (
            ("topics", ["--describe"]), ("configs", ["--describe", "--entity-type", "topics"]),
            ("configs", ["--describe", "--broker", "1"]), ("features", ["describe"]),
            ("get-offsets", []), ("consumer-groups", ["--list"]), ("cluster", ["list-endpoints"]))]

    def test_what_is_not_there_or_cannot_be_is_said_and_changes_nothing(self):
        before = self.state()
        for name, words, sentence in REFUSED:
            with self.subTest(tool=name, words=words):
                began = time.monotonic()
                done = self.tool(name, words)
                said = done.stdout + done.stderr
                self.assertEqual(done.returncode, 1, said)
                self.assertIn(sentence, said)
                self.assertNotIn("Fatal error", said)
                self.assertLess(time.monotonic() - began, LIMIT)
        self.assertEqual(before, self.state())


if __name__ == "__main__":
    unittest.main(verbosity=2)
