"""Ten thousand partitions on each of three nodes: memory, descriptors and maps, and how fast leaders move."""

import os
import time

from cluster import Cluster

TOPICS = [f"many-{number}" for number in range(10)]
EACH = 1_000
PARTITIONS = len(TOPICS) * EACH


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def maps(pid):
    with open(f"/proc/{pid}/maps") as file:
        return sum(1 for _ in file)


def value(node, name):
    """Sum of a metric's series."""
    return sum(float(line.split()[-1]) for line in node.metrics().splitlines()
               if line.startswith(name + "{") or line.startswith(name + " "))


def write_everywhere(cluster):
    """One acks=all record on each partition."""
    from confluent_kafka import Producer

    producer = Producer({
        "bootstrap.servers": cluster.bootstrap, "acks": "all", "linger.ms": 20, "message.timeout.ms": 120_000})
    failed = []
    began = time.monotonic()
    for topic in TOPICS:
        for partition in range(EACH):
            producer.produce(topic, b"x" * 100, partition=partition,
                             on_delivery=lambda error, _: failed.append(error) if error else None)
            producer.poll(0)
    left = producer.flush(120)
    if left or failed:
        raise AssertionError(f"{left} left, failed: {failed[:3]}")
    return time.monotonic() - began


def partitions(admin):
    """All partitions as a node shows them."""
    shown = admin.list_topics(timeout=30).topics
    return [p for name in TOPICS if name in shown for p in shown[name].partitions.values()]


def settle(admin, cluster):
    """Waits until every replica is in sync."""
    deadline = time.monotonic() + 120
    while True:
        found = partitions(admin)
        if len(found) == PARTITIONS and all(len(p.isrs) == 3 for p in found):
            return
        if time.monotonic() > deadline:
            raise AssertionError("not all replicas are in sync after 120 s")
        time.sleep(0.1)


def scale(table, options, cpu, resident):
    from confluent_kafka.admin import AdminClient, NewTopic

    with Cluster(3, auto_leader_rebalance_enable="false") as cluster:
        cluster.start()
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
        began = time.monotonic()
        # All are led by node 1, so that its end moves all of them.
        assignment = [[1, 2, 3]] * EACH
        for name in TOPICS:
            admin.create_topics([NewTopic(name, EACH, replica_assignment=assignment)])[name].result(60)
        settle(admin, cluster)
        table.row("create 10,000 partitions x 3 until all are in the ISR", time.monotonic() - began, "s")
        held(table, cluster, "never written", cpu, resident)
        table.row("first acks=all record on each of 10,000 partitions", write_everywhere(cluster), "s")
        time.sleep(2)
        held(table, cluster, "a record in each", cpu, resident)
        victim, others = cluster.nodes[1], [cluster.nodes[2], cluster.nodes[3]]
        watcher = AdminClient({"bootstrap.servers": ",".join(f"127.0.0.1:{n.port}" for n in others)})
        watcher.list_topics(timeout=30)
        took = []
        for _ in range(options.runs):
            victim.kill()
            began = time.monotonic()
            while not all(p.leader in (2, 3) for p in partitions(watcher)):
                pass
            took.append(time.monotonic() - began)
            began = time.monotonic()
            victim.start()
            victim.wait_ready(120)
            back = time.monotonic() - began
            settle(watcher, cluster)
            elect(watcher)
        table.row("10,000 leaders of a killed node have moved", took, "s", "< 3")
        table.row("the killed node serves again", back, "s")
        held(table, cluster, "after the moves", cpu, resident)


def elect(admin):
    """Gives node 1 its leaders back."""
    from cluster import run
    servers = []
    for broker in admin.list_topics(timeout=30).brokers.values():
        servers.append(f"{broker.host}:{broker.port}")
    run("leader-election", "--bootstrap-server", ",".join(servers), "--election-type", "preferred",
        "--all-topic-partitions", timeout=120)


def held(table, cluster, when, cpu, resident):
    pids = [node.process.pid for node in cluster.nodes.values()]
    before = [cpu(pid) for pid in pids]
    time.sleep(5)
    table.row(f"10,000 partitions, {when}: memory", [resident(pid) for pid in pids], "MB", "< 250", digits=0)
    table.row(f"10,000 partitions, {when}: descriptors", [descriptors(pid) for pid in pids], "", digits=0)
    table.row(f"10,000 partitions, {when}: memory maps", [maps(pid) for pid in pids], "", digits=0)
    used = [(cpu(pid) - start) * 20 for pid, start in zip(pids, before)]
    table.row(f"10,000 partitions, {when}: idle CPU", used, "%", digits=1)
