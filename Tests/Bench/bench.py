"""Speed and memory of one node and of three, printed as one table. Bounded in records and time.

usage: bench.py [--json FILE] [--only WORD] [--runs N]

A figure of several runs is their median; least and most stand behind it. The floor, what the machine must
pay whoever the broker is (floor.c), is measured in turn with the runs it is compared with, because the
machine's own speed changes from minute to minute.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Integration"))
sys.path.insert(0, HERE)

from cluster import Cluster, run  # noqa: E402
from scale import scale  # noqa: E402

GIGABYTE = 1e9
ROOT = os.path.join(HERE, "..", "..")


def cpu(pid):
    """Processor seconds of a process, user and kernel."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


class Table:
    """Rows as they come: printed at once, kept for the JSON."""

    def __init__(self):
        self.rows = []
        print(f"{'what':58} {'median':>9} {'least':>9} {'most':>9} {'unit':8} target", flush=True)

    def row(self, name, values, unit, target="", digits=2):
        values = values if isinstance(values, list) else [values]
        figures = [statistics.median(values), min(values), max(values)]
        text = " ".join(f"{figure:9.{digits}f}" for figure in figures)
        print(f"{name:58} {text} {unit:8} {target}", flush=True)
        self.rows.append({"what": name, "median": figures[0], "least": figures[1],
                          "most": figures[2], "values": values, "unit": unit, "target": target})


class Floor:
    """The C program beside this file, built where it is needed."""

    def __init__(self, directory):
        self.directory = directory
        self.binary = os.path.join(directory, "floor")
        source = os.path.join(ROOT, "Sources", "CCRC")
        subprocess.run(
            ["cc", "-O2", "-I", os.path.join(source, "include"), os.path.join(HERE, "floor.c"),
             os.path.join(source, "crc32c.c"), "-lpthread", "-o", self.binary], check=True)
        # Memory that the host gives to a machine for the first time is slow: not the floor.
        self.measure("produce")

    def measure(self, what, megabytes=1000):
        done = subprocess.run(
            [self.binary, what, self.directory, str(megabytes)], check=True, timeout=120,
            capture_output=True, text=True)
        return json.loads(done.stdout)["cpu"]


# What a load is made of; a cell names what it changes.
BASELINE = {"records": 1_000_000, "size": 1024, "partitions": 6, "durable": False,
            "acks": "1", "batch": 131072, "linger": 5, "compression": "none", "rate": -1}

CELLS = [
    ("baseline: 1 KiB, 6 partitions, acks=1, page cache", {}),
    ("records of 100 B", {"size": 100, "records": 5_000_000}),
    ("records of 64 KiB", {"size": 65536, "records": 15_000}),
    ("acks=all", {"acks": "all"}),
    ("durable", {"durable": True}),
    ("durable, acks=all", {"durable": True, "acks": "all"}),
    ("1 partition", {"partitions": 1}),
    ("100 partitions", {"partitions": 100}),
    ("1,000 partitions", {"partitions": 1000}),
    ("batches of 16 KiB", {"batch": 16384, "records": 500_000}),
    ("lz4", {"compression": "lz4", "records": 500_000}),
    ("one record at a time, 2,000/s",
     {"batch": 1, "linger": 0, "records": 10_000, "rate": 2000, "durable": False}),
]


def produce(cluster, topic, load):
    """One load: processor seconds of the broker, seconds it took, latencies in milliseconds."""
    pid = cluster.nodes[1].process.pid
    before, began = cpu(pid), time.monotonic()
    done = run(
        "producer-perf-test", "--bootstrap-server", cluster.bootstrap, "--topic", topic,
        "--num-records", str(load["records"]), "--record-size", str(load["size"]),
        "--throughput", str(load["rate"]), "--command-property", f"acks={load['acks']}",
        "--command-property", f"batch.size={load['batch']}",
        "--command-property", f"linger.ms={load['linger']}",
        "--command-property", f"compression.type={load['compression']}",
        "--command-property", "enable.idempotence=false", timeout=300)
    took = time.monotonic() - began
    return cpu(pid) - before, took, latencies(done.stdout)


