"""What strangers send and operators get wrong: an answer or an end, words that help, and nobody else harmed."""

import contextlib
import ctypes
import hashlib
import os
import random
import re
import resource
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from confluent_kafka import Producer

from cluster import BINARY, Cluster, crc32c, run

# What a peer does wrong is logged once in ten seconds for each kind of fault and host, so each test comes
# from a host of its own. All of 127/8 is this machine.
GARBAGE, TLS, HTTP, LENGTH, FLOOD, SILENCE, VERSION = (f"127.0.7.{n}" for n in range(1, 8))

# Seconds after which a silent connection ends, where that is tested.
IDLE = 2


class Visits(unittest.TestCase):
    """One node, and a client of it that must not notice what others do."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(1, **cls.settings)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()
        cls.node = cls.cluster.nodes[1]
        cls.cluster.create_topic("orders", 1, 1)

    def setUp(self):
        self.producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap, "message.timeout.ms": 10_000,
            "log_level": 0})
        self.addCleanup(self.goodbye)
        self.witness()

    def goodbye(self):
        self.witness()
        del self.producer

    def witness(self):
        """Another client writes and is answered."""
        errors = []
        self.producer.produce("orders", b"unharmed", on_delivery=lambda error, _: errors.append(error))
        self.assertEqual(self.producer.flush(10), 0)
        self.assertEqual(errors, [None])

    def connect(self, host):
        return socket.create_connection(
            ("127.0.0.1", self.node.port), timeout=10, source_address=(host, 0))

    def refused(self, host, sent, limit=10):
        """Sends, and waits for the end of the connection; answers with what came before it."""
        with contextlib.closing(self.connect(host)) as peer:
            peer.settimeout(limit)
            came = b""
            try:
                peer.sendall(sent)
                while piece := peer.recv(65536):
                    came += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            return came

    def lines(self, host):
        with open(self.node.log, errors="replace") as file:
            return [line for line in file if re.search(rf"\b{re.escape(host)}\b", line)]

    def one_line(self, host, *words):
        deadline = time.monotonic() + 5
        # The line follows the end of the connection.
        while not (lines := self.lines(host)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(len(lines), 1, "".join(lines))
        for word in words:
            self.assertIn(word, lines[0])

    # The server's process as the kernel sees it.

    def resident(self):
        with open(f"/proc/{self.node.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.node.process.pid}/fd"))

    def descriptor_limit(self):
        return resource.prlimit(self.node.process.pid, resource.RLIMIT_NOFILE)[0]


class Strangers(Visits):
    """Bytes that no client of Kafka sends, while another client works."""

    def test_garbage_closes_the_connection(self):
        chance = random.Random(1)
        for size in (1, 4, 8, 14, 100, 5000):
            # A true length, so that it is the request that is garbage.
            body = chance.randbytes(size)
            self.assertEqual(self.refused(GARBAGE, struct.pack(">i", size) + body), b"")
        self.one_line(GARBAGE, "requestRefused")

    def test_garbage_in_every_request_that_is_served_closes_the_connection(self):
        chance = random.Random(2)
        for key in range(0, 83):
            for version in (0, 3, 9, 12):
                header = struct.pack(">hhih", key, version, 7, -1) + b"\0"
                body = header + chance.randbytes(60)
                with contextlib.closing(self.connect(VERSION)) as peer:
                    peer.settimeout(10)
                    peer.sendall(struct.pack(">i", len(body)) + body)
                    # An answer or an end: whatever it was taken for, it is not left without.
                    with contextlib.suppress(ConnectionResetError, TimeoutError):
                        peer.shutdown(socket.SHUT_WR)
                        peer.recv(4)
        self.assertIsNone(self.node.process.poll())

    def test_a_tls_hello_is_named(self):
        hello = bytes.fromhex("16030100c8010000c40303") + bytes(194)
        self.assertEqual(self.refused(TLS, hello), b"")
        self.one_line(TLS, "invalidFrame", "TLS", "security.protocol")

    def test_an_http_request_is_named(self):
        self.assertEqual(self.refused(HTTP, b"GET / HTTP/1.1\r\nHost: kafka\r\n\r\n"), b"")
        self.one_line(HTTP, "invalidFrame", "HTTP")

    def test_a_length_of_two_gigabytes_takes_no_memory(self):
        before = self.resident()
        for length in (0x7FFFFFFF, -1, -0x80000000, 100 * 1024 * 1024 + 1):
            self.assertEqual(self.refused(LENGTH, struct.pack(">i", length) + b"x" * 1000), b"")
        self.assertLess(self.resident() - before, 32 << 20)
        self.one_line(LENGTH, "invalidFrame")

    def test_a_length_within_the_limit_takes_memory_only_for_what_came(self):
        before = self.resident()
        with contextlib.ExitStack() as open_peers:
            for _ in range(50):
                peer = open_peers.enter_context(contextlib.closing(self.connect(LENGTH)))
                peer.sendall(struct.pack(">i", 100 * 1024 * 1024) + b"x" * 1000)
            self.witness()
            self.assertLess(self.resident() - before, 64 << 20)

    def test_ten_thousand_connects(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        at_once = min(10_000, hard - 200, self.descriptor_limit() - 500)
        before = self.descriptors()
        began = time.monotonic()
        left = 10_000
        while left > 0:
            with contextlib.ExitStack() as peers:
                for _ in range(min(left, at_once)):
                    peers.enter_context(contextlib.closing(self.connect(FLOOD)))
                    left -= 1
                self.witness()
        took = time.monotonic() - began
        self.assertLess(took, 120)
        deadline = time.monotonic() + 30
        while self.descriptors() > before + 10:
            self.assertLess(time.monotonic(), deadline, "connections that ended are kept")
            time.sleep(0.02)
        print(f"\n10,000 connects in {took:.1f} s, {at_once} at once")
        self.assertLessEqual(len(self.lines(FLOOD)), 1)

class Silence(Visits):
    """Who says nothing is shown out."""

    settings = {"connections_max_idle_ms": IDLE * 1000}

    def test_half_a_frame_and_silence_ends_with_the_idle_limit(self):
        with contextlib.closing(self.connect(SILENCE)) as peer:
            peer.sendall(struct.pack(">i", 100) + b"\0\x12\0\3")
            self.witness()
            peer.settimeout(IDLE * 5)
            began = time.monotonic()
            self.assertEqual(peer.recv(1), b"")
            self.assertGreater(time.monotonic() - began, IDLE / 2)


def tree(directory):
    """Every path below `directory` with what it holds."""
    found = {}
    for place, names, files in os.walk(directory):
        for name in names:
            found[os.path.relpath(os.path.join(place, name), directory)] = "directory"
        for name in files:
            path = os.path.join(place, name)
            # A node that runs renames its checkpoints meanwhile.
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                found[os.path.relpath(path, directory)] = hashlib.sha256(file.read()).hexdigest()
    return found


class Start(unittest.TestCase):
    """A node that cannot start says why and what helps, ends with 1, and leaves the disk as it was."""

    def setUp(self):
        self.cluster = Cluster(1)
        self.addCleanup(self.cluster.stop)
        self.node = self.cluster.nodes[1]
        self.data = self.node.properties["log.dirs"]

    def use(self):
        """A first life, so that there is something to damage."""
        self.cluster.start()
        self.cluster.create_topic("orders", 2, 1)
        self.assertEqual(self.node.terminate(), 0)

    def assert_refused(self, *words, command=None, kept=True):
        before = tree(self.data)
        done = subprocess.run(
            command or [BINARY, "server-start", self.node.config], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=20)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, 1, said)
        for word in words:
            self.assertIn(word, said)
        self.assertLess(len(said.splitlines()), 8, said)
        if kept:
            self.assertEqual(tree(self.data), before)
        return said


class WrongStarts(Start):
    """Wrong settings, directories and ports."""

    def test_a_wrong_value_is_named_with_what_is_allowed(self):
        self.cluster.format()
        for key, value, *words in (
            ("num.network.threads", "many", "many"),
            ("min.insync.replicas", "0", "0", "1"),
            ("log.segment.bytes", "99999999999999", "99999999999999"),
            ("compression.type", "brotli", "brotli", "zstd"),
            ("process.roles", "broker,king", "king", "controller"),
            ("listeners", "PLAINTEXT://127.0.0.1", "PLAINTEXT://127.0.0.1"),
            ("controller.quorum.voters", "1@nowhere", "1@nowhere"),
            ("log.cleanup.policy", "keep", "keep", "compact", "delete"),
            ("node.id", "-5", "-5"),
            ("auto.create.topics.enable", "perhaps", "perhaps", "true", "false"),
        ):
            with self.subTest(key):
                good = self.node.properties.get(key)
                self.node.properties[key] = value
                self.node.write_config()
                self.assert_refused(key, *words)
                if good is None:
                    del self.node.properties[key]
                else:
                    self.node.properties[key] = good
                self.node.write_config()

    def test_a_file_that_is_missing_or_no_text(self):
        self.cluster.format()
        missing = self.node.config + ".missing"
        self.assert_refused(missing, command=[BINARY, "server-start", missing])
        with open(missing, "wb") as file:
            file.write(b"\xff\xfe\x00node.id=1")
        self.assert_refused(missing, command=[BINARY, "server-start", missing])

    def test_a_directory_that_is_not_formatted(self):
        self.assert_refused(self.data, "storage format")
        os.makedirs(self.data)
        self.assert_refused(self.data, "storage format")

    def test_a_directory_of_another_cluster(self):
        self.use()
        other = os.path.join(self.node.directory, "other")
        self.node.properties["log.dirs"] = other
        self.node.write_config()
        identity = run("storage", "random-uuid").stdout.strip()
        run("storage", "format", "-t", identity, "-c", self.node.config)
        before = tree(other)
        self.node.properties["log.dirs"] = f"{self.data},{other}"
        self.node.write_config()
        self.assert_refused(other, identity, self.cluster.cluster_id)
        self.assertEqual(tree(other), before)
        # Formatting anew does not take it over either.
        before = tree(self.data)
        done = run(
            "storage", "format", "-t", identity, "-c", self.node.config, "--ignore-formatted",
            check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(tree(self.data), before)

    def test_a_directory_of_another_node(self):
        self.use()
        self.node.properties["node.id"] = 2
        voter = f"2@127.0.0.1:{self.cluster.controller_port(1)}"
        self.node.properties["controller.quorum.voters"] = voter
        self.node.write_config()
        self.assert_refused(self.data, "node.id", "1", "2")

    def test_a_directory_that_another_process_uses(self):
        self.use()
        self.node.start()
        self.node.wait_ready()
        said = self.assert_refused(self.data, kept=False)
        self.assertIn("process", said)
        self.assertEqual(self.node.terminate(), 0)

    def test_a_port_in_use(self):
        self.use()
        for setting, port in (
            ("listeners", self.node.port),
            ("listeners", self.cluster.controller_port(1)),
            ("http.listener", self.cluster.http_port(1)),
        ):
            with self.subTest(port=port), socket.socket() as holder:
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                holder.bind(("127.0.0.1", port))
                holder.listen()
                self.assert_refused(str(port), "in use", setting)

    def test_an_address_of_another_machine(self):
        self.use()
        listeners = self.node.properties["listeners"].replace(
            f"127.0.0.1:{self.node.port}", f"192.0.2.1:{self.node.port}")
        self.node.properties["listeners"] = listeners
        self.node.write_config()
        self.assert_refused("192.0.2.1", "advertised.listeners")

    def test_a_damaged_meta_properties(self):
        self.use()
        with open(os.path.join(self.data, "meta.properties"), "w") as file:
            file.write("version=1\nnode.id=one\n")
        self.assert_refused("meta.properties")


    def test_a_directory_of_newer_software(self):
        self.use()
        path = os.path.join(self.data, "meta.properties")
        with open(path) as file:
            old = file.read()
        with open(path, "w") as file:
            file.write(old.replace("version=1", "version=2"))
        self.assert_refused("meta.properties", "version 2")
        with open(path, "w") as file:
            file.write(old)
        # Formatted at a level of metadata.version that is yet to come.
        path = os.path.join(self.data, "bootstrap.checkpoint")
        with open(path, "rb") as file:
            batches = bytearray(file.read())
        name = batches.index(b"metadata.version") + len(b"metadata.version")
        batches[name:name + 2] = (9000).to_bytes(2, "big")
        start = 0
        while start < len(batches):
            end = start + 12 + int.from_bytes(batches[start + 8:start + 12], "big")
            batches[start + 17:start + 21] = crc32c(batches[start + 21:end]).to_bytes(4, "big")
            start = end
        with open(path, "wb") as file:
            file.write(batches)
        self.assert_refused(self.data, "newer software", "metadata.version is 9000", kept=False)


@unittest.skipUnless(os.geteuid() == 0, "mounting takes root")
class WrongDisks(Start):
    """A disk of the node's own, full or not to be written on."""

    def setUp(self):
        super().setUp()
        self.disk = tempfile.mkdtemp(prefix="martlet-disk-")
        self.addCleanup(shutil.rmtree, self.disk, True)
        self.mount(None, 0, b"size=48m")
        self.addCleanup(self.libc().umount2, self.disk.encode(), 2)
        self.data = os.path.join(self.disk, "data")
        self.node.properties["log.dirs"] = self.data
        self.node.write_config()

    @staticmethod
    def libc():
        return ctypes.CDLL(None, use_errno=True)

    def mount(self, kind, flags, options):
        libc = self.libc()
        if libc.mount(b"tmpfs", self.disk.encode(), b"tmpfs", flags, options) != 0:
            self.skipTest(f"cannot mount: {os.strerror(ctypes.get_errno())}")

    def read_only(self, is_read_only):
        remount, readonly = 32, 1
        self.mount(None, remount | (readonly if is_read_only else 0), b"")

    def fill(self):
        """Leaves no byte."""
        with open(os.path.join(self.disk, "filler"), "ab", buffering=0) as file:
            piece = b"\0" * 65536
            while piece:
                try:
                    file.write(piece)
                except OSError:
                    piece = piece[: len(piece) // 2]

    def test_a_disk_not_to_be_written_on(self):
        self.use()
        self.read_only(True)
        self.assert_refused(self.data, "ead-only")

    def test_a_full_disk(self):
        # One that has run before starts on the room it keeps for itself, and serves reads (test_disk).
        self.cluster.format()
        self.fill()
        self.assert_refused(self.data, "full disk", "make room")

    def test_formatting_a_disk_not_to_be_written_on(self):
        self.read_only(True)
        self.assert_refused(
            self.data, "ead-only",
            command=[BINARY, "storage", "format", "-t", self.cluster.cluster_id,
                     "-c", self.node.config])

    def test_formatting_a_full_disk(self):
        self.fill()
        self.assert_refused(
            self.data, "space",
            command=[BINARY, "storage", "format", "-t", self.cluster.cluster_id,
                     "-c", self.node.config])


if __name__ == "__main__":
    unittest.main(verbosity=2)
