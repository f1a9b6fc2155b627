#!/usr/bin/env python3
"""Proves that the simulator finds bugs: mutants.py [MUTANT...] [options]

Each NN-name.patch beside this file breaks one rule of Martlet. It is applied to a copy of the tree, the door
`simulate` is built from that in release mode, and seeds are played from 1 on until one catches the mutant, by a
rule of the checker or by a trap of the broken code. All mutants are met by the same clusters, workload and faults:
those of `make simulate`, or, where a patch says `Seeds: groups`, of `make simulate SEEDS='--groups 1-200'`. At the
end the tree without a mutant plays all the seeds that were needed, and must pass.

MUTANT is a part of a name; all are tried if none is given. What was found is noted in .build/mutants/found.json, by
the sources and the patch: a run that was ended, or ran out of its `--minutes`, is gone on with by the next. The exit
code is 1 if a mutant survives or is not tried to its end, if a patch does not apply or build, or if the tree itself fails.
"""

import argparse
import hashlib
import json
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
WORK = TOP / ".build" / "mutants"
TREE = WORK / "tree"
FOUND = WORK / "found.json"
# How often it is said how far a mutant is, and noted.
TELLING_SECONDS = 20
# A mutant changes a file or two: only these are compiled again, not all of their room and what stands on it.
FILE_BY_FILE = ["-Xswiftc", "-no-whole-module-optimization", "-Xswiftc", "-incremental"]


class Failure(Exception):
    """The mutant cannot be tried."""


class OutOfTime(Exception):
    """The run ends before this is done; the next goes on."""


class Mutant:
    def __init__(self, patch):
        self.patch = patch
        self.name = patch.stem if patch else "the tree itself"
        self.binary = WORK / "binaries" / (patch.stem if patch else "tree")
        # Which seeds it is to be met by.
        self.options = ["--groups"] if patch and "\nSeeds: groups" in patch.read_text() else []
        self.seed = None
        self.rule = ""
        # Every seed up to this one was passed.
        self.passed = 0
        self.seconds = 0.0
        self.failure = None

    def is_done(self, last):
        return self.seed is not None or self.passed >= last

    def apply(self, *options):
        # Files change for other reasons: one line of context beside the change must do.
        command = ["git", "apply", "-C1", *options, str(self.patch)]
        # The copy is no part of the repository around it.
        environment = dict(os.environ, GIT_CEILING_DIRECTORIES=str(WORK))
        done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise Failure("the patch does not apply:\n" + done.stderr.strip())


