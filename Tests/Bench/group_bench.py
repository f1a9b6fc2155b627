"""Groups of the consumer protocol (KIP-848) on one broker: what a heartbeat of a member among ten thousand costs, and how
soon a new member is served where a hundred groups have ten members and 900 partitions each; how long the loop of a group
with a thousand members and ten thousand partitions is held up by its targets. Bounded in count and time.

usage: group_bench.py [--members N] [--groups N] [--only heartbeats,newcomers,stall]

Members are lines of a table, not processes: their requests travel over a few connections, many in flight.
"""

import argparse
import contextlib
import os
import socket
import struct
import sys
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Integration"))

from bench import Table, cpu  # noqa: E402
from cluster import Cluster, run  # noqa: E402

PARTITIONS = 900
MEMBERS = 10
LOADING, NOT_COORDINATOR = 14, 16
HUGE_MEMBERS = 1_000
HUGE_PARTITIONS = 10_000


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(value):
    return b"\0" if value is None else varint(len(value) + 1) + value.encode()


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values[0]

    def varint(self):
        number = shift = 0
        while True:
            byte = self.take("B")
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def text(self):
        length = self.varint() - 1
        if length < 0:
            return None
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def count(self):
        return self.varint() - 1


class Member:
    """A consumer that gives up and takes over at once, as it is told."""

    def __init__(self, group, topic):
        self.group, self.topic = group, topic
        self.id = str(uuid.uuid4())
        self.epoch = 0
        self.owned = {}
        self.has_news = True

    @property
    def count(self):
        return sum(map(len, self.owned.values()))

    def request(self, number):
        first = self.epoch == 0
        body = struct.pack(">hhih", 68, 1, number, 5) + b"bench\0"
        body += text(self.group) + text(self.id) + struct.pack(">i", self.epoch)
        body += text(None) + text(None) + struct.pack(">i", 60_000 if first else -1)
        body += varint(2) + text(self.topic) if first else b"\0"
        body += text(None) + text(None)
        if first or self.has_news:
            owned = {} if first else self.owned
            body += varint(len(owned) + 1)
            for topic, partitions in owned.items():
                body += topic + varint(len(partitions) + 1)
                body += struct.pack(f">{len(partitions)}i", *partitions) + b"\0"
        else:
            body += b"\0"
        self.has_news = False
        body += b"\0"
        return struct.pack(">i", len(body)) + body

    def answered(self, reader):
        reader.take(">i")
        error = reader.take(">h")
        message = reader.text()
        if error in (LOADING, NOT_COORDINATOR):
            # It comes back with its next heartbeat.
            return
        assert error == 0, f"{self.group}: error {error}: {message}"
        reader.text()
        epoch = reader.take(">i")
        self.has_news = self.has_news or epoch != self.epoch
        self.epoch = epoch
        reader.take(">i")
        if reader.take("b") < 0:
            return
        owned = {}
        for _ in range(reader.count()):
            topic = reader.data[reader.at:reader.at + 16]
            reader.at += 16
            owned[topic] = [reader.take(">i") for _ in range(reader.count())]
            reader.varint()
        if owned != self.owned:
            self.owned, self.has_news = owned, True


