"""The tools on a running cluster, on one that is not there, and on one that says nothing."""

import concurrent.futures
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from cluster import BINARY, PORT_BASE, ROOT, Cluster, run

LIMIT = 60


def events(text):
    return [json.loads(line) for line in text.splitlines()]


class OnACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()

    def topic(self, partitions=1, **configs):
        name = self.id().split(".")[-1]
        self.cluster.create_topic(name, partitions, 3, **configs)
        return name

    def tool(self, *arguments, **more):
        return run(*arguments, "--bootstrap-server", self.cluster.bootstrap, **more)

    def started(self, *arguments):
        process = subprocess.Popen(
            [BINARY, *arguments, "--bootstrap-server", self.cluster.bootstrap], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def next_event(self, process, name):
        for line in process.stdout:
            event = json.loads(line)
            if event["name"] == name:
                return event
        self.fail(f"no {name}: {process.stderr.read()}")

    # Verifiable clients

    def test_a_verifiable_producer_tells_of_every_record(self):
        topic = self.topic(2)
        told = events(self.tool(
            "verifiable-producer", "--topic", topic, "--max-messages", "300", "--value-prefix", "7",
            "--repeating-keys", "5").stdout)
        self.assertEqual(told[0]["name"], "startup_complete")
        self.assertEqual([event["name"] for event in told[-2:]], ["shutdown_complete", "tool_data"])
        sent = told[1:-2]
        self.assertEqual({event["name"] for event in sent}, {"producer_send_success"})
        self.assertEqual(
            sorted(event["value"] for event in sent), sorted(f"7.{n}" for n in range(300)))
        self.assertEqual({event["key"] for event in sent}, set("01234"))
        total = told[-1]
        self.assertEqual(
            (total["sent"], total["acked"], total["target_throughput"]), (300, 300, -1))

    def test_a_verifiable_producer_ends_well_when_interrupted(self):
        process = self.started(
            "verifiable-producer", "--topic", self.topic(), "--throughput", "200")
        for _ in range(5):
            self.next_event(process, "producer_send_success")
        process.send_signal(signal.SIGTERM)
        total = self.next_event(process, "tool_data")
        self.assertEqual(process.wait(LIMIT), 0)
        self.assertEqual(total["sent"], total["acked"])
        self.assertEqual(total["target_throughput"], 200)

    def test_a_verifiable_consumer_tells_what_happens_to_it(self):
        topic = self.topic()
        self.tool("verifiable-producer", "--topic", topic, "--max-messages", "100")
        for protocol in "classic", "consumer":
            with self.subTest(protocol=protocol):
                told = events(self.tool(
                    "verifiable-consumer", "--topic", topic, "--group-id", f"{topic}-{protocol}",
                    "--group-protocol", protocol, "--max-messages", "100", "--verbose").stdout)
                names = [event["name"] for event in told]
                self.assertEqual((names[0], names[-1]), ("startup_complete", "shutdown_complete"))
                self.assertEqual(
                    told[names.index("partitions_assigned")]["partitions"],
                    [{"topic": topic, "partition": 0}])
                records = [event for event in told if event["name"] == "record_data"]
                self.assertEqual([event["value"] for event in records], [str(n) for n in range(100)])
                consumed = [event for event in told if event["name"] == "records_consumed"]
                self.assertEqual(sum(event["count"] for event in consumed), 100)
                commits = [event for event in told if event["name"] == "offsets_committed"]
                self.assertTrue(all(event["success"] for event in commits))
                self.assertEqual(
                    commits[-1]["offsets"], [{"topic": topic, "partition": 0, "offset": 100}])

    def left(self, group):
        """Whether nobody is in a group."""
        said = self.tool("consumer-groups", "--describe", "--group", group, "--members", check=False)
        return "has no active members" in said.stdout + said.stderr

    def test_a_verifiable_consumer_leaves_when_interrupted(self):
        topic = self.topic()
        for turn in range(5):
            group = f"{topic}-{turn}"
            process = self.started("verifiable-consumer", "--topic", topic, "--group-id", group)
            self.next_event(process, "partitions_assigned")
            process.send_signal(signal.SIGTERM)
            self.next_event(process, "shutdown_complete")
            self.assertEqual(process.wait(LIMIT), 0)
            self.assertTrue(self.left(group))

    def test_a_console_consumer_leaves_when_interrupted(self):
        topic = self.topic()
        self.tool("verifiable-producer", "--topic", topic, "--max-messages", "1")
        for turn in range(5):
            group = f"{topic}-{turn}"
            process = self.started(
                "console-consumer", "--topic", topic, "--group", group, "--from-beginning")
            self.assertEqual(process.stdout.readline(), "0\n")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(LIMIT), 130)
            self.assertTrue(self.left(group))

    def test_the_latency_of_single_records(self):
        topic = self.topic(2)
        for name in "e2e-latency", "end-to-end-latency":
            said = self.tool(
                name, "--topic", topic, "--num-records", "20", "--producer-acks", "all",
                "--record-size", "10", "--record-key-size", "4", "--num-headers", "2",
                "--record-header-key-size", "3", "--record-header-size", "-1").stdout
            self.assertRegex(
                said, r"\A0\t[\d.]+\nAvg latency: \d+\.\d{4} ms\n"
                r"Percentiles: 50th = \d+, 99th = \d+, 99.9th = \d+\n\Z")
        older = run("e2e-latency", self.cluster.bootstrap, topic + "-made", "5", "1", "10")
        self.assertIn("Will create topic with 1 partition(s)", older.stdout)
        self.assertIn("deprecated", older.stderr)

    # Verify

    def test_replicas_that_agree(self):
        topic = self.topic(3)
        self.tool("verifiable-producer", "--topic", topic, "--max-messages", "500")
        compacted = topic + "-compacted"
        self.cluster.create_topic(compacted, 1, 3, cleanup_policy="compact")
        self.tool(
            "verifiable-producer", "--topic", compacted, "--max-messages", "200",
            "--repeating-keys", "7")
        done = self.tool(
            "verify", "--topics-include", re.escape(topic) + ".*", "--fetch-size", "700")
        self.assertIn(f"{compacted}-0: replicas", done.stdout)
        self.assertIn("agree on offsets 0 to 199", done.stdout)
        self.assertIn("The replicas of all 4 partitions agree.", done.stdout)

    def test_verify_needs_a_topic_that_is_there(self):
        done = self.tool("verify", "--topic", "nowhere", check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("'nowhere'", done.stderr)

    # Doctor

    def findings(self, *arguments, **more):
        done = run("doctor", "--json", *arguments, check=False, **more)
        self.assertNotEqual(done.returncode, 1, done.stderr)
        return json.loads(done.stdout)["findings"], done.returncode

    def test_the_doctor_looks_at_a_node_that_runs(self):
        node = self.cluster.nodes[1]
        found, _ = self.findings("--config", node.config)
        self.assertEqual([f for f in found if f["check"] != "file-limit"], [])

    def test_the_doctor_finds_another_cluster_and_taken_ports(self):
        with tempfile.TemporaryDirectory(prefix="martlet-doctor-") as directory:
            node = self.cluster.nodes[1]
            properties = dict(node.properties)
            properties["log.dirs"] = os.path.join(directory, "data")
            config = os.path.join(directory, "server.properties")
            with open(config, "w") as file:
                for key, value in properties.items():
                    file.write(f"{key}={value}\n")
            found, code = self.findings("--config", config)
            self.assertIn(("error", "directory"), [(f["severity"], f["check"]) for f in found])
            self.assertEqual(code, 3)
            run("storage", "format", "-t", run("storage", "random-uuid").stdout.strip(), "-c", config)
            found, code = self.findings("--config", config)
            checks = {f["check"] for f in found if f["severity"] == "error"}
            self.assertEqual((checks, code), ({"port", "other-cluster"}, 3))
            with open(config, "a") as file:
                file.write("num.partitions=none\n")
            found, code = self.findings("--config", config)
            self.assertEqual([f["check"] for f in found], ["configuration"])
            self.assertIn("none", found[0]["evidence"])


class WithANodeAway(unittest.TestCase):
    def test_the_doctor_and_verify_say_what_is_missing_and_why(self):
        cluster = Cluster(3)
        self.addCleanup(cluster.stop)
        cluster.start()
        cluster.create_topic("orders", 3, 3)
        cluster.create_topic("alone", 1, 1)
        well = json.loads(run(
            "doctor", "--json", "--bootstrap-server", cluster.bootstrap, check=False).stdout)
        self.assertEqual([f["check"] for f in well["findings"] if f["severity"] == "error"], [])
        self.assertEqual(well["examined"], {"brokers": 3, "topics": 2, "partitions": 4})
        away = cluster.nodes[cluster.leader("alone", 0)]
        away.kill()
        others = ",".join(
            f"127.0.0.1:{cluster.port(n)}" for n in cluster.nodes if n != away.number)
        wanted = {"fenced-broker", "leaderless", "under-replicated", "quorum-majority"}
        deadline = time.monotonic() + LIMIT
        while True:
            done = run("doctor", "--json", "--bootstrap-server", others, check=False)
            checks = {f["check"] for f in json.loads(done.stdout)["findings"]}
            if wanted <= checks:
                break
            self.assertLess(time.monotonic(), deadline, done.stdout)
        self.assertEqual(done.returncode, 3)
        said = run("doctor", "--bootstrap-server", others, check=False).stdout
        self.assertIn(f"because broker {away.number} is down or starting", said)
        self.assertIn(f"alone-0 wait for broker {away.number}", said)
        done = run("verify", "--bootstrap-server", others, "--topic", "orders", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"replica {away.number} cannot be read", done.stdout)
        self.check_the_doctor_without_a_quorum(cluster, away)

    def check_the_doctor_without_a_quorum(self, cluster, away):
        """One of three is left: it cannot say who leads, and what it does say is told all the same."""
        second = next(node for node in cluster.nodes.values() if node is not away)
        second.kill()
        left = next(n for n in cluster.nodes if n not in (away.number, second.number))
        deadline = time.monotonic() + LIMIT
        while True:
            done = run(
                "doctor", "--json", "--bootstrap-server", f"127.0.0.1:{cluster.port(left)}",
                "--timeout-ms", "3000", check=False)
            found = {f["check"]: f for f in json.loads(done.stdout or '{"findings": []}')["findings"]}
            if "quorum-majority" in found and "has no leader" in found["quorum-majority"]["what"]:
                break
            self.assertLess(time.monotonic(), deadline, done.stdout + done.stderr)
        self.assertEqual(done.returncode, 3)
        self.assertIn("advertised-listener", found)
        self.assertFalse(cluster.nodes[left].is_ready(), "it hears of no leader")
        for node in (away, second):
            node.start()
        for node in (away, second):
            node.wait_ready()


# Tools that ask a cluster, each with the least that it needs.
ASKING = {
    "topics": ["--list"],
    "configs": ["--describe", "--topic", "t"],
    "console-producer": ["--topic", "t"],
    "console-consumer": ["--topic", "t", "--max-messages", "1"],
    "metadata-quorum": ["describe", "--status"],
    "features": ["describe"],
    "broker-api-versions": [],
    "get-offsets": ["--topic", "t"],
    "leader-election": ["--election-type", "preferred", "--all-topic-partitions"],
    "consumer-groups": ["--list"],
    "groups": ["--list"],
    "producer-perf-test": [
        "--topic", "t", "--num-records", "1", "--throughput", "-1", "--record-size", "1"],
    "consumer-perf-test": ["--topic", "t", "--num-records", "1"],
    "log-dirs": ["--describe"],
    "reassign-partitions": ["--list"],
    "delete-records": ["--offset-json-file", "OFFSETS"],
    "cluster": ["cluster-id"],
    "verifiable-producer": ["--topic", "t", "--max-messages", "1"],
    "verifiable-consumer": ["--topic", "t", "--group-id", "g", "--max-messages", "1"],
    "e2e-latency": [
        "--topic", "t", "--num-records", "1", "--producer-acks", "1", "--record-size", "1"],
    "verify": [],
    "doctor": [],
}
# Tools that ask nobody, and the doors.
ALONE = {
    "dump-log", "metadata-shell", "server-stop", "storage", "up", "container-start", "reference", "server-start",
    "version", "help"}
# Command lines that contradict themselves or make no sense.
WRONG = {
    "topics": ["--list", "--create"],
    "configs": ["--describe", "--alter", "--topic", "t"],
    "console-producer": [],
    "console-consumer": ["--topic", "t", "--include", "u"],
    "metadata-quorum": ["describe"],
    "features": ["raise"],
    "broker-api-versions": ["surplus"],
    "get-offsets": ["--time", "yesterday"],
    "leader-election": ["--election-type", "clean", "--all-topic-partitions"],
    "consumer-groups": ["--list", "--delete"],
    "groups": ["--describe"],
    "producer-perf-test": ["--topic", "t", "--num-records", "0", "--throughput", "-1"],
    "consumer-perf-test": ["--topic", "t"],
    "log-dirs": ["--describe", "--broker-list", "one"],
    "reassign-partitions": ["--list", "--cancel"],
    "delete-records": [],
    "cluster": ["unregister"],
    "verifiable-producer": ["--topic", "t", "--acks", "2"],
    "verifiable-consumer": ["--topic", "t", "--group-id", "g", "--group-remote-assignor", "range"],
    "e2e-latency": [
        "--topic", "t", "--num-records", "1", "--producer-acks", "0", "--record-size", "1"],
    "verify": ["--topic", "t", "--topics-include", "u"],
    "doctor": ["--config", "f"],
    "dump-log": [],
    "metadata-shell": ["ls"],
    "server-stop": ["--process-role", "observer"],
    "storage": ["format"],
    "reference": ["completion", "tcsh"],
    "up": ["--nodes", "0"],
}


class ServerStop(unittest.TestCase):
    def test_it_stops_the_nodes_that_are_meant(self):
        cluster = Cluster(1)
        self.addCleanup(cluster.stop)
        # An id that no other test has: whoever else runs here goes on.
        node = cluster.nodes[1]
        identity = 1_000_000 + PORT_BASE
        node.write_config(node_id=identity, controller_quorum_voters=(
            f"{identity}@127.0.0.1:{cluster.controller_port(1)}"))
        cluster.start()
        nobody = run("server-stop", "--node-id", str(identity + 1), check=False)
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("No kafka server to stop\n", nobody.stderr)
        run("server-stop", "--node-id", str(identity))
        self.assertEqual(node.process.wait(LIMIT), 0)


class Installed(unittest.TestCase):
    """What `make install` puts in place, of the binary under test."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="martlet-install-")
        cls.addClassCleanup(scratch.cleanup)
        cls.prefix = scratch.name
        own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        subprocess.run(
            ["make", "--silent", "install-files", f"INSTALLED={BINARY}", f"PREFIX={cls.prefix}"],
            cwd=ROOT, env=own, check=True, timeout=LIMIT, capture_output=True)

    def path(self, *names):
        return os.path.join(self.prefix, *names)

    def test_kafkas_names_are_tools(self):
        names = set(os.listdir(self.path("bin")))
        self.assertLessEqual(
            {"martlet", "kafka-topics.sh", "kafka-e2e-latency.sh", "kafka-server-start.sh"}, names)
        self.assertNotIn("kafka-doctor.sh", names)
        done = subprocess.run(
            [self.path("bin", "kafka-storage.sh"), "random-uuid"], capture_output=True, text=True,
            timeout=LIMIT)
        self.assertEqual((done.returncode, len(done.stdout.strip())), (0, 22))

    def completed(self, *words):
        script = (
            'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _martlet; '
            'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(
            ["bash", "-c", script, "bash",
             self.path("share", "bash-completion", "completions", "martlet"), *words],
            capture_output=True, text=True, timeout=LIMIT, cwd=self.prefix)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.completed("martlet", "consumer-g"), ["consumer-groups"])
        self.assertEqual(self.completed("martlet", "topics", "--unav"), ["--unavailable-partitions"])
        self.assertEqual(self.completed("/x/kafka-cluster.sh", "unreg"), ["unregister"])
        self.assertEqual(self.completed("martlet", "dump-log", "--files", "bi"), ["bin"])

    def test_every_tool_has_a_manual_page(self):
        pages = set(os.listdir(self.path("share", "man", "man1")))
        said = run("help").stdout
        for name in set(re.findall(r"^  ([a-z][a-z0-9-]*) +\S", said, re.MULTILINE)):
            if name not in ("help", "version"):
                self.assertIn(f"martlet-{name}.1", pages)
        with open(self.path("share", "man", "man1", "martlet-topics.1")) as file:
            self.assertIn("\\-\\-bootstrap\\-server", file.read())


class Shell(unittest.TestCase):
    """The metadata shell on the snapshot that formatting wrote, in a pipe and at a terminal."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="martlet-shell-")
        cls.addClassCleanup(scratch.cleanup)
        config = os.path.join(scratch.name, "server.properties")
        data = os.path.join(scratch.name, "data")
        with open(config, "w") as file:
            file.write(
                "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n"
                "listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n"
                f"controller.quorum.voters=1@localhost:9093\nlog.dirs={data}\n")
        run("storage", "format", "-t", run("storage", "random-uuid").stdout.strip(), "-c", config)
        cls.snapshot = os.path.join(data, "bootstrap.checkpoint")

    def test_commands_in_a_pipe(self):
        done = run(
            "metadata-shell", "--snapshot", self.snapshot,
            input="cd /image/features\nls\ncat metadata.version\nexit\nls /\n")
        self.assertIn("metadata.version\n", done.stdout)
        self.assertIn("30 (4.3-IV0)\n", done.stdout)
        self.assertNotIn("local", done.stdout)

    def test_a_command_as_arguments(self):
        found = run("metadata-shell", "--snapshot", self.snapshot, "ls", "/")
        self.assertEqual(found.stdout, "image\nlocal\n")
        lost = run("metadata-shell", "-s", self.snapshot, "cat", "/nowhere", check=False)
        self.assertEqual((lost.returncode, lost.stdout), (1, ""))
        self.assertEqual(lost.stderr, "cat: /nowhere: no such file or directory.\n")

    def test_a_file_that_is_no_snapshot(self):
        for content in b"", b"hello, " * 100:
            with tempfile.NamedTemporaryFile(suffix=".checkpoint") as file:
                file.write(content)
                file.flush()
                done = run("metadata-shell", "-s", file.name, "ls", check=False)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn("snapshot", done.stderr)

    def test_tab_completes_at_a_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen(
            [BINARY, "metadata-shell", "--snapshot", self.snapshot], stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        seen = ""

        def until(text):
            nonlocal seen
            deadline = time.monotonic() + LIMIT
            while text not in seen:
                self.assertLess(time.monotonic(), deadline, repr(seen))
                if select.select([ours], [], [], 1)[0]:
                    seen += os.read(ours, 4096).decode()

        until(">> ")
        os.write(ours, b"cat /im\tfea\tmeta\t")
        until("cat /image/features/metadata.version")
        os.write(ours, b"\r")
        until("30 (4.3-IV0)")
        os.write(ours, b"exit\r")
        self.assertEqual(process.wait(LIMIT), 0)


class WithoutACluster(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="martlet-tools-")
        self.addCleanup(scratch.cleanup)
        self.offsets = os.path.join(scratch.name, "offsets.json")
        with open(self.offsets, "w") as file:
            file.write('{"partitions":[{"topic":"t","partition":0,"offset":1}],"version":1}')
        self.patience = os.path.join(scratch.name, "client.properties")
        with open(self.patience, "w") as file:
            file.write("default.api.timeout.ms=700\nrequest.timeout.ms=500\n")

    def test_the_tables_name_every_tool(self):
        said = run("help").stdout
        names = set(re.findall(r"^  ([a-z][a-z0-9-]*) +\S", said, re.MULTILINE))
        self.assertEqual(names, set(ASKING) | ALONE)
        self.assertEqual(set(WRONG), (set(ASKING) | ALONE) - {
            "container-start", "server-start", "version", "help"})

    def all(self, table, server):
        """Runs every line of a table, a few side by side; answers with name, result and seconds."""
        def one(item):
            name, words = item
            words = [self.offsets if word == "OFFSETS" else word for word in words]
            start = time.monotonic()
            done = subprocess.run(
                [BINARY, name, *words, *server], capture_output=True, text=True, timeout=LIMIT,
                stdin=subprocess.DEVNULL)
            return name, done, time.monotonic() - start

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(one, table.items()))

    def check_sentences(self, server):
        for name, done, seconds in self.all(
                ASKING, ["--bootstrap-server", server, "--command-config", self.patience]):
            with self.subTest(tool=name):
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn("could be reached within", done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertLess(seconds, 20)

    def test_a_cluster_that_is_not_there_is_told_in_a_sentence(self):
        with socket.socket() as closed:
            # Bound and not listening: nobody else takes the port, and connections are refused.
            closed.bind(("127.0.0.1", PORT_BASE + 290))
            self.check_sentences(f"127.0.0.1:{PORT_BASE + 290}")

    def test_a_cluster_that_says_nothing_is_told_in_a_sentence(self):
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", PORT_BASE + 291))
            deaf.listen(200)
            self.check_sentences(f"127.0.0.1:{PORT_BASE + 291}")

    def test_wrong_command_lines_are_refused_before_anything_is_asked(self):
        nobody = ["--bootstrap-server", f"127.0.0.1:{PORT_BASE + 292}"]
        asking = {name: words for name, words in WRONG.items() if name in ASKING}
        alone = {name: words for name, words in WRONG.items() if name not in ASKING}
        unknown = {name: ["--no-such-flag"] for name in WRONG}
        for table, server in (asking, nobody), (alone, []), (unknown, []):
            for name, done, seconds in self.all(table, server):
                with self.subTest(tool=name, words=table[name]):
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertEqual(done.stdout, "")
                    self.assertNotIn("could be reached", done.stderr)
                    self.assertNotEqual(done.stderr.strip(), "")

    def test_help_and_version_of_every_tool(self):
        for words in ["--help"], ["--version"]:
            table = {name: words for name in WRONG}
            for name, done, _ in self.all(table, []):
                with self.subTest(tool=name, words=words):
                    self.assertIn(done.returncode, (0, 1))
                    self.assertNotEqual(done.stdout, "")
                    self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main()