def latencies(text):
    """The percentiles of producer-perf-test's last line."""
    last = text.strip().splitlines()[-1]
    return {name: float(value) for value, name in
            re.findall(r"([0-9.]+) ms (50|95|99|99\.9)th", last)}


def fetch(cluster, topic, load):
    pid = cluster.nodes[1].process.pid
    before, began = cpu(pid), time.monotonic()
    run("consumer-perf-test", "--bootstrap-server", cluster.bootstrap, "--topic", topic,
        "--num-records", str(load["records"]), timeout=300)
    return cpu(pid) - before, time.monotonic() - began


def produce_and_fetch(table, options):
    """Broker processor time for each gigabyte of payload, one factor changed for each cell."""
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        floor = Floor(directory)
        for number, (name, changes) in enumerate(CELLS):
            if options.cell in name:
                cell(table, floor, name, {**BASELINE, **changes}, f"bench-{number}", options.runs)


def cell(table, floor, name, load, topic, runs):
    volume = load["records"] * load["size"] / GIGABYTE
    produced, fetched, rates, speeds, tails, floors = [], [], [], [], [], {"produce": [], "fetch": []}
    is_baseline = name.startswith("baseline")
    with Cluster(1) as cluster:
        cluster.start()
        for turn in range(runs):
            own = f"{topic}-{turn}"
            cluster.create_topic(
                own, load["partitions"], 1, flush_before_ack=str(load["durable"]).lower())
            if is_baseline:
                for what, values in floors.items():
                    values.append(floor.measure(what))
            used, took, tail = produce(cluster, own, load)
            produced.append(used / volume)
            rates.append(volume * 1000 / took)
            tails.append(tail)
            used, took = fetch(cluster, own, load)
            fetched.append(used / volume)
            speeds.append(volume * 1000 / took)
    if load["rate"] > 0:
        table.row(f"{name}: broker CPU", [x * volume * 1e6 / load["records"] for x in produced],
                  "us/rec", digits=1)
    else:
        table.row(f"{name}: produce", produced, "s/GB", "<= 0.6" if is_baseline else "")
        table.row(f"{name}: produce", rates, "MB/s", digits=0)
        table.row(f"{name}: fetch", fetched, "s/GB", "<= 0.1" if is_baseline else "", digits=3)
        table.row(f"{name}: fetch", speeds, "MB/s", digits=0)
    for percentile in ("50", "99", "99.9"):
        found = [tail[percentile] for tail in tails if percentile in tail]
        if found:
            table.row(f"{name}: produce, p{percentile}", found, "ms", digits=1)
    if is_baseline:
        for what, mine, target in (("produce", produced, "<= 1.4"), ("fetch", fetched, "<= 1.6")):
            table.row(f"floor: {what}", floors[what], "s/GB", digits=3)
            table.row(f"{name}: {what}, of the floor",
                      [a / b for a, b in zip(mine, floors[what])], "x", target)


def idle_and_start(table, options):
    """Memory of an idle node with 100 connections, and the time from process start to serving."""
    starts = []
    for turn in range(max(options.runs, 3)):
        with Cluster(1) as cluster:
            cluster.format()
            node = cluster.nodes[1]
            began = time.monotonic()
            node.start()
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", node.port)) == 0 and node.is_ready():
                        break
            starts.append((time.monotonic() - began) * 1000)
            if turn == 0:
                idle(table, node)
    table.row("process start to serving, one node, empty directory", starts, "ms", "< 50", digits=0)


def idle(table, node):
    held = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(100)]
    before = cpu(node.process.pid)
    time.sleep(10)
    table.row("idle node with 100 connections: memory", resident(node.process.pid), "MB", "< 40",
              digits=1)
    table.row("idle node: CPU", (cpu(node.process.pid) - before) * 10, "%")
    for connection in held:
        connection.close()


