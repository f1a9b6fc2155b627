"""The shipping service: answers each record of order-events with one in shipping-status.

A member of the group shipping, on kafka-python. No parcel is sent twice: the offset of an order is committed after
its answer is written, and an order that comes again, because this service or a broker died in between, is known by
its answer, which is looked for in shipping-status whenever a partition is taken over.

BOOTSTRAP says where the cluster is.
"""

import json
import os
import signal
import sys

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

ASKED, ANSWERED = "order-events", "shipping-status"
COUNTRIES = {"CH", "DE", "FR", "IT"}


def send(order):
    """Where a real service asks a carrier."""
    if order["country"] not in COUNTRIES:
        return {"order": order["order"], "status": "refused", "reason": "nobody goes there"}
    return {"order": order["order"], "status": "accepted"}


class Shipping(ConsumerRebalanceListener):
    def __init__(self, bootstrap):
        self.servers = bootstrap.split(",")
        self.answered = {}  # partition -> keys of orders that have their answer
        self.producer = KafkaProducer(bootstrap_servers=self.servers, enable_idempotence=True)
        self.consumer = KafkaConsumer(
            bootstrap_servers=self.servers, group_id="shipping", auto_offset_reset="earliest",
            enable_auto_commit=False, session_timeout_ms=6000, heartbeat_interval_ms=1000)

    def on_partitions_assigned(self, assigned):
        for each in assigned:
            self.answered[each.partition] = self.past(each.partition)

    def on_partitions_revoked(self, revoked):
        # Between two polls all that was read is answered and committed.
        for each in revoked:
            self.answered.pop(each.partition, None)

    def past(self, partition):
        """The keys of all answers in a partition."""
        answers = TopicPartition(ANSWERED, partition)
        reader = KafkaConsumer(bootstrap_servers=self.servers, group_id=None)
        try:
            reader.assign([answers])
            reader.seek_to_beginning(answers)
            end = reader.end_offsets([answers])[answers]
            found = set()
            while reader.position(answers) < end:
                for records in reader.poll(timeout_ms=500).values():
                    found.update(record.key for record in records)
            return found
        finally:
            reader.close()

    def take(self, records):
        """Answers, and returns once the answers are written."""
        written = []
        for record in records:
            done = self.answered[record.partition]
            if record.key in done:
                continue
            answer = json.dumps(send(json.loads(record.value))).encode()
            # The order's own partition, by number: whoever joins the answers finds them together.
            written.append(self.producer.send(
                ANSWERED, key=record.key, value=answer, partition=record.partition))
            done.add(record.key)
        for answer in written:
            answer.get(timeout=120)  # raises what went wrong, and nothing is committed then

    def run(self):
        told = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told.append(True))
        self.consumer.subscribe([ASKED], listener=self)
        while not told:
            try:
                batches = self.consumer.poll(timeout_ms=200)
            except KafkaError as error:
                if not error.retriable:
                    raise
                print(error, file=sys.stderr)  # a broker is gone: the next poll asks another
                continue
            for records in batches.values():
                self.take(records)
            if batches:
                try:
                    self.consumer.commit()
                except KafkaError as error:
                    print(error, file=sys.stderr)  # read again, by this member or the next, and known
        self.consumer.close()
        self.producer.close()


if __name__ == "__main__":
    Shipping(os.environ["BOOTSTRAP"]).run()
