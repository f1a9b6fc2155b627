"""Moving replicas between brokers and directories with the tool, under load, with throttles and a kill in the middle."""

import json
import os
import time
import unittest

from confluent_kafka import Producer

from checker import Load, check, read_all
from cluster import Cluster, run


class Reassignment(unittest.TestCase):
    def begin(self, nodes=4, **settings):
        self.cluster = Cluster(nodes, **settings)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()

    def file(self, name, value):
        path = os.path.join(self.cluster.directory, name)
        with open(path, "w") as file:
            file.write(value if isinstance(value, str) else json.dumps(value))
        return path

    def plan(self, topic, replicas, directories=None):
        """The file of moves of partitions 0, 1, … of a topic."""
        entries = [{"topic": topic, "partition": number, "replicas": list(brokers)}
                   for number, brokers in enumerate(replicas)]
        if directories:
            for entry, names in zip(entries, directories):
                entry["log_dirs"] = names
        return self.file("plan.json", {"version": 1, "partitions": entries})

    def tool(self, *arguments, check=True):
        done = run("reassign-partitions", "--bootstrap-server", self.cluster.bootstrap, *arguments, check=check)
        return done if not check else done.stdout.splitlines()

    def create(self, topic, assignment):
        text = ",".join(":".join(map(str, brokers)) for brokers in assignment)
        run("topics", "--bootstrap-server", self.cluster.bootstrap, "--create", "--topic", topic,
            "--replica-assignment", text)

    def replicas(self, topic):
        shown = run("topics", "--bootstrap-server", self.cluster.bootstrap, "--describe", "--topic", topic)
        found = {}
        for line in shown.stdout.splitlines():
            words = line.split()
            if "Partition:" in words:
                values = {key: words[words.index(key) + 1] for key in ("Partition:", "Replicas:", "Isr:")}
                found[int(values["Partition:"])] = (
                    [int(n) for n in values["Replicas:"].split(",")],
                    {int(n) for n in values["Isr:"].split(",")})
        return [found[number] for number in sorted(found)]

    def wait_until(self, what, condition, timeout=60):
        deadline = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not within {timeout} s: {what}")
            time.sleep(0.1)

    def load(self, topic, partitions):
        load = Load(self.cluster.bootstrap, topic, partitions).start()
        self.addCleanup(lambda: load.thread.is_alive() and load.abandon())
        return load

    def fill(self, topic, megabytes):
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all"})
        errors = []
        for _ in range(megabytes * 10):
            producer.produce(topic, os.urandom(100_000), partition=0,
                             on_delivery=lambda error, _: errors.append(error))
            producer.poll(0)
        self.assertEqual(producer.flush(60), 0)
        self.assertEqual([error for error in errors if error], [])

    def test_moves_under_load_with_a_kill_in_the_middle(self):
        self.begin()
        old = [(1, 2, 3), (2, 3, 1), (3, 1, 2), (1, 3, 2)]
        new = [(4, 2, 3), (2, 4, 1), (3, 1, 4), (4, 3, 2)]
        self.create("orders", old)
        load = self.load("orders", 4)
        load.wait_acknowledged(1000)
        path = self.plan("orders", new)
        shown = self.tool("--execute", "--reassignment-json-file", path)
        self.assertEqual(shown[0], "Current partition replica assignment")
        rollback = json.loads(shown[2])
        self.assertEqual([tuple(p["replicas"]) for p in rollback["partitions"]], old)
        self.assertEqual(
            shown[-1], "Successfully started partition reassignments for orders-0,orders-1,orders-2,orders-3")
        # The broker that gets replicas dies while it copies, and so does one that sends.
        self.cluster.nodes[4].kill()
        load.wait_acknowledged(500)
        self.cluster.nodes[4].start()
        self.cluster.nodes[4].wait_ready()
        self.wait_until("all have moved", lambda: [r for r, _ in self.replicas("orders")] == [
            list(brokers) for brokers in new])
        self.wait_until("all is in sync", lambda: all(isr == set(r) for r, isr in self.replicas("orders")))
        load.wait_acknowledged(1000)
        shown = self.tool("--verify", "--reassignment-json-file", path)
        self.assertEqual(shown[:5], ["Status of partition reassignment:"] + [
            f"Reassignment of partition orders-{n} is completed." for n in range(4)])
        self.assertIn("Clearing broker-level throttles on brokers 1,2,3,4", shown)
        self.assertIn("Clearing topic-level throttles on topic orders", shown)
        self.assertEqual(self.tool("--list"), ["No partition reassignments found."])
        # And back, by the file that the tool has written, while its leader dies.
        shown = self.tool("--execute", "--reassignment-json-file", self.file("back.json", rollback))
        self.cluster.nodes[2].kill()
        load.wait_acknowledged(500)
        self.cluster.nodes[2].start()
        self.cluster.nodes[2].wait_ready()
        self.wait_until("all are back", lambda: [r for r, _ in self.replicas("orders")] == [
            list(brokers) for brokers in old])
        load.stop()
        check(self.cluster.bootstrap, [load])

    def test_a_throttle_slows_a_move_and_goes_when_it_is_done(self):
        self.begin()
        self.create("orders", [(1, 2, 3)])
        self.fill("orders", 12)
        path = self.plan("orders", [(1, 2, 4)])
        began = time.monotonic()
        shown = self.tool("--execute", "--reassignment-json-file", path, "--throttle", "2000000")
        self.assertIn("The inter-broker throttle limit was set to 2000000 B/s", shown)
        self.assertEqual(
            self.tool("--list"),
            ["Current partition reassignments:", "orders-0: replicas: 1,2,4,3. adding: 4. removing: 3."])
        shown = self.tool("--verify", "--reassignment-json-file", path)
        self.assertEqual(shown[1], "Reassignment of partition orders-0 is still in progress.")
        # Others are not slowed down: records arrive at all three as before.
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all"})
        asked = time.monotonic()
        producer.produce("orders", b"x", partition=0)
        self.assertEqual(producer.flush(10), 0)
        self.assertLess(time.monotonic() - asked, 1.5)
        self.wait_until("it has moved", lambda: self.replicas("orders")[0] == ([1, 2, 4], {1, 2, 4}), 30)
        took = time.monotonic() - began
        print(f"12 MB at 2 MB/s: {took:.1f} s", flush=True)
        self.assertGreater(took, 4)
        self.assertLess(took, 12)
        self.tool("--verify", "--reassignment-json-file", path)
        for kind, name in (("topics", "orders"), ("brokers", "4")):
            shown = run("configs", "--bootstrap-server", self.cluster.bootstrap, "--describe",
                        "--entity-type", kind, "--entity-name", name).stdout
            self.assertNotIn("throttled", shown)

    def test_a_move_is_cancelled(self):
        self.begin()
        self.create("orders", [(1, 2, 3)])
        self.fill("orders", 10)
        path = self.plan("orders", [(1, 2, 4)])
        self.tool("--execute", "--reassignment-json-file", path, "--throttle", "500000")
        again = self.tool("--execute", "--reassignment-json-file", path, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("Cannot execute because there is an existing partition assignment", again.stderr)
        shown = self.tool("--cancel", "--reassignment-json-file", path)
        self.assertEqual(shown[0], "Successfully cancelled partition reassignment for: orders-0")
        self.wait_until("it is back", lambda: self.replicas("orders")[0] == ([1, 2, 3], {1, 2, 3}), 20)
        shown = self.tool("--verify", "--reassignment-json-file", path)
        self.assertEqual(
            shown[1],
            "There is no active reassignment of partition orders-0, but replica set is 1,2,3 rather than 1,2,4.")
        shown = self.tool("--cancel", "--reassignment-json-file", path)
        self.assertEqual(shown[0], "None of the specified partition reassignments are active.")

    def test_a_proposal_is_made_and_replicas_move_between_directories(self):
        self.begin(3)
        for node in self.cluster.nodes.values():
            node.terminate()
            node.write_config(log_dirs=",".join(os.path.join(node.directory, name) for name in ("a", "b")))
        self.cluster.start()
        self.create("orders", [(1, 2), (2, 1)])
        self.fill("orders", 1)
        topics = self.file("topics.json", {"version": 1, "topics": [{"topic": "orders"}]})
        shown = self.tool("--generate", "--topics-to-move-json-file", topics, "--broker-list", "2,3")
        self.assertEqual(shown[0], "Current partition replica assignment")
        self.assertEqual(shown[3], "Proposed partition reassignment configuration")
        proposed = json.loads(shown[4])["partitions"]
        self.assertEqual([sorted(p["replicas"]) for p in proposed], [[2, 3], [2, 3]])
        self.assertEqual({p["replicas"][0] for p in proposed}, {2, 3})
        place = os.path.join(self.cluster.nodes[3].directory, "b")
        path = self.plan("orders", [(2, 3)], [["any", place]])
        shown = self.tool("--execute", "--reassignment-json-file", path)
        self.assertIn(
            f"Successfully started moving log directory to {place} for replica orders-0 with broker 3 ", shown)
        # The replica is in its directory, and so the first is true, before the records are.
        done = {"Reassignment of replica orders-0-3 completed successfully.",
                "Reassignment of partition orders-0 is completed."}
        self.wait_until("it is there", lambda: done <= set(self.tool("--verify", "--reassignment-json-file", path)))
        # It may have moved while it was empty: the directory comes with the first records.
        self.wait_until("its records are there", lambda: os.path.isdir(os.path.join(place, "orders-0")))
        self.assertEqual(len(read_all(self.cluster.bootstrap, "orders", 0)), 10)

    def test_wrong_files_are_refused(self):
        self.begin(1)
        self.create("orders", [(1,)])
        for text, sentence in (
            ("{", "plan.json"), ('{"partitions":[]}', "Partition reassignment list cannot be empty"),
            ('{"partitions":[{"topic":"orders","partition":0,"replicas":[]}]}', "cannot be empty for orders-0"),
            ('{"partitions":[{"topic":"orders","partition":0,"replicas":[1,1]}]}', "duplicate entries"),
            ('{"partitions":[{"topic":"orders","partition":0,"replicas":[9]}]}', "Unknown broker id 9"),
            ('{"partitions":[{"topic":"nowhere","partition":0,"replicas":[1]}]}', "Topic nowhere not found."),
            ('{"partitions":[{"topic":"orders","partition":5,"replicas":[1]}]}', "Partition orders-5 not found."),
        ):
            done = self.tool("--execute", "--reassignment-json-file", self.file("plan.json", text), check=False)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(sentence, done.stderr)
        done = self.tool("--list", "--throttle", "5", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("can't be used with action", done.stderr)

    def test_records_are_deleted_and_brokers_unregistered(self):
        self.begin(3)
        self.create("orders", [(1, 2, 3)])
        self.fill("orders", 1)
        path = self.file("offsets.json", {"version": 1, "partitions": [
            {"topic": "orders", "partition": 0, "offset": 4}]})
        done = run("delete-records", "--bootstrap-server", self.cluster.bootstrap, "--offset-json-file", path)
        self.assertEqual(done.stdout.splitlines(), [
            "Executing records delete operation", "Records delete operation completed:",
            "partition: orders-0\tlow_watermark: 4"])
        self.assertEqual([offset for offset, _ in read_all(self.cluster.bootstrap, "orders", 0)], [4, 5, 6, 7, 8, 9])
        path = self.file("offsets.json", {"partitions": [
            {"topic": "orders", "partition": 0, "offset": 400}, {"topic": "none", "partition": 0, "offset": 1}]})
        done = run("delete-records", "--bootstrap-server", self.cluster.bootstrap, "--offset-json-file", path,
                   check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("partition: orders-0\terror:", done.stdout)
        self.assertIn("partition: none-0\terror:", done.stdout)

        def cluster(*arguments):
            return run("cluster", *arguments, "--bootstrap-server", self.cluster.bootstrap).stdout.splitlines()

        self.assertEqual(cluster("cluster-id"), [f"Cluster ID: {self.cluster.cluster_id}"])
        rows = [line.split() for line in cluster("list-endpoints")]
        self.assertEqual(rows[0], ["ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"])
        self.assertEqual(
            rows[1:], [[str(n), "127.0.0.1", str(self.cluster.port(n)), "null", "unfenced", "broker"]
                       for n in (1, 2, 3)])
        self.cluster.nodes[3].kill()
        self.wait_until("it is fenced", lambda: any(
            "fenced" in line.split() for line in cluster("list-endpoints", "--include-fenced-brokers")))
        self.assertEqual(cluster("unregister", "--id", "3"), ["Broker 3 is no longer registered."])
        rows = cluster("list-endpoints", "--include-fenced-brokers")
        self.assertEqual([row.split()[0] for row in rows[1:]], ["1", "2"])


if __name__ == "__main__":
    unittest.main()