def copy_tree():
    """Brings the copy up to date, leaving files alone that are as they should be: their builds stay good."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "Package.swift", "Sources", "Tests"],
        cwd=TOP, capture_output=True, check=True,
    ).stdout.decode().split("\0")
    wanted = {name for name in listed if name and (TOP / name).is_file()}
    for path in [p for p in TREE.rglob("*") if p.is_file()]:
        if str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    for name in wanted:
        target = TREE / name
        content = (TOP / name).read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def build(mutant, prefix):
    command = [*prefix, "swift", "build", "-c", "release", "--product", "simulate",
               "--package-path", str(TREE), "--scratch-path", str(WORK / "build"), *FILE_BY_FILE]
    if mutant.patch:
        mutant.apply()
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    finally:
        if mutant.patch:
            mutant.apply("--reverse")
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() + done.stderr.splitlines() if "error:" in line]
        raise Failure("it does not build:\n" + "\n".join(errors[:10] or done.stderr.splitlines()[-10:]))
    mutant.binary.parent.mkdir(parents=True, exist_ok=True)
    mutant.binary.unlink(missing_ok=True)
    shutil.copy2(WORK / "build" / "release" / "simulate", mutant.binary)


class Notes:
    """What is known of each mutant of these very sources, from this run and earlier ones."""

    def __init__(self, is_fresh):
        self.lock = threading.Lock()
        digest = hashlib.sha256()
        for path in sorted([TREE / "Package.swift", *(TREE / "Sources").rglob("*")]):
            if path.is_file():
                digest.update(str(path.relative_to(TREE)).encode() + b"\0" + path.read_bytes())
        self.sources = digest.hexdigest()
        self.known = {}
        if FOUND.exists() and not is_fresh:
            self.known = json.loads(FOUND.read_text())

    def key(self, mutant):
        patch = mutant.patch.read_bytes() if mutant.patch else b""
        return hashlib.sha256(self.sources.encode() + " ".join(mutant.options).encode() + patch).hexdigest()

    def recall(self, mutant):
        note = self.known.get(self.key(mutant), {})
        mutant.seed, mutant.rule = note.get("seed"), note.get("rule", "")
        mutant.passed, mutant.seconds = note.get("passed", 0), note.get("seconds", 0.0)

    def keep(self, mutant):
        with self.lock:
            self.known[self.key(mutant)] = {
                "mutant": mutant.name, "seed": mutant.seed, "rule": mutant.rule,
                "passed": mutant.passed, "seconds": mutant.seconds}
            FOUND.write_text(json.dumps(self.known, indent=1))


class Clock:
    """When the run must end, and how far it is."""

    def __init__(self, minutes, count):
        self.began = time.monotonic()
        self.end = self.began + 60 * minutes if minutes else None
        self.count = count
        self.done = 0

    @property
    def is_over(self):
        return self.end is not None and time.monotonic() > self.end

    def progress(self):
        elapsed = time.monotonic() - self.began
        left = elapsed / self.done * (self.count - self.done) if self.done else None
        rest = f", about {left / 60:.0f} min left" if left is not None else ""
        return f"{self.done} of {self.count} in {elapsed / 60:.1f} min{rest}"


def hunt(mutant, last, prefix, notes, clock):
    """Plays seeds from the first that is not known to pass, in one process, until one fails."""
    began = told = time.monotonic()
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=yes,color=no,interactive=no,limit=16,threads=crashed")
    command = [*prefix, str(mutant.binary), *mutant.options, "--until-failure", f"{mutant.passed + 1}-{last}"]
    with open(WORK / f"{mutant.binary.name}.err", "w+") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, start_new_session=True)
        seed, lines = None, []
        try:
            for line in process.stdout:
                head = re.match(r"seed (\d+): (\w+)?", line)
                if head:
                    seed, lines = int(head[1]), []
                    if head[2] == "ok":
                        mutant.passed = seed
                lines.append(line.strip())
                if time.monotonic() - told > TELLING_SECONDS:
                    told = time.monotonic()
                    say(f"  {mutant.name}: seed {mutant.passed} passed; {clock.progress()}")
                    notes.keep(mutant)
                if clock.is_over:
                    raise OutOfTime
            process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            mutant.seconds += time.monotonic() - began
            errors.seek(0)
            report = errors.read()
            if process.returncode not in (0, -signal.SIGKILL):
                if seed is None or seed <= mutant.passed:
                    raise Failure(f"it says nothing of seed {mutant.passed + 1}: {report[:300]}")
                mutant.seed = seed
                ends = "the seed does not end" if process.returncode == -signal.SIGALRM else None
                mutant.rule = rule_of(lines) or ends or trap(report) or f"exit code {process.returncode}"
            notes.keep(mutant)


def rule_of(lines):
    for index, line in enumerate(lines):
        if "FAILED" in line:
            return lines[index + 1] if index + 1 < len(lines) else line
    return None


def trap(report):
    """Where the code stopped itself: the first frame of ours in Swift's own report."""
    fatal = re.search(r"Fatal error: (.*)", report)
    if fatal:
        return "trap: " + fatal.group(1)
    for frame in re.findall(r"^\d+ (?:\[[^\]]*\] )*0x\w+ (.*) in \S+ at (\S+)", report, re.MULTILINE):
        if "/Sources/" in frame[1]:
            return f"trap: {frame[0].split(' + ')[0]} at {Path(frame[1]).name}"
    found = re.search(r"(Program crashed|Crash): ?(.*)", report)
    return "trap: " + found.group(2) if found else None


def say(text):
    print(text, flush=True)


def tell(mutant, last):
    if mutant.failure:
        say(f"{mutant.name}: {mutant.failure}")
    elif mutant.seed is not None:
        say(f"{mutant.name}: seed {mutant.seed}, {mutant.seconds:.0f} s: {mutant.rule}")
    elif mutant.passed < last:
        say(f"{mutant.name}: not done, {mutant.passed} of {last} seeds passed")
    elif mutant.patch:
        say(f"{mutant.name}: SURVIVES ({mutant.seconds:.0f} s)")
    else:
        say(f"{mutant.name}: passes 1-{last} ({mutant.seconds:.0f} s)")


