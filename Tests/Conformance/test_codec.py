"""Every request and response that kafka-python knows, in every version, through both codecs.

The bytes are those of Tests/WireMessagesTests/golden.txt, which the generated Swift reads and writes: so
kafka-python, whose definitions come from Kafka, is asked whether it sees the same values in them, and
whether it would have written the same bytes.
"""

import importlib
import os
import pkgutil
import sys
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "WireMessagesTests"))

import independent_codec  # noqa: E402
import kafka.protocol  # noqa: E402
from kafka.protocol.api_message import ApiMessage  # noqa: E402
from kafka.protocol.schemas import BaseField  # noqa: E402

# Fields that kafka-python calls otherwise.
RENAMED = {
    "TopicAuthorizedOperations": "authorized_operations",
    "ClusterAuthorizedOperations": "authorized_operations",
    "GenerationIdOrMemberEpoch": "generation_id",
}


def classes():
    """kafka-python's message classes by Kafka's name."""
    for room in ["admin", "consumer", "metadata", "producer", "sasl"]:
        module = importlib.import_module(f"kafka.protocol.{room}")
        for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}."):
            importlib.import_module(found.name)
    found, waiting = {}, [ApiMessage]
    while waiting:
        children = waiting.pop().__subclasses__()
        waiting += children
        for child in children:
            if getattr(child, "_json", None) and child._class_version is None:
                found[child._json["name"]] = child
    return found


def plain(value):
    """A value of kafka-python's as the independent codec has it."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return value


def bits(operations):
    """A set of numbered bits, None for the highest alone, as a number."""
    return sum(1 << bit for bit in ({31} if operations is None else operations))


class Codec(unittest.TestCase):
    def compare(self, message, fields, value, theirs, version, path):
        """Every field of the version, by its name."""
        for field in fields:
            if not independent_codec.within(version, field["versions"]):
                continue
            name = BaseField.underscore_name(field["name"])
            if name not in theirs._struct.fields:
                name = RENAMED[field["name"]]
            found = getattr(theirs, name)
            wanted = value[field["name"]]
            here = f"{path}.{field['name']}"
            members = message["members"].get(field["type"])
            if members and wanted is not None:
                pairs = list(zip(wanted, found)) if field["array"] else [(wanted, found)]
                self.assertEqual(len(pairs), len(wanted) if field["array"] else 1, here)
                for ours, their in pairs:
                    self.compare(message, members, ours, their, version, here)
            elif isinstance(wanted, int) and isinstance(found, (set, type(None))):
                self.assertEqual(bits(found), wanted & 0xFFFFFFFF, here)
            else:
                self.assertEqual(plain(found), wanted, here)

    def test_kafka_python_reads_and_writes_the_same_bytes(self):
        known, compared = classes(), set()
        for message, version, value, encoded in independent_codec.samples():
            theirs = known.get(message["name"])
            if theirs is None or version > theirs.max_version:
                continue
            with self.subTest(message=message["name"], version=version):
                flexible = theirs.flexible_version_q(version)
                # Not `decode`: that of ApiVersionsResponse looks for older answers first.
                decode = theirs._struct.compiled_decode_from(
                    version, compact=flexible, tagged=flexible, data_class=theirs[None])
                decoded, end = decode(memoryview(encoded), 0)
                self.assertEqual(end, len(encoded))
                self.compare(message, message["fields"], value, decoded, version, message["name"])
                decoded._header = None
                self.assertEqual(bytes(decoded.encode(version=version)).hex(), encoded.hex())
                compared.add(message["name"])
        self.assertEqual(compared, set(known))

    def test_the_golden_bytes_are_these_samples(self):
        with open(os.path.join(independent_codec.ROOT, "..", "Tests", "WireMessagesTests",
                               "golden.txt")) as file:
            golden = [line.rstrip("\n").split("\t") for line in file]
        samples = [[message["name"], str(version), encoded.hex()]
                   for message, version, _, encoded in independent_codec.samples()]
        self.assertEqual(golden, samples)
