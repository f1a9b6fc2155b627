"""Opening logs after a kill: on several threads, watched from outside, and bounded by the recovery point."""

import http.client
import re
import shutil
import subprocess
import time
import unittest
import urllib.error
import urllib.request
from datetime import datetime

from confluent_kafka import Producer

import cluster as nodes
from cluster import Cluster

LOGS = 24
PAUSE = 0.1


def tracing_is_possible():
    """Why system calls cannot be delayed here; None if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True)
    return None if tried.returncode == 0 else "strace may not trace here"


REFUSED = tracing_is_possible()


def ask(node, path):
    """Status and text of a probe; None if nobody answers."""
    url = f"http://127.0.0.1:{node.cluster.http_port(node.number)}{path}"
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (OSError, http.client.HTTPException):
        return None


class Recovery(unittest.TestCase):
    def begin(self, partitions, size, **settings):
        self.cluster = Cluster(1, **settings)
        self.addCleanup(self.cluster.stop)
        self.node = self.cluster.nodes[1]
        self.cluster.start()
        self.cluster.create_topic("orders", partitions, 1)
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "acks": "all", "linger.ms": 5})
        errors = []
        for number in range(size // 10_000):
            producer.produce(
                "orders", bytes(10_000), partition=number % partitions,
                on_delivery=lambda error, _: errors.append(error))
            producer.poll(0)
        self.assertEqual(producer.flush(60), 0)
        self.assertEqual([e for e in errors if e], [])

    def start_with_slow_directories(self):
        """Each look into a directory takes a while, as on a disk that is busy."""
        output = open(self.node.log, "ab")
        self.node.process = subprocess.Popen(
            ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=getdents64",
             "-e", f"inject=getdents64:delay_enter={int(PAUSE * 1_000_000)}:when=1+2",
             nodes.BINARY, "server-start", self.node.config],
            stdout=output, stderr=output, start_new_session=True)
        output.close()

    def moment(self, event):
        lines = [line for line in self.node.tail(10_000).splitlines() if f" {event} " in line]
        return datetime.fromisoformat(lines[-1].split()[0].replace("Z", "+00:00")), lines[-1]

    def reopen(self, threads):
        """Kills and starts the node; answers how long the logs took, and what the probes said meanwhile."""
        self.node.kill()
        self.node.write_config(**{"num.recovery.threads.per.data.dir": threads})
        self.start_with_slow_directories()
        answers = []
        deadline = time.monotonic() + 60
        while not answers or answers[-1][1] != (200, "ready\n"):
            self.assertLess(time.monotonic(), deadline, self.node.tail())
            answers.append((ask(self.node, "/live"), ask(self.node, "/ready"), ask(self.node, "/metrics")))
            time.sleep(0.02)
        began, _ = self.moment("logsFound")
        ended, line = self.moment("logsRecovered")
        self.assertIn(f"checked={LOGS}", line)
        return (ended - began).total_seconds(), answers

    @unittest.skipIf(REFUSED, REFUSED)
    def test_threads_open_logs_side_by_side_and_probes_are_answered_meanwhile(self):
        self.begin(LOGS, LOGS * 20_000)
        alone, answers = self.reopen(1)
        waiting = [ready for live, ready, _ in answers if live and ready and ready[0] == 503 and live[0] == 200]
        left = [int(re.search(r"opening logs, (\d+) left", text).group(1))
                for _, text in waiting if "opening logs" in text]
        self.assertGreater(len(set(left)), 3, f"the number left is not seen to fall: {waiting}")
        self.assertEqual(left, sorted(left, reverse=True))
        gauge = "kafka_log_logmanager_remaininglogstorecover{"
        shown = [line for _, _, metrics in answers if metrics for line in metrics[1].splitlines()
                 if line.startswith(gauge)]
        self.assertTrue(any(float(line.split()[-1]) > 0 for line in shown), shown[:3])
        self.assertEqual(float(shown[-1].split()[-1]), 0)
        self.assertIn(" logsLeft ", self.node.tail(200))
        together, _ = self.reopen(4)
        print(f"{LOGS} logs: one thread {alone:.2f} s, four {together:.2f} s", flush=True)
        self.assertGreater(alone, LOGS * PAUSE)
        self.assertLess(together, alone / 2)

    def test_what_lies_below_the_recovery_point_is_not_read_again(self):
        self.begin(4, 60_000_000, log_flush_offset_checkpoint_interval_ms=1000)
        point = f"{self.node.directory}/data/recovery-point-offset-checkpoint"
        deadline = time.monotonic() + 30

        def points():
            try:
                with open(point) as file:
                    return [int(line.split()[2]) for line in file if line.startswith("orders ")]
            except FileNotFoundError:
                return []

        while points() != [1500] * 4:
            self.assertLess(time.monotonic(), deadline, f"recovery points {points()}")
            time.sleep(0.1)
        self.node.kill()
        self.node.start()
        self.node.wait_ready()
        with open(f"/proc/{self.node.process.pid}/io") as file:
            read = int(re.search(r"rchar: (\d+)", file.read()).group(1))
        print(f"read {read / 1e6:.1f} MB of 60", flush=True)
        # Without it 70 MB. Of each log the index, and the snapshot of its producers, may be a MiB behind its point, and
        # another quarter is read to know the producers' last batches: 10 MB at most.
        self.assertLess(read, 20_000_000)


if __name__ == "__main__":
    unittest.main()
