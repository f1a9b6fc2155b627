"""Reads a topic as a member of a group: consumer.py BOOTSTRAP GROUP TOPIC [COUNT].

Ends after COUNT records, or on Ctrl-C or SIGTERM; in either case its partitions are with the other members at once.
"""

import signal
import sys

from confluent_kafka import Consumer, KafkaException

if len(sys.argv) not in (4, 5):
    sys.exit("usage: consumer.py BOOTSTRAP GROUP TOPIC [COUNT]")
bootstrap, group, topic = sys.argv[1:4]
left = int(sys.argv[4]) if len(sys.argv) > 4 else -1


def stop(number, frame):
    global left
    left = 0


signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)

consumer = Consumer({
    "bootstrap.servers": bootstrap,
    "group.id": group,
    "auto.offset.reset": "earliest",
    # What is committed, every 5 s and at the end, is what was stored: records that are done with.
    "enable.auto.offset.store": False,
    # A member that is killed is missed after this time.
    "session.timeout.ms": 6000,
})
consumer.subscribe([topic])
while left != 0:
    record = consumer.poll(0.2)
    if record is None:
        continue
    if record.error() is not None:
        print(record.error(), file=sys.stderr)  # a partition that has no leader for a moment, for example
        continue
    # The work.
    print(
        record.partition(), record.offset(), record.key().decode(), record.value().decode(), sep="\t",
        flush=True)
    try:
        consumer.store_offsets(record)
    except KafkaException as error:
        print(error, file=sys.stderr)  # the partition has just gone to another member, which reads this again
    left -= 1
# Commits what is stored, and leaves the group.
consumer.close()
