"""Writes the lines of standard input, each KEY:VALUE, and says where each stands: producer.py BOOTSTRAP TOPIC."""

import sys

from confluent_kafka import Producer

if len(sys.argv) != 3:
    sys.exit("usage: producer.py BOOTSTRAP TOPIC")
bootstrap, topic = sys.argv[1:]
failures = []


def delivered(error, record):
    """Called once for each record, from poll() and flush()."""
    if error is None:
        print(record.partition(), record.offset(), record.key().decode(), record.value().decode(), sep="\t")
    else:
        failures.append(f"{record.key().decode()} is not written: {error}")


producer = Producer({
    "bootstrap.servers": bootstrap,
    # acks=all, and neither doubles nor another order when a broker dies and batches are sent again.
    "enable.idempotence": True,
    # Where Java's clients put a key; librdkafka's own default is another hash.
    "partitioner": "murmur2_random",
})
for line in sys.stdin:
    key, colon, value = line.rstrip("\n").partition(":")
    if not colon:
        sys.exit(f"not KEY:VALUE: {line}")
    while True:
        try:
            producer.produce(topic, value, key, on_delivery=delivered)
            break
        except BufferError:
            producer.poll(0.1)  # the queue is full: wait until some are delivered
    producer.poll(0)
producer.flush()
if failures:
    sys.exit("\n".join(failures))
