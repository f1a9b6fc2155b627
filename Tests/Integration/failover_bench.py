"""Longest gap between acknowledged writes of an ordinary librdkafka producer, by kind of failure.

Prints worst and median of TRIALS trials (default 20) of each kind; see docs/testing.md for the promises.
Usage: failover_bench.py [trials] [kind ...]
"""

import statistics
import sys
import time

from checker import Load, check
from cluster import Cluster


def other(cluster):
    controller = cluster.controller()
    leaders = {cluster.leader("bench", p) for p in range(3)} - {controller, None}
    return sorted(leaders)[0]


KINDS = {
    "kill leader": (other, "kill"),
    "kill controller": (lambda cluster: cluster.controller(), "kill"),
    "stop leader": (other, "pause"),
    "stop controller": (lambda cluster: cluster.controller(), "pause"),
    "controlled shutdown": (other, "terminate"),
}


def rebalance(cluster):
    """Leaders back to their preferred replicas, so that every node leads something."""
    from cluster import run

    run("leader-election", "--bootstrap-server", cluster.bootstrap, "--election-type", "preferred",
        "--all-topic-partitions", check=False)


def trial(cluster, kind):
    choose, action = KINDS[kind]
    load = Load(cluster.bootstrap, "bench", 3, name=f"t{time.monotonic_ns()}", rate=500).start()
    load.wait_acknowledged(300)
    victim = cluster.nodes[choose(cluster)]
    since = time.monotonic()
    getattr(victim, action)()
    load.wait_acknowledged(1500, 30)
    gap = load.longest_gap(since)
    if action == "pause":
        victim.resume()
    else:
        victim.start()
    victim.wait_ready()
    load.wait_acknowledged(300)
    load.stop()
    rebalance(cluster)
    return gap, load


def main():
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    kinds = sys.argv[2:] or list(KINDS)
    with Cluster(3) as cluster:
        cluster.start()
        cluster.create_topic("bench", 3, 3)
        loads = []
        print(f"{'kind':22} {'worst s':>8} {'median s':>9}  trials")
        for kind in kinds:
            gaps = []
            for _ in range(trials):
                gap, load = trial(cluster, kind)
                gaps.append(gap)
                loads.append(load)
            print(f"{kind:22} {max(gaps):8.3f} {statistics.median(gaps):9.3f}  {len(gaps)}",
                  flush=True)
        print(dict(check(cluster.bootstrap, loads)))


if __name__ == "__main__":
    main()
