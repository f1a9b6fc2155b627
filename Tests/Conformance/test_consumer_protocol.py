"""Groups of the consumer protocol (KIP-848) with librdkafka, alone and mixed with members of the classic protocol."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from group_case import RECORDS, GroupCase  # noqa: E402
from cluster import run  # noqa: E402


class ConsumerProtocol(GroupCase):
    PROPERTIES = {
        "group_initial_rebalance_delay_ms": 200,
        "group_consumer_min_heartbeat_interval_ms": 200,
        "group_consumer_heartbeat_interval_ms": 300,
        "group_consumer_min_session_timeout_ms": 3000,
        "group_consumer_session_timeout_ms": 5000,
    }

    def consumer(self, group, topic, **more):
        from confluent_kafka import Consumer

        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap, "group.id": group,
            "group.protocol": "consumer", "auto.offset.reset": "earliest",
            "enable.auto.commit": False, **more})
        consumer.subscribe([topic] if isinstance(topic, str) else topic)
        return consumer

    def shared(self, consumers, partitions):
        """Waits until the consumers share all partitions, and checks that none has two owners."""
        def owned():
            for consumer in consumers:
                consumer.poll(0.02)
            parts = [{(p.topic, p.partition) for p in c.assignment()} for c in consumers]
            return parts if sum(map(len, parts)) == partitions and all(parts) else None

        self.until(owned, "the members share the partitions")
        parts = owned()
        self.assertEqual(len(set().union(*parts)), partitions)
        return parts

    def type_of(self, group):
        listed = run(
            "consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--list", "--type")
        for line in listed.stdout.splitlines():
            if line.split()[0] == group:
                return line.split()[1].lower()
        return None

    # Alone

    def share(self, **more):
        topic = self.filled()
        first = self.consumer(topic, topic, **more)
        self.shared([first], 4)
        second = self.consumer(topic, topic, **more)
        parts = self.shared([first, second], 4)
        self.assertEqual(sorted(map(len, parts)), [2, 2])
        self.assertEqual(self.type_of(topic), "consumer")
        first.close()
        self.shared([second], 4)
        second.close()

    def test_members_share_by_the_uniform_assignor(self):
        self.share()

    def test_members_share_by_the_range_assignor(self):
        self.share(**{"group.remote.assignor": "range"})

    def test_it_goes_on_where_it_committed(self):
        topic = self.filled()
        consumer = self.consumer(topic, topic)
        got = self.read([consumer], RECORDS)
        self.assertEqual(len({(p, o) for p, o, _ in got}), RECORDS)
        consumer.commit(asynchronous=False)
        consumer.close()
        again = self.consumer(topic, topic)
        self.shared([again], 4)
        self.assertIsNone(again.poll(1))
        committed = again.committed(again.assignment(), timeout=10)
        self.assertEqual([p.offset for p in committed], [RECORDS // 4] * 4)
        again.close()

    def test_members_outlive_their_coordinator(self):
        topic = self.filled()
        members = [self.consumer(topic, topic) for _ in range(2)]
        before = self.shared(members, 4)
        node = self.cluster.nodes[self.coordinator(topic)]
        node.kill()
        try:
            self.until(lambda: all([self.commits(m) for m in members]), "both commit again")
            self.assertEqual(self.shared(members, 4), before)
        finally:
            node.start()
            node.wait_ready()
        for member in members:
            member.close()

    def test_a_static_member_comes_back_to_what_it_had(self):
        topic = self.filled()
        names = {"group.instance.id": "one"}, {"group.instance.id": "two"}
        first, second = [self.consumer(topic, topic, **name) for name in names]
        parts = self.shared([first, second], 4)
        first.close()
        again = self.consumer(topic, topic, **names[0])
        self.assertEqual(self.shared([again, second], 4), parts)
        again.close()
        second.close()

    def test_new_partitions_are_taken_up(self):
        topic = self.filled()
        consumer = self.consumer(topic, topic)
        self.shared([consumer], 4)
        run("topics", "--bootstrap-server", self.cluster.bootstrap, "--alter", "--topic", topic,
            "--partitions", "6")
        self.shared([consumer], 6)
        consumer.close()

    def test_epochs_and_targets_are_described(self):
        topic = self.filled()
        members = [self.consumer(topic, topic) for _ in range(2)]
        self.shared(members, 4)

        def rows(*options):
            told = run("consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--describe",
                       "--group", topic, "--verbose", *options).stdout
            header, *lines = [line.split() for line in told.splitlines() if line.strip()]
            return [dict(zip(header, line)) for line in lines]

        def has_settled():
            for member in members:
                member.poll(0.02)
            state = rows("--state")[0]
            return state["GROUP-EPOCH"] == state["TARGET-ASSIGNMENT-EPOCH"] and all(
                row["CURRENT-EPOCH"] == row["TARGET-EPOCH"] == state["GROUP-EPOCH"]
                for row in rows("--members"))

        self.until(has_settled, "every member has come to the group's epoch")
        shown = rows("--members")
        self.assertEqual(len(shown), 2)
        for row in shown:
            self.assertEqual(row["CURRENT-ASSIGNMENT"], row["TARGET-ASSIGNMENT"])
            self.assertIn(topic, row["CURRENT-ASSIGNMENT"])
        for member in members:
            member.close()

    def test_who_subscribes_to_what_is_not_there_harms_nobody(self):
        topic = self.filled()
        first = self.consumer(topic, topic)
        self.shared([first], 4)
        # It is a member, and has nothing to read until the topic is there.
        second = self.consumer(topic, topic + "-later")
        self.until(lambda: second.poll(0.05) is None and self.members(topic) == 2, "both are members")
        self.shared([first], 4)
        self.cluster.create_topic(topic + "-later", 2, 3)
        self.shared([first, second], 6)
        first.close()
        second.close()

    def members(self, group):
        told = run("consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--describe",
                   "--members", "--group", group, check=False).stdout
        return sum(line.startswith(group) for line in told.splitlines())

    def test_a_pattern_is_matched_on_the_broker(self):
        topic = self.filled()
        consumer = self.consumer(topic, f"^{topic}(_more)?")
        self.shared([consumer], 4)
        self.cluster.create_topic(topic + "_more", 3, 3)
        self.cluster.create_topic(topic + "_moreover", 2, 3)
        self.shared([consumer], 7)
        consumer.close()
        # The client takes it, RE2 does not repeat as often.
        wrong = self.consumer(topic + "-wrong", "^a{1001}")
        errors = []

        def refused():
            message = wrong.poll(0.1)
            if message is not None and message.error():
                errors.append(message.error().str())
            return errors

        self.until(refused, "the pattern is refused")
        # To this client it is fatal, and named in words only.
        self.assertIn("regular expression is not valid", errors[0])
        wrong.close()

    # Mixed

    def test_a_group_moves_to_the_new_protocol_and_back_while_it_reads(self):
        topic = self.filled()
        old = self.librdkafka(topic, topic)
        self.read([old], RECORDS)
        self.assertEqual(self.type_of(topic), "classic")
        new = self.consumer(topic, topic)
        parts = self.shared([old, new], 4)
        self.assertEqual(sorted(map(len, parts)), [2, 2])
        self.assertEqual(self.type_of(topic), "consumer")
        self.assertTrue(self.commits(old))
        self.assertTrue(self.commits(new))
        new.close()
        self.shared([old], 4)
        self.until(lambda: old.poll(0.05) is None and self.type_of(topic) == "classic", "it is classic")
        self.assertTrue(self.commits(old))
        another = self.consumer(topic, topic)
        self.shared([old, another], 4)
        old.close()
        self.shared([another], 4)
        self.assertEqual(self.type_of(topic), "consumer")
        another.close()
        told = run(
            "consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--describe",
            "--history", "--group", topic).stdout
        self.assertIn("the group changed its protocol", told)
        self.assertIn("a member left", told)

    def test_a_group_has_settings_of_its_own(self):
        tool = ["configs", "--bootstrap-server", self.cluster.bootstrap, "--entity-type", "groups",
                "--entity-name", "tuned"]
        run(*tool, "--alter", "--add-config",
            "consumer.session.timeout.ms=4000,consumer.heartbeat.interval.ms=1000")
        told = run(*tool, "--describe").stdout
        self.assertIn("consumer.session.timeout.ms=4000", told)
        self.assertIn("consumer.heartbeat.interval.ms=1000", told)
        self.assertNotIn("share.", told)
        told = run(*tool, "--describe", "--all").stdout
        self.assertIn("share.session.timeout.ms=45000", told)
        refused = run(*tool, "--alter", "--add-config", "consumer.session.timeout.ms=100", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("group.consumer.min.session.timeout.ms", refused.stdout + refused.stderr)
        run(*tool, "--alter", "--delete-config", "consumer.session.timeout.ms")
        self.assertNotIn("consumer.session.timeout.ms", run(*tool, "--describe").stdout)

    def test_a_group_without_a_name_is_an_error(self):
        done = run(
            "consumer-groups", "--bootstrap-server", self.cluster.bootstrap, "--describe",
            "--group", "", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("groupId is invalid", done.stdout + done.stderr)

    def test_cooperative_members_keep_what_does_not_move(self):
        topic = self.filled()
        old = self.librdkafka(
            topic, topic, **{"partition.assignment.strategy": "cooperative-sticky"})
        self.shared([old], 4)
        new = self.consumer(topic, topic)
        self.shared([old, new], 4)
        new.close()
        self.shared([old], 4)
        old.close()


if __name__ == "__main__":
    unittest.main()
