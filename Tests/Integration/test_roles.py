"""Nodes with one role each, several listeners, and the tools on a running cluster."""

import glob
import json
import os
import re
import unittest

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from cluster import ROOT, Cluster, Node, run


def produce(bootstrap, topic, values, **more):
    """Writes to partition 0, with timestamps 1, 2, 3 …"""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", **more})
    errors = []
    for number, value in enumerate(values):
        producer.produce(
            topic, value, partition=0, timestamp=number + 1,
            on_delivery=lambda error, _: errors.append(error))
    producer.flush(20)
    return errors


def consume(bootstrap, topic, count):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while len(values) < count:
        message = consumer.poll(20)
        if message is None or message.error():
            break
        values.append(message.value())
    consumer.close()
    return values


class Isolated(unittest.TestCase):
    """Three controllers and three brokers, of the files in cluster-configs."""

    def setUp(self):
        self.cluster = Cluster(0)
        self.addCleanup(self.cluster.stop)
        ports = {}
        for number in range(1, 7):
            kind = "controller" if number <= 3 else "broker"
            place = number if number <= 3 else number - 3
            path = os.path.join(ROOT, "cluster-configs", f"{kind}-{place}.properties")
            with open(path) as file:
                lines = [line.strip() for line in file if "=" in line and line[0] != "#"]
            properties = dict(line.split("=", 1) for line in lines)
            properties["log.dirs"] = os.path.join(self.cluster.directory, f"node-{number}", "data")
            properties["http.listener"] = f"127.0.0.1:{self.cluster.http_port(number)}"
            properties = {key: self.moved(value, ports) for key, value in properties.items()}
            self.cluster.nodes[number] = Node(self.cluster, number, properties)
        self.cluster.start()

    def moved(self, text, ports):
        """The ports of the files, moved to this run's."""
        def port(found):
            number = int(found.group(2))
            if number >= self.cluster.port_base:
                return found.group(0)
            known = ports.setdefault(number, self.cluster.port_base + len(ports))
            return f"{found.group(1)}:{known}"
        return re.sub(r"(localhost):(\d+)", port, text)

    @property
    def bootstrap(self):
        return ",".join(
            re.search(r"//(.*)", node.properties["listeners"]).group(1)
            for node in self.cluster.nodes.values() if node.is_broker)

    def test_controllers_and_brokers_are_processes_of_their_own(self):
        run("topics", "--bootstrap-server", self.bootstrap, "--create", "--topic", "orders",
            "--partitions", "3")
        self.assertEqual(produce(self.bootstrap, "orders", [b"a", b"b"]), [None, None])
        shown = run("metadata-quorum", "--bootstrap-server", self.bootstrap, "describe",
                    "--replication").stdout
        states = [line.split("\t")[-2].strip() for line in shown.splitlines()[1:]]
        self.assertEqual(sorted(states), ["Follower"] * 2 + ["Leader"] + ["Observer"] * 3)
        # The active controller dies, then a broker that leads: writes go on.
        self.cluster.nodes[self.cluster.controller()].kill()
        self.assertEqual(produce(self.bootstrap, "orders", [b"c"]), [None])
        metadata = AdminClient({"bootstrap.servers": self.bootstrap}).list_topics(timeout=10)
        self.assertEqual(sorted(metadata.brokers), [4, 5, 6])
        leader = metadata.topics["orders"].partitions[0].leader
        self.cluster.nodes[leader].kill()
        self.assertEqual(produce(self.bootstrap, "orders", [b"d"]), [None])
        self.assertEqual(consume(self.bootstrap, "orders", 4), [b"a", b"b", b"c", b"d"])
        # And both come back.
        for node in self.cluster.nodes.values():
            if node.process.poll() is not None:
                node.start()
                node.wait_ready()
        self.assertEqual(produce(self.bootstrap, "orders", [b"e"]), [None])

    def test_controllers_answer_tools_that_ask_them(self):
        controllers = ",".join(
            re.search(r"//(.*)", node.properties["listeners"]).group(1)
            for node in self.cluster.nodes.values() if not node.is_broker)
        shown = run("metadata-quorum", "--bootstrap-controller", controllers, "describe",
                    "--status").stdout
        self.assertIn("LeaderId:", shown)
        shown = run("features", "--bootstrap-controller", controllers, "describe").stdout
        self.assertRegex(shown, r"Feature: metadata.version +SupportedMinVersion: 3.3-IV3")

    def test_controllers_are_administered_while_no_broker_is_up(self):
        run("topics", "--bootstrap-server", self.bootstrap, "--create", "--topic", "orders",
            "--partitions", "1", "--replication-factor", "3")
        for node in self.cluster.nodes.values():
            if node.is_broker:
                node.kill()
        at = ["--bootstrap-controller", ",".join(
            re.search(r"//(.*)", node.properties["listeners"]).group(1)
            for node in self.cluster.nodes.values() if not node.is_broker)]
        self.assertIn("Completed updating config for topic orders.", run(
            "configs", *at, "--alter", "--topic", "orders", "--add-config",
            "retention.ms=5000").stdout)
        self.assertIn("  retention.ms=5000 sensitive=false", run(
            "configs", *at, "--describe", "--topic", "orders").stdout)
        self.assertIn("Completed updating default config", run(
            "configs", *at, "--alter", "--broker-defaults", "--add-config",
            "log.retention.ms=7000").stdout)
        said = run("configs", *at, "--describe", "--all", "--broker", "1").stdout
        self.assertIn("  log.retention.ms=7000 ", said)
        self.assertIn("STATIC_BROKER_CONFIG:node.id=1", said)
        lost = run("configs", *at, "--describe", "--topic", "nowhere", check=False)
        self.assertEqual((lost.returncode, lost.stdout), (1, ""))
        self.assertIn(f"Cluster ID: {self.cluster.cluster_id}\n", run(
            "cluster", "cluster-id", *at).stdout)
        self.assertEqual(len(run("cluster", "list-endpoints", *at).stdout.splitlines()), 4)
        self.assertIn("DescribeConfigs(32): 1 to 4", run("cluster", "api-versions", *at).stdout)
        self.assertIn("No partition reassignments found.", run(
            "reassign-partitions", *at, "--list").stdout)
        self.assertIn("Feature: metadata.version", run("features", *at, "describe").stdout)
        self.assertIn("LeaderId:", run("metadata-quorum", *at, "describe", "--status").stdout)

    def test_a_controlled_shutdown_of_each_role_exits_0(self):
        broker = self.cluster.nodes[4]
        self.assertEqual(broker.terminate(), 0)
        controller = self.cluster.nodes[self.cluster.controller()]
        self.assertEqual(controller.terminate(), 0)
        run("topics", "--bootstrap-server", self.bootstrap, "--create", "--topic", "later",
            "--partitions", "1", "--replication-factor", "2")
        self.assertEqual(produce(self.bootstrap, "later", [b"v"]), [None])


