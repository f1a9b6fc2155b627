"""Members of groups are given the partitions of their own rack (KIP-881, 1101), by librdkafka, by the own client, and by the
broker, and follow replicas that change their racks."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from group_case import GroupCase  # noqa: E402
from cluster import BINARY, Cluster, run  # noqa: E402

# Each partition has one replica, so it is in one rack.
PLACES = [1, 2, 3, 1, 2, 3]


class OwnMember:
    """The own client as a process, and what it owns by its own word."""

    def __init__(self, case, group, topic, rack, *more):
        self.owned = set()
        properties = tempfile.NamedTemporaryFile("w", suffix=".properties")
        case.addCleanup(properties.close)
        properties.write(f"client.rack=rack-{rack}\nmetadata.max.age.ms=500\n")
        properties.flush()
        self.process = subprocess.Popen(
            [BINARY, "verifiable-consumer", "--bootstrap-server", case.cluster.bootstrap, "--topic", topic, "--group-id", group,
             "--command-config", properties.name, *more],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        case.addCleanup(self.process.stdout.close)
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.kill)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if event["name"] not in ("partitions_assigned", "partitions_revoked"):
                continue
            named = {part["partition"] for part in event["partitions"]}
            self.owned = self.owned | named if event["name"] == "partitions_assigned" else self.owned - named


class GroupRacks(GroupCase):
    PROPERTIES = {**GroupCase.PROPERTIES, "group_consumer_min_heartbeat_interval_ms": 200,
                  "group_consumer_heartbeat_interval_ms": 300}

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3, **cls.PROPERTIES)
        cls.addClassCleanup(cls.cluster.stop)
        for node in cls.cluster.nodes.values():
            node.write_config(**{"broker.rack": f"rack-{node.number}"})
        cls.cluster.start()

    def placed(self):
        """A topic with a partition in each rack, twice over."""
        name = self.id().split(".")[-1].replace("test_", "")
        run("topics", "--bootstrap-server", self.cluster.bootstrap, "--create", "--topic", name,
            "--replica-assignment", ",".join(map(str, PLACES)))
        return name

    def exchange(self, topic):
        """Partitions 0 and 1 change places."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
            json.dump({"version": 1, "partitions": [
                {"topic": topic, "partition": partition, "replicas": [PLACES[1 - partition]]} for partition in (0, 1)]}, plan)
            plan.flush()
            run("reassign-partitions", "--bootstrap-server", self.cluster.bootstrap, "--execute",
                "--reassignment-json-file", plan.name)

    NEAR = [{0, 3}, {1, 4}, {2, 5}]
    EXCHANGED = [{1, 3}, {0, 4}, {2, 5}]

    def librdkafkas(self, topic, **more):
        from confluent_kafka import Consumer

        members = []
        for rack in (1, 2, 3):
            members.append(Consumer({
                "bootstrap.servers": self.cluster.bootstrap, "group.id": topic, "client.rack": f"rack-{rack}",
                "topic.metadata.refresh.interval.ms": 500, **more}))
            members[-1].subscribe([topic])
            self.addCleanup(members[-1].close)

        def owned():
            for member in members:
                member.poll(0.02)
            return [{part.partition for part in member.assignment()} for member in members]

        return owned

    def owns(self, *more):
        topic = self.placed()
        members = [OwnMember(self, topic, topic, rack, *more) for rack in (1, 2, 3)]

        def owned():
            time.sleep(0.02)
            return [member.owned for member in members]

        self.follows(topic, owned)

    def follows(self, topic, owned):
        self.until(lambda: owned() == self.NEAR, "each has what is near")
        self.exchange(topic)
        self.until(lambda: owned() == self.EXCHANGED, "they follow")

    def test_librdkafka_shares_by_racks(self):
        topic = self.placed()
        owned = self.librdkafkas(topic, **{"partition.assignment.strategy": "range"})
        self.until(lambda: owned() == self.NEAR, "each has what is near")

    def test_librdkafka_follows_racks_with_the_uniform_assignor(self):
        topic = self.placed()
        self.follows(topic, self.librdkafkas(topic, **{"group.protocol": "consumer"}))

    def test_librdkafka_follows_racks_with_the_range_assignor(self):
        topic = self.placed()
        self.follows(topic, self.librdkafkas(
            topic, **{"group.protocol": "consumer", "group.remote.assignor": "range"}))

    def test_the_own_client_follows_racks_in_the_classic_protocol(self):
        self.owns("--assignment-strategy", "org.apache.kafka.clients.consumer.RangeAssignor")

    def test_the_own_client_follows_racks_in_the_consumer_protocol(self):
        self.owns("--group-protocol", "consumer")


if __name__ == "__main__":
    unittest.main()
