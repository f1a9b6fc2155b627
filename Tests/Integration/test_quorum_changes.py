"""The voters of the quorum change while the cluster works (KIP-853): nothing acknowledged is lost, what is wrong
is refused, and the quorum stays one."""

import json
import os
import re
import shutil
import time
import unittest

from checker import Load, check
from cluster import Cluster, Node, run

# What has not come about after this long does not.
NEVER = 30
# What a leader answers to a change that may succeed at the next attempt.
LATER = "lagging behind|another change|not committed|be asked yet"
# And to one that it wrote, and that a majority did not have in time: it may still come to be.
PERHAPS = "have not committed the change in time"


def waited(what, condition, limit=NEVER):
    """Looks again and again until `condition` answers something true, and returns that."""
    deadline = time.monotonic() + limit
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not after {limit} s: {what}")
        time.sleep(0.05)


class Quorum(Cluster):
    """Brokers 1 to n, and controllers 11, 12, … as processes of their own."""

    def __init__(self, brokers=2, controllers=3, static=False):
        super().__init__(0)
        self.size = brokers
        self.directories = {}
        self.static = static
        first = [11 + n for n in range(controllers)]
        self.first = first
        self.servers = ",".join(f"127.0.0.1:{self.controller_port(n)}" for n in first)
        for number in first:
            self.add_controller(number)
            self.directories[number] = run("storage", "random-uuid").stdout.strip()
        for number in range(1, brokers + 1):
            self.nodes[number] = Node(self, number, {
                "process.roles": "broker",
                "listeners": f"PLAINTEXT://127.0.0.1:{self.port(number)}",
                "default.replication.factor": brokers,
                "min.insync.replicas": 1,
                **self.common(number),
            })

    def common(self, number):
        quorum = {"controller.quorum.bootstrap.servers": self.servers}
        if self.static and (number in self.first or number < 11):
            quorum["controller.quorum.voters"] = ",".join(
                f"{n}@127.0.0.1:{self.controller_port(n)}" for n in self.first)
        return {
            "node.id": number,
            "controller.listener.names": "CONTROLLER",
            "log.dirs": os.path.join(self.directory, f"node-{number}", "data"),
            "http.listener": f"127.0.0.1:{self.http_port(number)}",
            **quorum,
        }

    def add_controller(self, number, **extra):
        own = {
            "process.roles": "controller",
            "listeners": f"CONTROLLER://127.0.0.1:{self.controller_port(number)}",
            **self.common(number),
        }
        own.update({k.replace("_", "."): v for k, v in extra.items()})
        self.nodes[number] = Node(self, number, own)
        return self.nodes[number]

    @property
    def bootstrap(self):
        return ",".join(
            f"127.0.0.1:{self.port(n)}" for n, node in self.nodes.items() if node.is_broker)

    @property
    def controllers(self):
        return ",".join(
            f"127.0.0.1:{self.controller_port(n)}"
            for n, node in self.nodes.items() if not node.is_broker)

    def format(self):
        voters = ",".join(
            f"{n}@127.0.0.1:{self.controller_port(n)}:{self.directories[n]}" for n in self.first)
        for node in self.nodes.values():
            flags = []
            if not node.is_broker and not self.static:
                flags = ["--initial-controllers", voters]
            run("storage", "format", "-t", self.cluster_id, "-c", node.config, *flags)

    def format_newcomer(self, number):
        """An empty directory that knows of no voters."""
        run("storage", "format", "-t", self.cluster_id, "-c", self.nodes[number].config,
            "--no-initial-controllers")

    def start_newcomer(self, number, **extra):
        self.add_controller(number, **extra)
        self.format_newcomer(number)
        self.nodes[number].start()
        self.nodes[number].wait_ready()

    def tool(self, *arguments, direct=False, check=True):
        where = ["--bootstrap-controller", self.controllers] if direct else [
            "--bootstrap-server", self.bootstrap]
        return run("metadata-quorum", *where, *arguments, check=check)

    def status(self):
        shown = self.tool("describe", "--status", check=False)
        if shown.returncode != 0:
            return None
        return dict(re.split(r":\s+", line, maxsplit=1) for line in shown.stdout.splitlines())

    def voters(self):
        """Id to directory id."""
        status = waited("the quorum describes itself", self.status)
        return {v["id"]: v["directoryId"] for v in json.loads(status["CurrentVoters"])}

    def leader(self):
        return int(waited("the quorum describes itself", self.status)["LeaderId"])

    def add(self, number, check=True):
        """Adds a controller that runs, once it has caught up."""
        return self.change(
            ["--command-config", self.nodes[number].config, "add-controller"],
            "already among the voters", check)

    def remove(self, number, directory=None, check=True, direct=False):
        directory = directory or self.voters()[number]
        return self.change(
            ["remove-controller", "--controller-id", str(number),
             "--controller-directory-id", directory], "not among the voters", check, direct)

    def change(self, arguments, is_so, check, direct=False):
        """Asks until it is done or refused for good; who asks again may hear that it is so already."""
        is_in_doubt = False

        def attempt():
            nonlocal is_in_doubt
            done = self.tool(*arguments, check=False, direct=direct)
            if done.returncode == 0 or not re.search(LATER, done.stderr):
                return done
            is_in_doubt = is_in_doubt or PERHAPS in done.stderr
            return None
        done = waited(f"{arguments[-1]}", attempt)
        if check and done.returncode != 0 and not (is_in_doubt and is_so in done.stderr):
            raise AssertionError(done.stdout + done.stderr)
        return done


