"""The inventory service: answers each record of order-events with one in inventory-status.

A member of the group inventory, on confluent-kafka-python. Nothing is reserved twice: the offset of an order is
committed after its answer is written, and an order that comes again, because this service or a broker died in
between, is known by its answer, which is looked for in inventory-status whenever a partition is taken over.

BOOTSTRAP says where the cluster is.
"""

import json
import os

from confluent_kafka import Consumer, TopicPartition

import service

ASKED, ANSWERED = "order-events", "inventory-status"
LARGEST = 10


def reserve(order):
    """Where a real service asks its database."""
    if order["quantity"] > LARGEST:
        return {"order": order["order"], "status": "refused", "reason": "not so many in stock"}
    return {"order": order["order"], "status": "accepted"}


class Inventory:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.answered = {}  # partition -> keys of orders that have their answer
        self.next = {}  # partition -> offset to commit
        self.writer = service.Writer(bootstrap)
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "inventory", "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "session.timeout.ms": 6000})

    def assigned(self, consumer, partitions):
        for each in partitions:
            self.answered[each.partition] = service.keys(self.bootstrap, ANSWERED, each.partition)

    def revoked(self, consumer, partitions):
        # Before another member looks for the answers they must be there.
        self.finish()
        self.lost(consumer, partitions)

    def lost(self, consumer, partitions):
        for each in partitions:
            self.answered.pop(each.partition, None)
            self.next.pop(each.partition, None)

    def take(self, record):
        partition = record.partition()
        if partition not in self.answered:
            return  # another member's by now
        if record.key() not in self.answered[partition]:
            answer = json.dumps(reserve(json.loads(record.value())))
            # The order's own partition, by number: whoever joins the answers finds them together.
            self.writer.write(ANSWERED, partition, record.key(), answer)
            self.answered[partition].add(record.key())
        self.next[partition] = record.offset() + 1

    def finish(self):
        self.writer.finish()
        service.commit(
            self.consumer, [TopicPartition(ASKED, p, offset) for p, offset in self.next.items()])
        self.next.clear()

    def run(self):
        self.consumer.subscribe(
            [ASKED], on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.lost)
        service.run(self.consumer, self.take, self.finish)


if __name__ == "__main__":
    Inventory(os.environ["BOOTSTRAP"]).run()
