"""The programs of docs/examples: as the page runs them, and under a killed broker; the orders under worse."""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from checker import read_all
from cluster import PORT_BASE, ROOT, Cluster, run
from pages import BASE, Page, blocks, on_our_ports

EXAMPLES = os.path.join(ROOT, "docs", "examples")
ORDERS = os.path.join(EXAMPLES, "orders")
TOPICS = ("order-events", "inventory-status", "payment-status", "shipping-status", "order-confirmations")
# The first program waits for the compiler too.
BUILD_LIMIT = 400
LIMIT = 120


def wait_until(condition, what, limit=LIMIT):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} after {limit} s")
        time.sleep(0.05)


class GoPrograms:
    """Builds the Go programs once for all tests of this module, from the distribution's packages alone."""

    directory = None

    @classmethod
    def build(cls):
        if cls.directory is not None:
            return cls.directory
        for tool, package in (
                ("go", "golang-go"), ("/usr/share/gocode/src/github.com/Shopify/sarama", "Sarama"),
                ("/usr/share/gocode/src/github.com/confluentinc", "confluent-kafka-go")):
            if shutil.which(tool) is None and not os.path.isdir(tool):
                raise unittest.SkipTest(f"{package} is not installed")
        directory = tempfile.mkdtemp(prefix="martlet-examples-")
        unittest.addModuleCleanup(shutil.rmtree, directory, ignore_errors=True)
        os.symlink(os.path.join(ROOT, "docs"), os.path.join(directory, "docs"))
        page = blocks("docs/examples/README.md")["Go"][0]
        orders = blocks("docs/examples/orders/README.md")["Run it"][0]
        # The commands of the pages, and of the latter those that build.
        script = page + "\n" + orders[orders.index("export GO111MODULE"):]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=directory, capture_output=True, text=True,
            timeout=BUILD_LIMIT, env={**os.environ, "GOFLAGS": ""})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.directory = directory
        return directory


class ExamplePage(Page):
    def setUp(self):
        super().setUp()
        os.symlink(
            os.path.join(GoPrograms.build(), "bin"), os.path.join(self.directory, "bin"))
        self.path = ""

    def commands(self, found, *headings):
        """The blocks of headings in turn, in one shell, as one terminal runs them; without what was built already."""
        scripts = [script for heading in headings for script in found.pop(heading)]
        lines = "\n".join(scripts).splitlines()
        return on_our_ports("\n".join(line for line in lines if "go build" not in line).replace(
            "for client in confluent-kafka-go sarama; do\ndone\n", ""))


class Examples(ExamplePage):
    def test_every_command_works(self):
        found = blocks("docs/examples/README.md")
        self.up(BASE)
        said = self.shell(self.commands(found, "Start", "Go", "Python"), timeout=LIMIT)
        self.assertEqual(found, {})
        # Three by each producer, told when written; then 3, 6, 6 and 6 that were read.
        self.assertEqual(said.count("\tann\thello\n"), 4 + 1 + 2 + 2 + 2)
        self.assertEqual(said.count("\tbob\tgood morning\n"), 4 + 1 + 2 + 2 + 2)
        self.assertRegex(said, r"readers-a\s+greetings\s+\d\s")


class OrdersPage(ExamplePage):
    def test_every_command_works(self):
        found = blocks("docs/examples/orders/README.md")
        self.up(BASE)
        make, start, ask = found.pop("Run it")
        self.assertEqual(found, {})
        # What `commands` leaves out is built.
        self.shell(self.commands({"make": [make.split("export GO111MODULE")[0]]}, "make"))
        servers = ",".join(f"localhost:{BASE + n}" for n in range(3))
        process, output = self.background(
            ["bash", "-euo", "pipefail", "-c", f"export PATH=$PWD/.venv/bin:$PATH\nexec {start}"],
            env={**os.environ, "BOOTSTRAP": servers, "LISTEN": f"127.0.0.1:{BASE + 95}"})
        self.wait_for("order service", process, output, lambda: is_served(BASE + 95))
        said = self.shell("export PATH=$PWD/.build/release:$PATH\n" + on_our_ports(ask))
        self.assertIn('"order": "a-1", "verdict": "confirmed"', said)
        self.assertIn('"order": "a-2", "verdict": "refused"', said)
        self.assertRegex(said, r"confirmations\s+payment-status\s+\d\s")
        # Not SIGINT: who is started in the background may have to ignore it.
        process.terminate()
        process.wait(LIMIT)


def is_served(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=1):
            return True
    except OSError:
        return False


