"""Reads a topic as a member of a group: consumer.py BOOTSTRAP GROUP TOPIC [COUNT].

Ends after COUNT records, or on Ctrl-C or SIGTERM; in either case its partitions are with the other members at once.
"""

import signal
import sys

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

if len(sys.argv) not in (4, 5):
    sys.exit("usage: consumer.py BOOTSTRAP GROUP TOPIC [COUNT]")
bootstrap, group, topic = sys.argv[1:4]
left = int(sys.argv[4]) if len(sys.argv) > 4 else -1


def stop(number, frame):
    global left
    left = 0


signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)

consumer = KafkaConsumer(
    topic, bootstrap_servers=bootstrap.split(","), group_id=group, auto_offset_reset="earliest",
    # Committed is here, what is done with, and not what has merely been fetched.
    enable_auto_commit=False,
    # A member that is killed is missed after this time.
    session_timeout_ms=6000, heartbeat_interval_ms=1000)
while left != 0:
    done = {}
    try:
        batches = consumer.poll(timeout_ms=200, max_records=max(left, 0) or 500)
    except KafkaError as error:
        if not error.retriable:
            raise
        print(error, file=sys.stderr)  # a broker is gone: the next poll asks another
        continue
    for partition, records in batches.items():
        for record in records:
            # The work.
            print(
                record.partition, record.offset, record.key.decode(), record.value.decode(), sep="\t",
                flush=True)
            done[partition] = OffsetAndMetadata(record.offset + 1, "", -1)
            left -= 1
    if not done:
        continue
    try:
        consumer.commit(done)
    except KafkaError as error:
        print(error, file=sys.stderr)  # another member has the partition by now, and reads this again
# Leaves the group.
consumer.close()
