"""The confirmation service: joins three answers to an order into one record of order-confirmations.

A member of the group confirmations, on confluent-kafka-python. Several share the work: the range assignor gives
the same partition of all three topics to the same member, and an order's answers stand in the same partition.

What is half known lives in memory only. So what is committed is never beyond the first answer of an order that
still waits for another one: whoever takes the partition over reads those again. Orders that have their
confirmation are known by it, from order-confirmations itself. The group's lag counts what waits.

BOOTSTRAP says where the cluster is.
"""

import json
import os
import sys

from confluent_kafka import Consumer, TopicPartition

import service

STATUSES = ("inventory-status", "payment-status", "shipping-status")
CONFIRMED = "order-confirmations"


def verdict(key, answers):
    """Confirmed if all three accept."""
    reasons = [
        f"{topic.removesuffix('-status')}: {answers[topic]['reason']}"
        for topic in STATUSES if answers[topic]["status"] != "accepted"]
    return {"order": key.decode(), "verdict": "refused" if reasons else "confirmed", "reasons": reasons}


class Join:
    """The orders of one partition."""

    def __init__(self, confirmed):
        self.confirmed = confirmed
        self.waiting = {}  # key -> {topic: (offset, answer)}
        self.next = {}  # topic -> offset to read next

    def add(self, record):
        """Takes an answer in; returns all three once they are there, by topic."""
        key, topic = record.key(), record.topic()
        self.next[topic] = record.offset() + 1
        if key in self.confirmed:
            return None
        answers = self.waiting.setdefault(key, {})
        # The first counts, so that it does not matter if a service answered twice.
        answers.setdefault(topic, (record.offset(), json.loads(record.value())))
        if len(answers) < len(STATUSES):
            return None
        del self.waiting[key]
        self.confirmed.add(key)
        return {topic: answer for topic, (_, answer) in answers.items()}

    def committable(self):
        """Up to where nothing is needed again, by topic."""
        return {
            topic: min(
                (answers[topic][0] for answers in self.waiting.values() if topic in answers),
                default=following)
            for topic, following in self.next.items()}


class Confirmations:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.joins = {}  # by partition
        self.writer = service.Writer(bootstrap)
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "confirmations",
            "auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000,
            "partition.assignment.strategy": "range"})

    def assigned(self, consumer, partitions):
        for number in {each.partition for each in partitions}:
            if sum(each.partition == number for each in partitions) < len(STATUSES):
                sys.exit("the three topics must have as many partitions as each other")
            self.joins[number] = Join(service.keys(self.bootstrap, CONFIRMED, number))

    def revoked(self, consumer, partitions):
        # Before another member looks for the confirmations they must be there.
        self.finish()
        self.lost(consumer, partitions)

    def lost(self, consumer, partitions):
        for each in partitions:
            self.joins.pop(each.partition, None)

    def take(self, record):
        partition = record.partition()
        if partition not in self.joins:
            return  # another member's by now
        answers = self.joins[partition].add(record)
        if answers is not None:
            value = json.dumps(verdict(record.key(), answers))
            self.writer.write(CONFIRMED, partition, record.key(), value)

    def finish(self):
        self.writer.finish()
        service.commit(self.consumer, [
            TopicPartition(topic, partition, offset)
            for partition, join in self.joins.items()
            for topic, offset in join.committable().items()])

    def run(self):
        self.consumer.subscribe(
            list(STATUSES), on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.lost)
        service.run(self.consumer, self.take, self.finish)


if __name__ == "__main__":
    Confirmations(os.environ["BOOTSTRAP"]).run()