class Clients(unittest.TestCase):
    """Two members of a group, a producer, and a broker that is killed while they work."""

    @classmethod
    def setUpClass(cls):
        programs = os.path.join(GoPrograms.build(), "bin")
        cls.clients = {
            name: ([os.path.join(programs, f"{name}-producer")], [os.path.join(programs, f"{name}-consumer")])
            for name in ("confluent-kafka-go", "sarama")}
        for name in ("confluent-kafka-python", "kafka-python"):
            cls.clients[name] = tuple(
                [sys.executable, os.path.join(EXAMPLES, name, f"{program}.py")]
                for program in ("producer", "consumer"))
        cls.cluster = Cluster(3)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start()

    def start(self, arguments, output):
        with open(output, "wb") as file, open(output + ".errors", "wb") as errors:
            process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=file, stderr=errors)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdin.close)
        return process

    def test_a_group_reads_all_that_was_written_while_a_broker_is_killed(self):
        for number, (name, (producer, consumer)) in enumerate(self.clients.items()):
            with self.subTest(client=name):
                self.play(name, producer, consumer, self.cluster.nodes[number % 3 + 1])

    def play(self, topic, producer, consumer, victim):
        count, outputs = 600, [os.path.join(self.cluster.directory, f"{topic}-{n}") for n in range(3)]
        self.cluster.create_topic(topic, 6, 3)
        servers = self.cluster.bootstrap
        readers = [self.start([*consumer, servers, topic, topic], path) for path in outputs[:2]]
        writer = self.start([*producer, servers, topic], outputs[2])
        half = "".join(f"k{n}:v{n}\n" for n in range(count // 2)).encode()
        writer.stdin.write(half)
        writer.stdin.flush()
        if "python" not in topic:
            # Python's standard input comes in blocks, here when it is closed.
            wait_until(lambda: lines(outputs[0]) + lines(outputs[1]), "record that is read")
        victim.kill()
        try:
            writer.stdin.write("".join(f"k{n}:v{n}\n" for n in range(count // 2, count)).encode())
            writer.stdin.close()
            self.assertEqual(writer.wait(LIMIT), 0, text(outputs[2] + ".errors"))
            # Told once each, and at places of their own.
            written = lines(outputs[2])
            self.assertEqual(len({tuple(line.split("\t")[:2]) for line in written}), count)
            self.assertEqual({line.split("\t")[3] for line in written}, {f"v{n}" for n in range(count)})
            wait_until(lambda: set(written) <= set(lines(outputs[0]) + lines(outputs[1])), "end of the topic")
        finally:
            victim.start()
            victim.wait_ready()
        for reader, path in zip(readers, outputs):
            reader.send_signal(signal.SIGTERM)
            self.assertEqual(reader.wait(LIMIT), 0, text(path + ".errors"))
        # What they were done with is committed: the next member finds nothing left.
        described = run("consumer-groups", "--bootstrap-server", servers, "--describe", "--group", topic).stdout
        rows = [line.split() for line in described.splitlines() if line.startswith(topic)]
        self.assertEqual(sum(int(row[3]) for row in rows), count, described)
        self.assertEqual({row[5] for row in rows}, {"0"}, described)


def text(path):
    with open(path, errors="replace") as file:
        return file.read()[-3000:]


def lines(path):
    """The whole lines of a file that is being written."""
    with open(path, errors="replace") as file:
        return [line.rstrip("\n") for line in file if line.endswith("\n")]


class Service:
    """One process of the application; starts again what was killed."""

    def __init__(self, arguments, environment, log):
        self.arguments, self.environment, self.log = arguments, environment, log
        self.start()

    def start(self):
        with open(self.log, "ab") as file:
            self.process = subprocess.Popen(
                self.arguments, env=self.environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Orders(unittest.TestCase):
    """Every order is decided once, though a broker and services are killed."""

    COUNT = 600
    PORT = PORT_BASE + 398

    def setUp(self):
        programs = os.path.join(GoPrograms.build(), "bin")
        self.cluster = Cluster(3)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        for topic in TOPICS:
            self.cluster.create_topic(topic, 6, 3)
        environment = {
            **os.environ, "BOOTSTRAP": self.cluster.bootstrap, "LISTEN": f"127.0.0.1:{self.PORT}",
            "PYTHONDONTWRITEBYTECODE": "1"}
        self.services = {}
        commands = {
            "order-service": [os.path.join(programs, "order-service")],
            "payment": [os.path.join(programs, "payment")],
            **{name: [sys.executable, os.path.join(ORDERS, f"{name}.py")]
               for name in ("inventory", "shipping", "confirmations")},
        }
        for name, arguments in commands.items():
            # Of the members of groups there are two each.
            for number in range(1 if name == "order-service" else 2):
                log = os.path.join(self.cluster.directory, f"{name}-{number}.log")
                service = Service(arguments, environment, log)
                self.services[name, number] = service
                self.addCleanup(service.kill)
        wait_until(lambda: is_served(self.PORT), "order service")

    def put(self, number):
        """As an honest client: again until there is an answer."""
        body = json.dumps({
            "item": "lamp", "quantity": 11 if number % 5 == 0 else 1,
            "amount": 100001 if number % 7 == 0 else 100, "country": "US" if number % 11 == 0 else "CH"})
        deadline = time.monotonic() + LIMIT
        while True:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.PORT}/orders/o-{number}", body.encode(), method="PUT")
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    assert answer.status == 202
                    self.taken.append(number)
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def customer(self, share):
        for number in share:
            self.put(number)
            # Over some seconds, so that most is still to come when something is killed.
            time.sleep(0.02)

    def confirmations(self):
        return [
            json.loads(value) for partition in range(6)
            for _, value in read_all(self.cluster.bootstrap, "order-confirmations", partition)]

    def confirmed(self):
        said = run(
            "get-offsets", "--bootstrap-server", self.cluster.bootstrap, "--topic", "order-confirmations",
            check=False)
        # While leaders move there may be no answer for one.
        return sum(int(line.split(":")[2] or 0) for line in said.stdout.splitlines()) if said.returncode == 0 else 0

    def verdict(self, number):
        """What the order service tells; nothing before it has read it."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.PORT}/orders/o-{number}", timeout=10) as answer:
                return json.load(answer)["verdict"]
        except urllib.error.HTTPError:
            return None

    def expected(self, number):
        refused = [service for service, divisor in (("inventory", 5), ("payment", 7), ("shipping", 11))
                   if number % divisor == 0]
        return ("refused" if refused else "confirmed", refused)

    def strike(self):
        """A broker that leads dies, and a member of two groups; the latter come back."""
        victim = self.cluster.nodes[self.cluster.leader("order-confirmations", 0)]
        victim.kill()
        killed = [self.services["inventory", 0], self.services["confirmations", 1]]
        for service in killed:
            service.kill()
        reached = len(self.taken)
        wait_until(lambda: len(self.taken) >= reached + 50, "orders with a broker down")
        for service in killed:
            service.start()
        return victim

    def test_every_order_is_decided_once(self):
        self.taken = []
        # The groups take some seconds to be shared out; the first order is decided when all three are.
        self.put(0)
        wait_until(lambda: self.confirmed() == 1, "confirmation of the first order")
        customers = [
            threading.Thread(target=self.customer, args=(range(1 + n, self.COUNT, 4),), daemon=True)
            for n in range(4)]
        for customer in customers:
            customer.start()
        wait_until(lambda: len(self.taken) >= self.COUNT // 3, "orders taken")
        victim = self.strike()
        for customer in customers:
            customer.join(LIMIT)
        self.assertEqual(sorted(self.taken), list(range(self.COUNT)))
        victim.start()
        victim.wait_ready()
        wait_until(lambda: self.confirmed() >= self.COUNT, "confirmation of all orders")
        # Whatever is still to come has come when nobody has anything left to read.
        for group in ("inventory", "payment", "shipping", "confirmations"):
            wait_until(lambda: self.lag(group) == 0, f"end of the lag of {group}")
        decided = collections.Counter()
        for record in self.confirmations():
            decided[record["order"]] += 1
            number = int(record["order"].removeprefix("o-"))
            reasons = [reason.split(":")[0] for reason in record["reasons"]]
            self.assertEqual((record["verdict"], reasons), self.expected(number))
        self.assertEqual(decided, collections.Counter(f"o-{n}" for n in range(self.COUNT)))
        wait_until(lambda: self.verdict(35) == "refused", "answer about a refused order")
        wait_until(lambda: self.verdict(1) == "confirmed", "answer about a confirmed order")
        # The order service has nothing to finish; the members leave their groups.
        for (name, _), service in self.services.items():
            if name != "order-service":
                service.process.send_signal(signal.SIGTERM)
                self.assertEqual(service.process.wait(LIMIT), 0, text(service.log))

    def lag(self, group):
        described = run(
            "consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--describe", "--group", group,
            check=False).stdout
        rows = [line.split() for line in described.splitlines() if line.startswith(group)]
        # Where nothing is committed yet, all that is there is left to read.
        return sum(int(row[4] if row[5] == "-" else row[5]) for row in rows) if rows else None

if __name__ == "__main__":
    unittest.main(verbosity=2)