class Line:
    """A connection with many requests in flight."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def beat(self, members, window=100):
        """One heartbeat of each member; returns the longest time to an answer."""
        longest = 0
        for start in range(0, len(members), window):
            part = members[start:start + window]
            began = time.monotonic()
            self.socket.sendall(b"".join(m.request(n) for n, m in enumerate(part)))
            for member in part:
                member.answered(self.answer())
            longest = max(longest, time.monotonic() - began)
        return longest

    def answer(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack(">i", self.buffer[:4])[0]:
            more = self.socket.recv(1 << 20)
            assert more, "the connection was closed"
            self.buffer += more
        length = struct.unpack(">i", self.buffer[:4])[0]
        frame, self.buffer = self.buffer[4:4 + length], self.buffer[4 + length:]
        reader = Reader(frame)
        reader.take(">i")
        reader.varint()
        return reader


def find_coordinator(port, group):
    """Has the offsets topic made, and waits until the coordinator serves."""
    deadline = time.monotonic() + 30
    while True:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            body = struct.pack(">hhih5sh", 10, 0, 1, 5, b"bench", len(group)) + group.encode()
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = connection.recv(4096)
        if struct.unpack(">h", answer[8:10])[0] == 0:
            return
        assert time.monotonic() < deadline, "no coordinator"
        time.sleep(0.05)


def settle(line, members, partitions, seconds=120):
    """Heartbeats until the members of each group share all partitions evenly, and nobody has anything to say."""
    groups = {}
    for member in members:
        groups.setdefault(member.group, []).append(member)
    deadline = time.monotonic() + seconds
    while not all(is_settled(each, partitions) for each in groups.values()):
        assert time.monotonic() < deadline, "the groups do not settle"
        line.beat(members)


def is_settled(members, partitions):
    counts = [member.count for member in members]
    return (sum(counts) == partitions and max(counts) - min(counts) <= 1
            and len({member.epoch for member in members}) == 1
            and not any(member.has_news for member in members))


def heartbeats(node, table, count):
    """Processor time of one heartbeat with `count` members, ten in each group."""
    line = Line(node.port)
    members = [Member(f"idle-{n // MEMBERS}", "small") for n in range(count)]
    settle(line, members, MEMBERS)
    line.beat(members)
    figures = []
    for _ in range(5):
        began = cpu(node.process.pid)
        rounds = max(1, 50_000 // count)
        for _ in range(rounds):
            line.beat(members)
        figures.append((cpu(node.process.pid) - began) / (rounds * count) * 1e6)
    table.row(f"heartbeat, {count} members of consumer groups, CPU", figures, "us", "< 20")


def newcomers(node, table, groups):
    """A new member in each group, one after the other, while all others go on with a heartbeat each 5 s."""
    line = Line(node.port)
    members = [Member(f"busy-{n // MEMBERS}", "large") for n in range(groups * MEMBERS)]
    settle(line, members, PARTITIONS)
    # Else the first newcomer waits until the last target of its group is a second old (KIP-1263).
    time.sleep(1)
    by_group = {}
    for member in members:
        by_group.setdefault(member.group, []).append(member)
    waits, longest, kept = [], 0, []
    for group in list(by_group)[:20]:
        old = by_group[group]
        before = {m.id: {(t, p) for t, ps in m.owned.items() for p in ps} for m in old}
        others = [m for m in members if m.group != group]
        new = Member(group, "large")
        fewest = PARTITIONS
        began = time.monotonic()
        while new.count < PARTITIONS // (MEMBERS + 1):
            line.beat([new] + old)
            for member in old:
                # Nobody stops: what does not go to the new member stays where it was all the time.
                fewest = min(fewest, member.count)
            assert time.monotonic() < began + 30, "the new member is not served"
        waits.append(time.monotonic() - began)
        assert fewest >= PARTITIONS // (MEMBERS + 1), f"a member was down to {fewest}"
        longest = max(longest, line.beat(others[:100]))
        after = {m.id: {(t, p) for t, ps in m.owned.items() for p in ps} for m in old}
        kept.append(sum(len(before[i] & after[i]) for i in before) / PARTITIONS * 100)
    name = f"{groups} groups x {MEMBERS} x {PARTITIONS}: "
    table.row(name + "new member served", waits, "s", "< 5", 4)
    table.row(name + "partitions that did not move", kept, "%", "", 1)
    table.row(name + "100 heartbeats of others", longest, "s", "", 4)


def stall(node, table):
    """The longest heartbeat of a neighbour on the same partition while a member comes to a very large group, with targets made on
    the loop and away from it."""
    for way in ("loop", "threads"):
        group = f"huge-{way}"
        offload = "true" if way == "threads" else "false"
        run(
            "configs", "--bootstrap-server", f"127.0.0.1:{node.port}", "--alter", "--entity-type", "groups", "--entity-name",
            group, "--add-config", f"consumer.assignor.offload.enable={offload},consumer.assignment.interval.ms=0")
        line, other = Line(node.port), Line(node.port)
        neighbour = Member(f"neighbour-{way}", "small")
        settle(other, [neighbour], MEMBERS)
        members = [Member(group, "huge") for _ in range(HUGE_MEMBERS)]
        line.beat(members)
        settle(line, members, HUGE_PARTITIONS)
        calm, longest = [], []
        for _ in range(5):
            calm.append(max(other.beat([neighbour]) for _ in range(200)))
            new = Member(group, "huge")
            members.append(new)
            line.socket.sendall(new.request(0))
            end = time.monotonic() + 0.5
            worst = 0
            while time.monotonic() < end:
                worst = max(worst, other.beat([neighbour]))
            longest.append(worst)
            new.answered(line.answer())
            settle(line, members, HUGE_PARTITIONS)
        name = f"1 group x {HUGE_MEMBERS} x {HUGE_PARTITIONS}, targets on the {way}: "
        table.row(name + "longest heartbeat of a neighbour while a member comes", longest, "s", "", 4)
        table.row(name + "else", calm, "s", "", 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--groups", type=int, default=100)
    parser.add_argument("--only", default="newcomers,heartbeats,stall")
    options = parser.parse_args()
    only = options.only.split(",")
    table = Table()
    with single() as cluster:
        node = cluster.nodes[1]
        cluster.create_topic("large", PARTITIONS, 1)
        if "newcomers" in only:
            newcomers(node, table, options.groups)
        if "heartbeats" in only:
            heartbeats(node, table, options.members)
    if "stall" in only:
        # All groups are neighbours here.
        with single(offsets_topic_num_partitions=1) as cluster:
            # One request may not make as many.
            cluster.create_topic("huge", HUGE_PARTITIONS // 2, 1)
            run("topics", "--bootstrap-server", cluster.bootstrap, "--alter", "--topic", "huge",
                "--partitions", str(HUGE_PARTITIONS))
            time.sleep(3)
            stall(cluster.nodes[1], table)


@contextlib.contextmanager
def single(**settings):
    """A node with the coordinator of all groups, and sessions that do not end."""
    cluster = Cluster(
        1, group_consumer_max_session_timeout_ms=600_000, group_consumer_session_timeout_ms=600_000, **settings)
    try:
        cluster.start()
        cluster.create_topic("small", MEMBERS, 1)
        find_coordinator(cluster.nodes[1].port, "idle-0")
        time.sleep(1)
        yield cluster
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