class Listeners(unittest.TestCase):
    """Two listeners for clients and one between brokers, with names of their own."""

    def setUp(self):
        self.cluster = Cluster(3)
        self.addCleanup(self.cluster.stop)
        for number, node in self.cluster.nodes.items():
            inner, outer, between = (self.inner(number), self.outer(number), self.between(number))
            node.write_config(**{
                "listeners": f"INNER://127.0.0.1:{inner},OUTER://0.0.0.0:{outer},"
                             f"BETWEEN://127.0.0.1:{between},"
                             f"CONTROLLER://127.0.0.1:{self.cluster.controller_port(number)}",
                "advertised.listeners": f"INNER://127.0.0.1:{inner},OUTER://127.0.8.{number}:{outer},"
                                        f"BETWEEN://127.0.0.1:{between}",
                "listener.security.protocol.map": "INNER:PLAINTEXT,OUTER:PLAINTEXT,"
                                                  "BETWEEN:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name": "BETWEEN",
            })
        self.cluster.start()

    def inner(self, number):
        return self.cluster.port(number)

    def outer(self, number):
        return self.cluster.port_base + 10 + number

    def between(self, number):
        return self.cluster.port_base + 20 + number

    def addresses(self, bootstrap):
        found = AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=10).brokers
        return {number: (broker.host, broker.port) for number, broker in found.items()}

    def test_clients_are_told_the_addresses_of_the_listener_they_came_by(self):
        self.assertEqual(
            self.addresses(f"127.0.0.1:{self.inner(1)}"),
            {number: ("127.0.0.1", self.inner(number)) for number in (1, 2, 3)})
        self.assertEqual(
            self.addresses(f"127.0.0.1:{self.outer(2)}"),
            {number: (f"127.0.8.{number}", self.outer(number)) for number in (1, 2, 3)})
        inner, outer = (f"127.0.0.1:{self.inner(1)}", f"127.0.0.1:{self.outer(1)}")
        run("topics", "--bootstrap-server", inner, "--create", "--topic", "orders",
            "--partitions", "3", "--replication-factor", "3")
        # acks=all: the followers come by the listener between brokers.
        self.assertEqual(produce(outer, "orders", [b"v"]), [None])
        self.assertEqual(consume(inner, "orders", 1), [b"v"])


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)

    def tool(self, name, *arguments, **more):
        return run(name, "--bootstrap-server", self.cluster.bootstrap, *arguments, **more)

    def test_features(self):
        def level():
            shown = self.tool("features", "describe").stdout
            line = next(l for l in shown.splitlines() if "eligible.leader" in l)
            return re.search(r"FinalizedVersionLevel: (\d+)", line).group(1)

        elr = "eligible.leader.replicas.version"
        self.assertEqual(level(), "1")
        tried = self.tool("features", "downgrade", "--feature", f"{elr}=0", "--dry-run").stdout
        self.assertEqual(tried, f"{elr} can be downgraded to 0.\n")
        self.assertEqual(level(), "1")
        done = self.tool("features", "disable", "--feature", elr).stdout
        self.assertEqual(done, f"{elr} was disabled.\n")
        self.assertEqual(level(), "0")
        done = self.tool("features", "upgrade", "--release-version", "4.3").stdout
        self.assertIn(f"{elr} was upgraded to 1.\n", done)
        self.assertEqual(level(), "1")
        failed = self.tool(
            "features", "upgrade", "--feature", "metadata.version=99", check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("Could not upgrade metadata.version to 99. The update failed", failed.stdout)
        self.assertIn("only supports versions 7-30", failed.stdout)
        self.assertIn("1 out of 1 operation(s) failed.", failed.stderr)

    def test_dump_log_reads_every_kind_of_file(self):
        self.cluster.create_topic("dumped", 1, 3, segment_bytes=1_048_576, index_interval_bytes=100)
        errors = produce(
            self.cluster.bootstrap, "dumped", [b"value-%d" % n for n in range(100)],
            **{"batch.num.messages": 10, "enable.idempotence": True})
        self.assertEqual(set(errors), {None})
        node = self.cluster.nodes[self.cluster.leader("dumped", 0)]
        # An orderly stop writes indexes and producer snapshots.
        self.assertEqual(node.terminate(), 0)
        self.addCleanup(node.wait_ready)
        self.addCleanup(node.start)
        place = os.path.join(node.properties["log.dirs"], "dumped-0")

        def dump(name, *more):
            return run("dump-log", "--files", os.path.join(place, name), *more).stdout

        zero = "0" * 20
        shown = dump(f"{zero}.log", "--print-data-log")
        self.assertIn(f"Dumping {place}/{zero}.log\nLog starting offset: 0\n", shown)
        payloads = re.findall(r"^\| offset: (\d+) .* payload: (\S+)$", shown, re.M)
        self.assertEqual(payloads, [(str(n), f"value-{n}") for n in range(100)])
        self.assertRegex(
            shown, r"baseOffset: 0 lastOffset: \d+ count: \d+ baseSequence: 0 lastSequence: \d+ "
                   r"producerId: \d+ producerEpoch: 0 partitionLeaderEpoch: \d+ "
                   r"isTransactional: false isControl: false "
                   r"deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: \d+ size: \d+ "
                   r"magic: 2 compresscodec: none crc: \d+ isvalid: true")
        self.assertEqual(len(re.findall(r"^\|", dump(f"{zero}.log"), re.M)), 0)
        positions = re.findall(r"^offset: (\d+) position: (\d+)$", dump(f"{zero}.index"), re.M)
        self.assertGreater(len(positions), 0)
        self.assertIn(
            f"{zero}.index passed sanity check.", dump(f"{zero}.index", "--index-sanity-check"))
        times = re.findall(r"^timestamp: (\d+) offset: (\d+)$", dump(f"{zero}.timeindex"), re.M)
        self.assertEqual(times[-1], ("100", "99"))
        snapshots = sorted(glob.glob(os.path.join(place, "*.snapshot")))
        shown = dump(os.path.basename(snapshots[-1]))
        self.assertRegex(
            shown, r"producerId: \d+ producerEpoch: 0 coordinatorEpoch: -1 "
                   r"currentTxnFirstOffset: OptionalLong.empty lastTimestamp: \d+ "
                   r"firstSequence: \d+ lastSequence: 99 lastOffset: 99 offsetDelta: \d+ "
                   r"timestamp: \d+")

    def test_dump_log_reads_the_metadata_log_and_its_snapshots(self):
        self.cluster.create_topic("in-the-log")
        metadata = os.path.join(
            self.cluster.nodes[1].properties["log.dirs"], "__cluster_metadata-0")
        shown = run(
            "dump-log", "--cluster-metadata-decoder", "--files",
            os.path.join(metadata, "0" * 20 + ".log")).stdout
        payloads = [json.loads(p) for p in re.findall(r"payload: (\{.*\})$", shown, re.M)]
        topics = [p["data"]["name"] for p in payloads if p["type"] == "TOPIC_RECORD"]
        self.assertIn("in-the-log", topics)
        self.assertIn(" LeaderChange: {", shown)
        levels = {p["data"]["name"]: p["data"]["featureLevel"]
                  for p in payloads if p["type"] == "FEATURE_LEVEL_RECORD"}
        self.assertEqual(levels["metadata.version"], 30)
        shown = run(
            "dump-log", "--cluster-metadata-decoder", "--files",
            os.path.join(self.cluster.nodes[1].properties["log.dirs"], "bootstrap.checkpoint")
        ).stdout
        self.assertIn("KRaft bootstrap snapshot", shown)
        self.assertIn('"featureLevel":30', shown)

    def test_dump_log_names_a_file_it_cannot_read(self):
        failed = run("dump-log", "--files", "/nowhere/0.log", check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("/nowhere/0.log", failed.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