class UnderLoad(unittest.TestCase):
    static = False

    def setUp(self):
        self.cluster = Quorum(static=self.static)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.cluster.create_topic("orders", 4, 2)
        self.load = Load(self.cluster.bootstrap, "orders", 4, rate=500).start()
        self.addCleanup(self.load.abandon)
        self.load.wait_acknowledged(200)

    def finish(self):
        """The metadata can still be changed, writes go on, and all that was acknowledged is there."""
        self.cluster.create_topic("after", 1, 2)
        self.load.wait_acknowledged(200, NEVER)
        self.load.stop()
        self.assertEqual(self.load.failed, [])
        check(self.cluster.bootstrap, [self.load])

    def assert_said(self, done, text):
        # Unless it was done by an attempt whose answer came too late.
        if done.returncode == 0:
            self.assertEqual(done.stdout.strip(), text)

    def refused(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)


class Dynamic(UnderLoad):
    def test_a_dead_voter_is_replaced_by_a_new_controller(self):
        cluster = self.cluster
        cluster.start_newcomer(14)
        done = cluster.add(14)
        directory = cluster.voters()[14]
        self.assert_said(
            done, f"Added controller 14 with directory id {directory} and endpoints: "
            f"CONTROLLER://127.0.0.1:{cluster.controller_port(14)}")
        self.assertEqual(sorted(cluster.voters()), [11, 12, 13, 14])
        self.refused(cluster.add(14, check=False), "already among the voters")
        gone = next(n for n in (11, 12, 13) if n != cluster.leader())
        cluster.nodes[gone].kill()
        former = cluster.voters()[gone]
        done = cluster.remove(gone)
        self.assert_said(
            done, f"Removed KRaft controller {gone} with directory id {former}")
        self.refused(cluster.remove(gone, former, check=False), "not among the voters")
        # The newcomer counts: the quorum survives the loss of one more of the first.
        killed = cluster.leader()
        cluster.nodes[killed].kill()
        waited("another leader", lambda: cluster.leader() != killed)
        self.assertEqual(len(cluster.voters()), 3)
        self.finish()

    def test_a_wiped_controller_comes_back_as_another_replica(self):
        cluster = self.cluster
        wiped = next(n for n in (11, 12, 13) if n != cluster.leader())
        former = cluster.voters()[wiped]
        cluster.nodes[wiped].kill()
        shutil.rmtree(cluster.nodes[wiped].properties["log.dirs"])
        cluster.format_newcomer(wiped)
        cluster.nodes[wiped].start()
        cluster.nodes[wiped].wait_ready()
        # It does not vote under the old name, and its new one is taken.
        self.assertEqual(cluster.voters()[wiped], former)
        self.refused(cluster.add(wiped, check=False), "already among the voters")
        cluster.remove(wiped, former)
        cluster.add(wiped)
        self.assertNotEqual(cluster.voters()[wiped], former)
        self.assertEqual(len(cluster.voters()), 3)
        self.finish()

    def test_the_leader_is_removed_and_the_quorum_shrinks_to_one(self):
        cluster = self.cluster
        first = cluster.leader()
        cluster.remove(first)
        waited("another leader", lambda: cluster.leader() != first)
        self.assertNotIn(first, cluster.voters())
        # Whoever left follows, and is not needed.
        second = cluster.leader()
        cluster.nodes[first].kill()
        cluster.remove(second, direct=True)
        last = next(n for n in (11, 12, 13) if n not in (first, second))
        waited("the last one leads", lambda: cluster.leader() == last)
        self.assertEqual(list(cluster.voters()), [last])
        self.refused(cluster.remove(last, check=False), "only voter")
        cluster.nodes[second].kill()
        self.finish()

    def test_nonsense_changes_nothing(self):
        cluster = self.cluster
        before = cluster.voters()
        somewhere = run("storage", "random-uuid").stdout.strip()
        self.refused(cluster.remove(99, somewhere, check=False), "not among the voters")
        self.refused(cluster.remove(11, somewhere, check=False), "not among the voters")
        self.refused(cluster.remove(11, "no-id", check=False), "controller-directory-id")
        self.refused(
            cluster.tool("remove-controller", "-i", "11", check=False), "controller-directory-id")
        self.refused(cluster.tool("add-controller", check=False), "configuration file")
        self.refused(
            cluster.tool("--command-config", cluster.nodes[1].config, "add-controller",
                         check=False), "process.roles")
        cluster.add_controller(14)
        self.refused(
            cluster.tool("--command-config", cluster.nodes[14].config, "add-controller",
                         check=False), "formatted")
        cluster.format_newcomer(14)
        # It does not run: nobody answers at its address.
        self.refused(
            cluster.tool("--command-config", cluster.nodes[14].config, "add-controller",
                         check=False), "does not answer")
        shown = cluster.tool("--command-config", cluster.nodes[14].config, "add-controller",
                             "--dry-run").stdout
        self.assertIn("DRY RUN of adding controller 14 with directory id ", shown)
        shown = cluster.tool("remove-controller", "-i", "11", "-d", before[11], "--dry-run").stdout
        self.assertEqual(
            shown.strip(),
            f"DRY RUN of removing  KRaft controller 11 with directory id {before[11]}")
        nobody = run("metadata-quorum", "--bootstrap-server", "127.0.0.1:1", "remove-controller",
                     "-i", "11", "-d", before[11], check=False)
        self.refused(nobody, "127.0.0.1:1")
        self.assertEqual(cluster.voters(), before)
        self.finish()


    def test_a_controller_joins_by_itself_and_again_after_its_disk_was_wiped(self):
        cluster = self.cluster
        cluster.start_newcomer(14, controller_quorum_auto_join_enable="true")
        waited("14 votes", lambda: 14 in cluster.voters())
        former = cluster.voters()[14]
        cluster.nodes[14].kill()
        shutil.rmtree(cluster.nodes[14].properties["log.dirs"])
        cluster.format_newcomer(14)
        cluster.nodes[14].start()
        waited("14 votes anew", lambda: cluster.voters().get(14, former) != former)
        self.assertEqual(sorted(cluster.voters()), [11, 12, 13, 14])
        self.finish()

    def test_a_controller_that_moves_tells_the_others(self):
        cluster = self.cluster
        moved = next(n for n in (11, 12, 13) if n != cluster.leader())
        node = cluster.nodes[moved]
        self.assertEqual(node.terminate(), 0)
        port = cluster.controller_port(50)
        node.write_config(listeners=f"CONTROLLER://127.0.0.1:{port}")
        node.start()
        node.wait_ready()
        waited("the new address is known",
               lambda: f":{port}" in (cluster.status() or {}).get("CurrentVoters", ""))
        # It is found there by whoever asks for its vote.
        other = next(n for n in (11, 12, 13) if n not in (moved, cluster.leader()))
        cluster.nodes[other].kill()
        self.finish()