def many_partitions(table, options):
    """Three nodes cold, a topic of 1,000 partitions, and a first record on each of them."""
    from confluent_kafka.admin import AdminClient, NewTopic

    cold, created, first, again = [], [], [], []
    for _ in range(options.runs):
        # ext4 searches long for inodes other than those of files removed in the last five seconds, which the
        # run before has just done by the thousand: no cluster's figure.
        time.sleep(6)
        with Cluster(3) as cluster:
            cluster.format()
            began = time.monotonic()
            for node in cluster.nodes.values():
                node.start()
            for node in cluster.nodes.values():
                node.wait_ready()
            cold.append(time.monotonic() - began)
            admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
            admin.list_topics(timeout=10)
            began = time.monotonic()
            admin.create_topics([NewTopic("many", 1000, 3)])["many"].result(30)
            while not all_in_sync(admin.list_topics("many", timeout=10).topics["many"]):
                pass
            created.append(time.monotonic() - began)
            first.append(first_records(cluster))
            victim = cluster.nodes[1]
            victim.kill()
            began = time.monotonic()
            victim.start()
            victim.wait_ready()
            again.append(time.monotonic() - began)
    table.row("three nodes cold to serving", cold, "s", "< 2")
    table.row("create 1,000 partitions x 3 until all are in the ISR", created, "s", "< 0.1",
              digits=3)
    table.row("first acks=all record on each of 1,000 partitions", first, "s", "< 1")
    table.row("killed node with 1,000 partitions serves again", again, "s", "<= 1")


def all_in_sync(topic):
    return len(topic.partitions) == 1000 and all(
        len(p.isrs) == 3 for p in topic.partitions.values())


def first_records(cluster):
    from confluent_kafka import Producer

    producer = Producer({
        "bootstrap.servers": cluster.bootstrap, "acks": "all", "linger.ms": 0,
        "batch.num.messages": 1, "log_level": 0})
    producer.list_topics("many", timeout=10)
    answered, failed = [0], []

    def delivered(error, message):
        answered[0] += 1
        if error:
            failed.append(error)

    began = time.monotonic()
    for partition in range(1000):
        producer.produce("many", b"first", partition=partition, on_delivery=delivered)
    producer.flush(60)
    took = time.monotonic() - began
    if failed or answered[0] != 1000:
        raise AssertionError(f"{answered[0]} answered, failed: {failed[:3]}")
    return took


def ten_thousand(table, options):
    """Three nodes of 10,000 partitions each."""
    scale(table, options, cpu, resident)


def durable_acknowledgement(table, options):
    """flush.before.ack on and off, side by side: full speed, and a steady load whose latencies count."""
    loads = [("full speed", {"records": 300_000, "rate": -1, "linger": 5}),
             ("5,000 records/s", {"records": 50_000, "rate": 5000, "linger": 1})]
    with Cluster(3) as cluster:
        cluster.start()
        for name, changes in loads:
            for acks in ("1", "all"):
                figures = {True: [], False: []}
                # In turn, because the machine's own speed changes from minute to minute.
                for turn in range(options.runs):
                    for durable in figures:
                        load = {**BASELINE, **changes, "acks": acks, "durable": durable}
                        topic = f"ack-{name[:4].strip()}-{acks}-{durable}-{turn}".replace(",", "")
                        cluster.create_topic(
                            topic, load["partitions"], 3, flush_before_ack=str(durable).lower())
                        _, took, tail = produce(cluster, topic, load)
                        rate = load["records"] * load["size"] / 1e6 / took
                        figures[durable].append({"rate": rate, **tail})
                for durable, runs in figures.items():
                    title = f"acks={acks}, {name}, flush.before.ack={str(durable).lower()}"
                    table.row(f"{title}: rate", [run["rate"] for run in runs], "MB/s", digits=1)
                    for percentile in ("50", "99", "99.9"):
                        table.row(f"{title}: p{percentile}",
                                  [run[percentile] for run in runs], "ms", digits=1)


PARTS = {"idle": idle_and_start, "partitions": many_partitions, "scale": ten_thousand,
         "load": produce_and_fetch, "durable": durable_acknowledgement}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--only", choices=PARTS, help="one part of the bench")
    parser.add_argument("--cell", default="", help="only loads whose name has this in it")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    table = Table()
    for name, part in PARTS.items():
        if options.only in (None, name):
            part(table, options)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"processors": os.cpu_count(), "rows": table.rows}, file, indent=1)


if __name__ == "__main__":
    main()
