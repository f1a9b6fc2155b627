#!/usr/bin/env python3
"""Proves that the simulator finds bugs: mutants.py [MUTANT...] [options]

Each NN-name.patch beside this file breaks one rule of Martlet. It is applied to a copy of the tree, the door
`simulate` is built from that in release mode, and seeds are played from 1 on until one catches the mutant, by a
rule of the checker or by a trap of the broken code. All mutants are met by the same clusters, workload and faults:
those of `make simulate`, or, where a patch says `Seeds: groups`, of `make simulate SEEDS='--groups 1-200'`. At the end the tree without a mutant plays all the seeds that were needed, and must pass.

MUTANT is a part of a name; all are tried if none is given. The exit code is 1 if one survives, if a patch does not
apply or build, or if the tree itself fails.
"""

import argparse
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
# A seed takes a second. One that never ends is caught as well.
SEED_SECONDS_MAX = 180
# A mutant changes a file or two: only these are compiled again, not all of their room and what stands on it.
FILE_BY_FILE = ["-Xswiftc", "-no-whole-module-optimization", "-Xswiftc", "-incremental"]


class Failure(Exception):
    """The mutant cannot be tried."""


class Mutant:
    def __init__(self, patch):
        self.patch = patch
        self.name = patch.stem if patch else "the tree itself"
        self.binary = WORK / "binaries" / (patch.stem if patch else "tree")
        # Which seeds it is to be met by.
        self.options = ["--groups"] if patch and "\nSeeds: groups" in patch.read_text() else []
        self.seed = None
        self.rule = ""
        self.seconds = 0.0
        self.failure = None

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


def play(binary, options, seed, prefix):
    """Plays one seed in a process of its own, so that a trap ends that seed only. The rule broken, or None."""
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=yes,color=no,interactive=no,limit=16,threads=crashed")
    process = subprocess.Popen(
        [*prefix, str(binary), *options, str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment, start_new_session=True)
    try:
        out, err = process.communicate(timeout=SEED_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"the seed does not end within {SEED_SECONDS_MAX} s"
    if process.returncode == 0:
        return None
    lines = out.splitlines()
    for index, line in enumerate(lines):
        if "FAILED" in line:
            detail = lines[index + 1] if index + 1 < len(lines) else line
            return detail.strip()
    return trap(err) or f"exit code {process.returncode}"


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


def hunt(mutant, seeds, prefix):
    began = time.monotonic()
    for seed in seeds:
        rule = play(mutant.binary, mutant.options, seed, prefix)
        if rule:
            mutant.seed, mutant.rule = seed, rule
            break
    mutant.seconds += time.monotonic() - began


def say(text):
    print(text, flush=True)


def tell(mutant):
    if mutant.failure:
        say(f"{mutant.name}: {mutant.failure}")
    elif mutant.seed is None:
        say(f"{mutant.name}: SURVIVES ({mutant.seconds:.0f} s)")
    else:
        say(f"{mutant.name}: seed {mutant.seed}, {mutant.seconds:.0f} s: {mutant.rule}")


def hunt_all(mutants, seeds, jobs, prefix):
    """With two jobs one mutant is built while the one before plays."""
    built = queue.Queue(maxsize=4)

    def player():
        while (mutant := built.get()) is not None:
            if not mutant.failure:
                hunt(mutant, seeds, prefix)
            tell(mutant)
            built.task_done()

    thread = threading.Thread(target=player)
    thread.start()
    try:
        for mutant in mutants:
            try:
                build(mutant, prefix)
            except Failure as failure:
                mutant.failure = str(failure)
            built.put(mutant)
            if jobs == 1:
                built.join()
    finally:
        built.put(None)
        thread.join()


def check_tree(mutants, last, prefix):
    """The tree without a mutant must pass the seeds that were needed, of either kind."""
    tree = Mutant(None)
    try:
        build(tree, prefix)
    except Failure as failure:
        tree.failure = str(failure)
        return tree
    for options in sorted({tuple(mutant.options) for mutant in mutants}):
        needed = [mutant.seed or last for mutant in mutants if tuple(mutant.options) == options]
        tree.options = list(options)
        if tree.seed is None:
            hunt(tree, range(1, max(needed) + 1), prefix)
    return tree


def table(mutants):
    lines = ["| Mutant | First seed | Seconds | Caught by |", "|---|---|---|---|"]
    for mutant in mutants:
        seed = "survives" if mutant.seed is None else str(mutant.seed)
        caught = mutant.failure.splitlines()[0] if mutant.failure else mutant.rule.replace("|", "/")
        lines.append(f"| {mutant.name} | {seed} | {mutant.seconds:.0f} | {caught} |")
    return "\n".join(lines)


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mutants", nargs="*", metavar="MUTANT")
    parser.add_argument("--seeds", type=int, default=1000, help="the last seed that is tried (1000)")
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
    hunt_all(mutants, range(1, order.seeds + 1), order.jobs, prefix)
    bad = [mutant for mutant in mutants if mutant.seed is None]
    if not order.without_tree:
        tree = check_tree(mutants, order.seeds, prefix)
        if tree.failure or tree.seed is not None:
            bad.append(tree)
            tell(tree)
        else:
            say(f"the tree itself passes in {tree.seconds:.0f} s")
    say("")
    say(table(mutants))
    say("")
    say(f"{len(mutants) - sum(m.seed is None for m in mutants)} of {len(mutants)} mutants are caught")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
