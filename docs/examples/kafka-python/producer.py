"""Writes the lines of standard input, each KEY:VALUE, and says where each stands: producer.py BOOTSTRAP TOPIC."""

import sys

from kafka import KafkaProducer

if len(sys.argv) != 3:
    sys.exit("usage: producer.py BOOTSTRAP TOPIC")
bootstrap, topic = sys.argv[1:]

# acks=all, and neither doubles nor another order when a broker dies and batches are sent again.
producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), enable_idempotence=True, linger_ms=5)
written = []
for line in sys.stdin:
    key, colon, value = line.rstrip("\n").partition(":")
    if not colon:
        sys.exit(f"not KEY:VALUE: {line}")
    written.append((key, value, producer.send(topic, key=key.encode(), value=value.encode())))
for key, value, answer in written:
    where = answer.get(timeout=60)  # raises what went wrong
    print(where.partition, where.offset, key, value, sep="\t")
producer.close()
