"""Programs in Go and C, on Debian's packages of the clients, against one running cluster.

Each is built once from Programs/ and asked to write, to read, to make topics, and to go on writing while the
leader of its partitions is killed.
"""

import collections
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Integration"))

from cluster import Cluster  # noqa: E402

GO_PATH = "/usr/share/gocode"
# What Sarama 1.22 may be told it speaks to; each changes the requests that it sends.
SARAMA_VERSIONS = ["0.11.0.0", "1.0.0", "1.1.0", "2.0.0", "2.1.0", "2.2.0"]


def has_go(package):
    """A reason to skip, None if the program can be built."""
    if shutil.which("go") is None:
        return "Go is not installed"
    if not os.path.isdir(os.path.join(GO_PATH, "src", package)):
        return f"{package} is not installed"
    return None


class Programs:
    """The tests of one program; a subclass says how it is built."""

    environment = {}

    @classmethod
    def setUpClass(cls):
        reason = cls.lack()
        if reason:
            raise unittest.SkipTest(reason)
        cls.directory = tempfile.mkdtemp(prefix="martlet-programs-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.program = os.path.join(cls.directory, "main")
        cls.build()
        cls.cluster = Cluster(3)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()

    @classmethod
    def build_go(cls, folder):
        # Go of the distribution, its sources, nothing from the network.
        environment = dict(
            os.environ, GOPATH=GO_PATH, GO111MODULE="off", GOFLAGS="",
            GOCACHE=os.path.join(cls.directory, "cache"))
        subprocess.run(
            ["go", "build", "-o", cls.program, os.path.join(HERE, "Programs", folder, "main.go")],
            env=environment, check=True, timeout=400)

    def start(self, what, topic, count=0, **environment):
        return subprocess.Popen(
            [self.program, what, self.cluster.bootstrap, topic, str(count)], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **self.environment, **environment})

    def ended(self, process, timeout=90):
        """What a program has written, if it ended well."""
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        self.assertEqual(process.returncode, 0, errors[-2000:])
        return output.splitlines()

    def topic(self, partitions, suffix=""):
        name = self.id().split(".")[-1].replace("test_", "") + suffix
        self.cluster.create_topic(name, partitions, 3)
        return name

    def compare(self, written, read, count):
        """What was acknowledged stands where it was said to, once, and nothing else does."""
        self.assertEqual(len(written), count)
        values = collections.Counter(line.split()[2] for line in read)
        self.assertEqual(values, collections.Counter(f"value-{n}" for n in range(count)))
        self.assertEqual(sorted(read), sorted(written))

    def test_reads_what_it_wrote(self):
        topic = self.topic(3)
        written = self.ended(self.start("produce", topic, 1000))
        self.compare(written, self.ended(self.start("consume", topic, 1000)), 1000)

    def test_goes_on_when_the_leader_is_killed(self):
        topic, count = self.topic(1), 8000
        node = self.cluster.nodes[self.cluster.leader(topic, 0)]
        writing = self.start("produce", topic, count)
        self.addCleanup(writing.kill)
        first = os.read(writing.stdout.fileno(), 1 << 16).decode()
        node.kill()
        try:
            written = (first + "\n".join(self.ended(writing))).splitlines()
            read = self.ended(self.start("consume", topic, count))
        finally:
            node.start()
            node.wait_ready()
        self.compare(written, read, count)


class Sarama(Programs, unittest.TestCase):
    environment = {"SARAMA_VERSION": "2.2.0"}

    @classmethod
    def lack(cls):
        return has_go("github.com/Shopify/sarama")

    @classmethod
    def build(cls):
        cls.build_go("sarama")

    def test_makes_alters_and_deletes_topics(self):
        self.ended(self.start("admin", "made-by-sarama"))

    def test_speaks_as_to_older_brokers(self):
        for version in SARAMA_VERSIONS:
            with self.subTest(version=version):
                topic = self.topic(2, f"-{version}")
                written = self.ended(self.start("produce", topic, 200, SARAMA_VERSION=version))
                read = self.ended(self.start("consume", topic, 200, SARAMA_VERSION=version))
                self.compare(written, read, 200)


class ConfluentGo(Programs, unittest.TestCase):
    @classmethod
    def lack(cls):
        return has_go("github.com/confluentinc/confluent-kafka-go")

    @classmethod
    def build(cls):
        cls.build_go("confluent")

    def test_makes_alters_and_deletes_topics(self):
        self.ended(self.start("admin", "made-by-confluent"))


class Librdkafka(Programs, unittest.TestCase):
    @classmethod
    def lack(cls):
        if shutil.which("cc") is None:
            return "no C compiler is installed"
        if not os.path.exists("/usr/include/librdkafka/rdkafka.h"):
            return "librdkafka-dev is not installed"
        return None

    @classmethod
    def build(cls):
        source = os.path.join(HERE, "Programs", "librdkafka", "main.c")
        subprocess.run(
            ["cc", "-Wall", "-Wextra", "-Werror", "-O1", "-o", cls.program, source, "-lrdkafka"],
            check=True, timeout=120)


if __name__ == "__main__":
    unittest.main(verbosity=2)
