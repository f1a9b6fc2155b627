"""Real nodes as processes, for the tests that need a kernel: start, kill, stop, continue, restart.

Everything lives below one directory and on ports from MARTLET_TEST_PORT_BASE, so that several runs do not
meet. A node is ended by its own process id only.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.environ.get("MARTLET_BINARY", os.path.join(ROOT, ".build", "release", "martlet"))
PORT_BASE = int(os.environ.get("MARTLET_TEST_PORT_BASE", "29092"))


class NodeFailed(Exception):
    """A node ended, or did not become ready; carries the end of its log."""


def run(*arguments, timeout=60, check=True, input=None, binary=BINARY):
    """Runs a tool and returns its completed process."""
    done = subprocess.run(
        [binary, *arguments], capture_output=True, text=True, timeout=timeout, input=input)
    if check and done.returncode != 0:
        raise AssertionError(
            f"martlet {' '.join(arguments)} exited {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def crc32c(data):
    """The checksum of batches (CRC-32C)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Node:
    """One server process."""

    def __init__(self, cluster, number, properties):
        self.cluster = cluster
        self.number = number
        self.directory = os.path.join(cluster.directory, f"node-{number}")
        self.config = os.path.join(self.directory, "server.properties")
        self.log = os.path.join(self.directory, "server.log")
        self.properties = properties
        self.process = None
        # Another build, for upgrades.
        self.binary = BINARY
        os.makedirs(self.directory, exist_ok=True)
        self.write_config()

    @property
    def is_broker(self):
        return "broker" in self.properties["process.roles"]

    @property
    def port(self):
        return self.cluster.port(self.number)

    def write_config(self, **extra):
        self.properties.update({k.replace("_", "."): v for k, v in extra.items()})
        with open(self.config, "w") as file:
            for key, value in self.properties.items():
                file.write(f"{key}={value}\n")

    def start(self):
        assert self.process is None or self.process.poll() is not None, "runs already"
        output = open(self.log, "ab")
        self.process = subprocess.Popen(
            [self.binary, "server-start", self.config], stdout=output, stderr=output,
            start_new_session=True)
        output.close()

    def is_ready(self):
        if self.process.poll() is not None:
            raise NodeFailed(f"node {self.number} exited {self.process.returncode}\n{self.tail()}")
        url = f"http://127.0.0.1:{self.cluster.http_port(self.number)}/ready"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait_ready(self, timeout=30):
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise NodeFailed(f"node {self.number} is not ready after {timeout} s\n{self.tail()}")
            time.sleep(0.01)

    def tail(self, lines=40):
        with open(self.log, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def kill(self):
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def terminate(self, timeout=30):
        """Controlled shutdown; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def metrics(self):
        url = f"http://127.0.0.1:{self.cluster.http_port(self.number)}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()


class Cluster:
    """Nodes 1 to n, combined by default; formatted with one cluster id and started by `start`."""

    def __init__(self, nodes=3, port_base=None, keep=False, **properties):
        self.port_base = port_base or PORT_BASE
        self.directory = tempfile.mkdtemp(prefix="martlet-test-")
        self.keep = keep or bool(os.environ.get("MARTLET_TEST_KEEP"))
        self.cluster_id = run("storage", "random-uuid").stdout.strip()
        self.size = nodes
        controllers = range(1, nodes + 1)
        voters = ",".join(f"{n}@127.0.0.1:{self.controller_port(n)}" for n in controllers)
        self.nodes = {}
        for number in range(1, nodes + 1):
            own = {
                "node.id": number,
                "process.roles": "broker,controller",
                "listeners": f"PLAINTEXT://127.0.0.1:{self.port(number)},"
                             f"CONTROLLER://127.0.0.1:{self.controller_port(number)}",
                "controller.listener.names": "CONTROLLER",
                "controller.quorum.voters": voters,
                "log.dirs": os.path.join(self.directory, f"node-{number}", "data"),
                "http.listener": f"127.0.0.1:{self.http_port(number)}",
                "default.replication.factor": min(nodes, 3),
                "min.insync.replicas": 2 if nodes >= 3 else 1,
                "offsets.topic.replication.factor": min(nodes, 3),
            }
            own.update({k.replace("_", "."): v for k, v in properties.items()})
            self.nodes[number] = Node(self, number, own)

    def port(self, number):
        return self.port_base + number - 1

    def controller_port(self, number):
        return self.port_base + 100 + number

    def http_port(self, number):
        return self.port_base + 200 + number

    @property
    def bootstrap(self):
        return ",".join(f"127.0.0.1:{self.port(n)}" for n in self.nodes)

    def format(self):
        for node in self.nodes.values():
            run("storage", "format", "-t", self.cluster_id, "-c", node.config, "--ignore-formatted")

    def start(self, timeout=30):
        self.format()
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            node.wait_ready(timeout)
        return self

    def leader(self, topic, partition):
        """Node number of the partition's leader, None if there is none."""
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.bootstrap, "socket.timeout.ms": 3000})
        metadata = admin.list_topics(topic, timeout=5)
        leader = metadata.topics[topic].partitions[partition].leader
        return leader if leader >= 0 else None

    def controller(self):
        """Node number of the active controller, as the nodes' own metrics say."""
        for node in self.nodes.values():
            if node.process is None or node.process.poll() is not None:
                continue
            try:
                lines = node.metrics().splitlines()
            except OSError:
                continue
            for line in lines:
                if line.startswith("kafka_controller_kafkacontroller_activecontrollercount"):
                    if float(line.split()[-1]) == 1:
                        return node.number
        return None

    def create_topic(self, name, partitions=1, replication=None, **configs):
        arguments = ["topics", "--bootstrap-server", self.bootstrap, "--create", "--topic", name,
                     "--partitions", str(partitions),
                     "--replication-factor", str(replication or min(self.size, 3))]
        for key, value in configs.items():
            arguments += ["--config", f"{key.replace('_', '.')}={value}"]
        return run(*arguments)

    def stop(self):
        for node in self.nodes.values():
            if node.process is not None and node.process.poll() is None:
                node.resume()
                node.process.send_signal(signal.SIGKILL)
        for node in self.nodes.values():
            if node.process is not None:
                node.process.wait()
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for node in self.nodes.values():
                if os.path.exists(node.log):
                    print(f"--- end of node {node.number}'s log\n{node.tail()}")
        self.stop()


def port_is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