class StaticToDynamic(UnderLoad):
    static = True

    def test_voters_of_the_settings_become_voters_of_the_log(self):
        cluster = self.cluster
        self.assertEqual(sorted(cluster.voters()), [11, 12, 13])
        self.refused(cluster.add(11, check=False), "kraft.version is 0")

        def upgraded():
            done = run("features", "--bootstrap-server", cluster.bootstrap, "upgrade",
                       "--feature", "kraft.version=1", check=False)
            said = done.stdout + done.stderr
            return done if done.returncode == 0 or "have not told" not in said else None
        done = waited("every voter has told its directory", upgraded)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(sorted(cluster.voters()), [11, 12, 13])
        shown = run("features", "--bootstrap-server", cluster.bootstrap, "describe").stdout
        self.assertRegex(shown, r"kraft.version.*FinalizedVersionLevel: 1")
        # Restarted with the old settings, whose voters are now only history.
        restarted = next(n for n in (11, 12, 13) if n != cluster.leader())
        self.assertEqual(cluster.nodes[restarted].terminate(), 0)
        cluster.nodes[restarted].start()
        cluster.nodes[restarted].wait_ready()
        cluster.start_newcomer(14)
        cluster.add(14)
        cluster.remove(restarted)
        self.assertEqual(len(cluster.voters()), 3)
        self.assertIn(14, cluster.voters())
        self.finish()


class FixedVoters(unittest.TestCase):
    def test_change_needs_kraft_version_1(self):
        cluster = Quorum(brokers=1, controllers=1, static=True)
        self.addCleanup(cluster.stop)
        cluster.start()
        directory = run("storage", "random-uuid").stdout.strip()
        done = cluster.remove(11, directory, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("kraft.version is 0", done.stderr)


if __name__ == "__main__":
    unittest.main()
