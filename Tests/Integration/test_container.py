"""What a container runs, without the container: a node from an environment, as the image apache/kafka takes it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from cluster import BINARY, PORT_BASE, run

PORT = PORT_BASE + 60


class Container(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="martlet-container-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.config = os.path.join(self.directory, "config")
        self.mounted = os.path.join(self.directory, "mounted")
        os.mkdir(self.mounted)
        self.processes = []
        self.addCleanup(self.end)

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def environment(self, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KAFKA_")}
        return {
            **clean,
            "KAFKA_LISTENERS": f"PLAINTEXT://127.0.0.1:{PORT},CONTROLLER://127.0.0.1:{PORT + 1}",
            "KAFKA_LOG_DIRS": os.path.join(self.directory, "data"),
            "KAFKA_HTTP_LISTENER": f"127.0.0.1:{PORT + 2}",
            **variables,
        }

    def start(self, environment):
        log = open(os.path.join(self.directory, "log"), "ab")
        process = subprocess.Popen(
            [BINARY, "container-start", "--config-dir", self.config, "--mounted", self.mounted],
            env=environment, stdout=log, stderr=log)
        log.close()
        self.processes.append(process)
        deadline = time.monotonic() + 30
        while not self.is_ready():
            self.assertIsNone(process.poll(), self.log())
            self.assertLess(time.monotonic(), deadline, self.log())
            time.sleep(0.02)
        return process

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT + 2}/ready", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def log(self):
        with open(os.path.join(self.directory, "log"), errors="replace") as file:
            return file.read()[-3000:]

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0, self.log())

    def servers(self):
        return ["--bootstrap-server", f"127.0.0.1:{PORT}"]

    def test_a_node_starts_stops_in_order_and_keeps_its_records(self):
        environment = self.environment(CLUSTER_ID="abcdefghijklmnopqrstuv", KAFKA_NUM_PARTITIONS="3")
        first = self.start(environment)
        run("topics", *self.servers(), "--create", "--topic", "kept")
        run("console-producer", *self.servers(), "--topic", "kept", input="one\ntwo\n")
        self.stop(first)
        second = self.start(environment)
        described = run("topics", *self.servers(), "--describe", "--topic", "kept").stdout
        self.assertIn("PartitionCount: 3", described)
        read = run(
            "console-consumer", *self.servers(), "--topic", "kept", "--from-beginning",
            "--max-messages", "2").stdout
        self.assertEqual(sorted(read.split()), ["one", "two"])
        with open(os.path.join(self.directory, "data", "meta.properties")) as file:
            self.assertIn("cluster.id=abcdefghijklmnopqrstuv", file.read())
        self.stop(second)

    def test_a_mounted_file_is_the_node_but_for_the_environment(self):
        environment = self.environment()
        with open(os.path.join(self.mounted, "server.properties"), "w") as file:
            file.write(
                "node.id=4\nprocess.roles=broker,controller\nnum.partitions=2\n"
                f"controller.listener.names=CONTROLLER\ncontroller.quorum.voters=4@127.0.0.1:{PORT + 1}\n")
        process = self.start({**environment, "KAFKA_NUM_PARTITIONS": "5"})
        run("topics", *self.servers(), "--create", "--topic", "made")
        described = run("topics", *self.servers(), "--describe", "--topic", "made").stdout
        self.assertIn("PartitionCount: 5", described)
        self.assertIn("Leader: 4", described)
        self.stop(process)

    def test_a_wrong_variable_stops_the_start_with_its_key(self):
        done = subprocess.run(
            [BINARY, "container-start", "--config-dir", self.config, "--mounted", self.mounted],
            env=self.environment(KAFKA_NUM_PARTITIONS="many"), capture_output=True, text=True,
            timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("many for configuration num.partitions", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.directory, "data")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