def hunt_all(mutants, last, order, prefix, notes, clock):
    """With two jobs one mutant is built while the one before plays."""
    built = queue.Queue(maxsize=2)

    def player():
        while (mutant := built.get()) is not None:
            try:
                if not mutant.failure and not clock.is_over:
                    hunt(mutant, last, prefix, notes, clock)
                    clock.done += 1
            except OutOfTime:
                pass
            except Failure as failure:
                mutant.failure = str(failure)
            finally:
                mutant.binary.unlink(missing_ok=True)
            tell(mutant, last)
            built.task_done()

    thread = threading.Thread(target=player)
    thread.start()
    try:
        for mutant in mutants:
            if clock.is_over:
                break
            try:
                build(mutant, prefix)
            except Failure as failure:
                mutant.failure = str(failure)
            built.put(mutant)
            if order.jobs == 1:
                built.join()
    finally:
        built.put(None)
        thread.join()


def check_tree(mutants, last, prefix, notes, clock):
    """The tree without a mutant must pass the seeds that were needed, of either kind. Those that it does not pass."""
    bad = []
    for options in sorted({tuple(mutant.options) for mutant in mutants}):
        needed = max(mutant.seed or last for mutant in mutants if tuple(mutant.options) == options)
        tree = Mutant(None)
        tree.options = list(options)
        notes.recall(tree)
        try:
            if not tree.is_done(needed):
                build(tree, prefix)
                hunt(tree, needed, prefix, notes, clock)
        except Failure as failure:
            tree.failure = str(failure)
        except OutOfTime:
            pass
        tell(tree, needed)
        if tree.failure or tree.seed is not None or tree.passed < needed:
            bad.append(tree)
    return bad


def table(mutants):
    lines = ["| Mutant | First seed | Seconds | Caught by |", "|---|---|---|---|"]
    for mutant in mutants:
        seed = f"none of {mutant.passed}" if mutant.seed is None else str(mutant.seed)
        caught = mutant.failure.splitlines()[0] if mutant.failure else mutant.rule.replace("|", "/")
        lines.append(f"| {mutant.name} | {seed} | {mutant.seconds:.0f} | {caught} |")
    return "\n".join(lines)


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mutants", nargs="*", metavar="MUTANT")
    parser.add_argument("--seeds", type=int, default=1000, help="the last seed that is tried (1000)")
    parser.add_argument("--minutes", type=float, help="end after so long; the next run goes on from there")
    parser.add_argument("--again", action="store_true", help="forget what earlier runs found")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=2, help="1: play or build, not both at once")
    parser.add_argument("--list", action="store_true", help="say what each mutant breaks")
    parser.add_argument("--without-tree", action="store_true", help="do not play the tree itself")
    parser.add_argument("--prefix", default="", help="put before what is run, as in 'nice -n 19'")
    return parser.parse_args()


def main():
    order = options()
    patches = sorted(HERE.glob("*.patch"))
    if order.mutants:
        patches = [p for p in patches if any(part in p.stem for part in order.mutants)]
    if not patches:
        say("no such mutant")
        return 1
    mutants = [Mutant(patch) for patch in patches]
    if order.list:
        for mutant in mutants:
            say(f"{mutant.name}\n{mutant.patch.read_text().split('--- ')[0]}")
        return 0
    prefix = shlex.split(order.prefix)
    TREE.mkdir(parents=True, exist_ok=True)
    copy_tree()
    notes = Notes(order.again)
    for mutant in mutants:
        notes.recall(mutant)
    missing = [mutant for mutant in mutants if not mutant.is_done(order.seeds)]
    if len(missing) < len(mutants):
        say(f"{len(mutants) - len(missing)} of {len(mutants)} are known from earlier runs")
    clock = Clock(order.minutes, len(missing))
    hunt_all(missing, order.seeds, order, prefix, notes, clock)
    bad = [mutant for mutant in mutants if mutant.seed is None]
    if not order.without_tree and not clock.is_over:
        bad += check_tree(mutants, order.seeds, prefix, notes, clock)
    say("")
    say(table(mutants))
    say("")
    say(f"{len(mutants) - sum(m.seed is None for m in mutants)} of {len(mutants)} mutants are caught")
    if clock.is_over:
        say("the time is over; the next run goes on from here")
    return 1 if bad or clock.is_over else 0


if __name__ == "__main__":
    sys.exit(main())
