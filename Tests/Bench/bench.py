"""Speed and memory of one node and of three, printed as one table. Bounded in records and time."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Integration"))

from cluster import Cluster, run  # noqa: E402

GIGABYTE = 1e9


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


def row(name, value, unit, target=""):
    print(f"{name:58} {value:>10} {unit:10} {target}", flush=True)


def produce_and_fetch():
    """Broker processor time for each gigabyte: 1 KiB records, large batches, acks=1, one replica."""
    records = int(os.environ.get("BENCH_RECORDS", "1000000"))
    with Cluster(1) as cluster:
        cluster.start()
        pid = cluster.nodes[1].process.pid
        for durable in ("false", "true"):
            topic = f"bench-{durable}"
            cluster.create_topic(topic, 6, 1, flush_before_ack=durable)
            before, began = cpu(pid), time.monotonic()
            run("producer-perf-test", "--bootstrap-server", cluster.bootstrap, "--topic", topic,
                "--num-records", str(records), "--record-size", "1024", "--throughput", "-1",
                "--command-property", "acks=1", "--command-property", "batch.size=131072",
                "--command-property", "linger.ms=5",
                "--command-property", "enable.idempotence=false", timeout=300)
            took = time.monotonic() - began
            volume = records * 1024 / GIGABYTE
            label = "durable" if durable == "true" else "page cache"
            row(f"produce, acks=1, {label}: broker CPU", f"{(cpu(pid) - before) / volume:.2f}",
                "s/GB", "<= 0.6" if durable == "false" else "")
            row(f"produce, acks=1, {label}: rate", f"{volume * 1000 / took:.0f}", "MB/s")
            before, began = cpu(pid), time.monotonic()
            run("consumer-perf-test", "--bootstrap-server", cluster.bootstrap, "--topic", topic,
                "--num-records", str(records), timeout=300)
            took = time.monotonic() - began
            row(f"fetch, {label}: broker CPU", f"{(cpu(pid) - before) / volume:.2f}", "s/GB",
                "<= 0.1")
            row(f"fetch, {label}: rate", f"{volume * 1000 / took:.0f}", "MB/s")


def idle_and_start():
    """Memory of an idle node with 100 connections, and the time from process start to serving."""
    with Cluster(1) as cluster:
        cluster.format()
        node = cluster.nodes[1]
        began = time.monotonic()
        node.start()
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", node.port)) == 0 and node.is_ready():
                    break
        row("process start to serving, one node, empty directory",
            f"{(time.monotonic() - began) * 1000:.0f}", "ms", "< 50")
        held = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(100)]
        before = cpu(node.process.pid)
        time.sleep(10)
        row("idle node with 100 connections: memory", f"{resident(node.process.pid):.1f}", "MB",
            "< 40")
        row("idle node: CPU", f"{(cpu(node.process.pid) - before) * 10:.2f}", "%")
        for connection in held:
            connection.close()


def many_partitions():
    """Three nodes cold, a topic of 1,000 partitions, and a first record on each of them."""
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    with Cluster(3) as cluster:
        cluster.format()
        began = time.monotonic()
        for node in cluster.nodes.values():
            node.start()
        for node in cluster.nodes.values():
            node.wait_ready()
        row("three nodes cold to serving", f"{time.monotonic() - began:.2f}", "s", "< 2")
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
        admin.list_topics(timeout=10)
        began = time.monotonic()
        admin.create_topics([NewTopic("many", 1000, 3)])["many"].result(30)
        while True:
            topic = admin.list_topics("many", timeout=10).topics["many"]
            if len(topic.partitions) == 1000 and all(
                    len(p.isrs) == 3 for p in topic.partitions.values()):
                break
        row("create 1,000 partitions x 3 until all are in the ISR",
            f"{time.monotonic() - began:.3f}", "s", "< 0.1")
        producer = Producer({
            "bootstrap.servers": cluster.bootstrap, "acks": "all", "linger.ms": 0,
            "batch.num.messages": 1})
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
        row("first acks=all record on each of 1,000 partitions",
            f"{time.monotonic() - began:.2f}", "s", "< 1")
        if failed or answered[0] != 1000:
            row("  of them failed", str(len(failed) + 1000 - answered[0]), "records")
        victim = cluster.nodes[1]
        victim.kill()
        began = time.monotonic()
        victim.start()
        victim.wait_ready()
        row("killed node with 1,000 partitions serves again", f"{time.monotonic() - began:.2f}",
            "s", "<= 1")


def main():
    print(f"{'what':58} {'measured':>10} {'unit':10} target")
    idle_and_start()
    many_partitions()
    produce_and_fetch()


if __name__ == "__main__":
    main()
