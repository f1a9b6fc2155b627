#!/usr/bin/env python3
"""A second codec for the schemas, written from Sources/WireSchema/Grammar.md alone.

It shares no code and no author's habits with the Swift generator, so that a mistake must be made twice to
go unseen. Used as a module by conformance tests, and from the command line:

    independent_codec.py check DUMP        compare a dump of the Swift tests with our own encoding
    independent_codec.py golden > FILE     print messages of seeded random values with their bytes

A dump line is `name TAB version TAB hex TAB value`, the value as JSON with the names that Swift has for the
fields (Sources/WireMessages/WireMessages.md).
"""
import glob
import json
import os
import random
import re
import struct
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Sources")
NUMBERS = {"int8": ">b", "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I",
           "int64": ">q", "float64": ">d"}


# -- the grammar ---------------------------------------------------------------------------------------

def parse_range(text, outer):
    body = text[1:]
    if body.endswith("+"):
        return (int(body[:-1]), outer[1])
    low, _, high = body.partition("-")
    return (int(low), int(high or low))


def parse_field(words, outer):
    field = dict(name=words.pop(0)[:-1], tag=None, tagged=None, default=None, ignorable=False,
                 inflexible=False, fields=None)
    kind = words.pop(0)
    nullable_always = kind.endswith("?")
    kind = kind.rstrip("?")
    field["array"] = kind.startswith("[")
    field["type"] = kind.strip("[]")

    def range_or(default):
        return parse_range(words.pop(0), default) if words and re.match(r"v\d", words[0]) else default

    field["versions"] = range_or(outer)
    field["nullable"] = field["versions"] if nullable_always else None
    while words:
        word = words.pop(0)
        if word == "null":
            field["nullable"] = range_or(field["versions"])
        elif word == "tag":
            field["tag"] = int(words.pop(0))
            field["tagged"] = range_or(field["versions"])
        elif word == "=":
            field["default"] = words.pop(0)
        else:
            assert word in ("ignorable", "inflexible"), word
            field[word] = True
    return field


def parse(text):
    """The messages of a file, by name."""
    api, key, about, messages, stack = None, None, [], {}, []
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = (len(line) - len(line.lstrip())) // 4
        words = re.findall(r'"[^"]*"|[^ ]+', line)
        if depth == 0:
            head = words.pop(0)
            if head == "api":
                key, api = int(words[0]), dict(key=int(words[0]), name=words[1], flags=[], listeners=[])
            elif head == "listeners":
                api["listeners"] = words
            elif head in ("forwarded", "cluster-action", "latest-unstable"):
                api["flags"].append(head)
            else:
                number = None
                if head in ("request", "response"):
                    name, number = api["name"] + head.capitalize(), key
                else:
                    if head not in ("data", "header"):
                        number = int(words.pop(0))
                    name = words.pop(0)
                low, _, high = words.pop(0)[1:].partition("-")
                versions = (int(low), int(high or low))
                flexible = int(words[1][1:-1]) if words else None
                message = dict(kind=head, key=number, name=name, versions=versions, flexible=flexible,
                               fields=[], structs={}, api=api)
                messages[name] = message
                stack = [(message["fields"], versions)]
            continue
        del stack[depth:]
        into, outer = stack[-1]
        if words[0] == "struct":
            versions = parse_range(words[2], outer) if len(words) > 2 else outer
            members = []
            message["structs"][words[1]] = dict(versions=versions, fields=members)
            stack.append((members, versions))
        else:
            field = parse_field(words, outer)
            into.append(field)
            field["fields"] = []
            if field["type"][0].isupper():
                message["structs"].setdefault(
                    field["type"], dict(versions=field["versions"], fields=field["fields"]))
            stack.append((field["fields"], field["versions"]))
    for message in messages.values():
        link(message)
    return messages


def link(message):
    """A struct that lines below a field define is known in the whole message; so are common ones."""
    defined = {}

    def visit(fields):
        for field in fields:
            if field["fields"]:
                defined[field["type"]] = field["fields"]
                visit(field["fields"])
    visit(message["fields"])
    for name, common in message["structs"].items():
        visit(common["fields"])
        if common["fields"]:
            defined.setdefault(name, common["fields"])
    message["members"] = defined


def load(rooms=("Wire", "WireMessages", "InternalRecords")):
    messages = {}
    for room in rooms:
        pattern = os.path.join(ROOT, room, "Definitions", "**", "*.schema")
        for path in sorted(glob.glob(pattern, recursive=True)):
            with open(path) as file:
                messages.update(parse(file.read()))
    return messages


# -- values --------------------------------------------------------------------------------------------

def within(version, versions):
    return versions is not None and versions[0] <= version <= versions[1]


def default_of(message, field):
    text = field["default"]
    if text == "null":
        return None
    if field["array"]:
        return []
    kind = field["type"]
    if kind == "bool":
        return text == "true"
    if kind == "float64":
        return float(text or 0)
    if kind in NUMBERS:
        return int(text, 0) if text else 0
    if kind == "string":
        return text[1:-1] if text else ""
    if kind in ("bytes", "records"):
        return b""
    if kind == "uuid":
        return bytes(16)
    return {member["name"]: default_of(message, member) for member in message["members"].get(kind, [])}


# -- encoding ------------------------------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def length(size, compact, form):
    """`size` is None for null."""
    if compact:
        return varint(0 if size is None else size + 1)
    return struct.pack(form, -1 if size is None else size)


def encode_one(message, kind, value, version, compact):
    if kind == "bool":
        return b"\1" if value else b"\0"
    if kind in NUMBERS:
        return struct.pack(NUMBERS[kind], value)
    if kind == "uuid":
        return value
    if kind == "string":
        raw = None if value is None else value.encode()
        return length(None if raw is None else len(raw), compact, ">h") + (raw or b"")
    if kind in ("bytes", "records"):
        return length(None if value is None else len(value), compact, ">i") + (value or b"")
    return encode_struct(message, message["members"].get(kind, []), value, version)


def encode_field(message, field, value, version, tagged):
    flexible = message["flexible"] is not None and version >= message["flexible"]
    compact = flexible and not field["inflexible"]
    may_be_null = within(version, field["nullable"])
    if value is None and not may_be_null:
        raise ValueError("null in %s" % field["name"])
    if field["array"]:
        out = length(None if value is None else len(value), compact, ">i")
        for element in value or []:
            out += encode_one(message, field["type"], element, version, compact)
        return out
    if field["type"][0].isupper() and may_be_null:
        if tagged:
            marker = varint(0 if value is None else 1)
        else:
            marker = struct.pack(">b", -1 if value is None else 1)
        if value is None:
            return marker
        return marker + encode_one(message, field["type"], value, version, compact)
    return encode_one(message, field["type"], value, version, compact)


def encode_struct(message, fields, value, version):
    out, section = b"", []
    for field in fields:
        item = value.get(field["name"], default_of(message, field))
        if within(version, field["tagged"]):
            if item != default_of(message, field):
                section.append((field["tag"], encode_field(message, field, item, version, True)))
        elif within(version, field["versions"]):
            out += encode_field(message, field, item, version, False)
        elif not field["ignorable"] and item != default_of(message, field):
            raise ValueError("%s has no place in version %d" % (field["name"], version))
    if message["flexible"] is not None and version >= message["flexible"]:
        section += [tuple(pair) for pair in value.get("_unknown", [])]
        out += varint(len(section))
        for tag, body in sorted(section):
            out += varint(tag) + varint(len(body)) + body
    return out


def encode(message, value, version):
    return encode_struct(message, message["fields"], value, version)


# -- random values -------------------------------------------------------------------------------------

def random_one(message, kind, version, rng):
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "float64":
        return rng.choice([0.0, -1.5, 1e300, rng.random()])
    if kind in NUMBERS:
        bits = struct.calcsize(NUMBERS[kind]) * 8
        signed = not kind.startswith("u")
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return rng.choice([0, 1, low, high, rng.randint(low, high)])
    if kind == "uuid":
        return rng.randbytes(16)
    if kind == "string":
        return rng.choice(["", "a", "größe", "topic-%d" % rng.randrange(100), "x" * rng.choice([127, 128])])
    if kind in ("bytes", "records"):
        return rng.randbytes(rng.choice([0, 1, 5, 130]))
    return random_struct(message, message["members"].get(kind, []), version, rng)


def random_field(message, field, version, rng):
    if within(version, field["nullable"]) and rng.random() < 0.3:
        return None
    if field["array"]:
        return [random_one(message, field["type"], version, rng) for _ in range(rng.choice([0, 1, 1, 2]))]
    return random_one(message, field["type"], version, rng)


def random_struct(message, fields, version, rng):
    return {field["name"]: random_field(message, field, version, rng)
            for field in fields if within(version, field["versions"])}


# -- the command line ----------------------------------------------------------------------------------

def from_json(value):
    if isinstance(value, dict):
        if set(value) == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {name: from_json(element) for name, element in value.items()}
    if isinstance(value, list):
        return [from_json(element) for element in value]
    return value


def swift_name(name):
    words = re.findall(r"[A-Z][^A-Z]*", name)
    rest = [{"Id": "ID", "Ids": "IDs", "Isr": "ISR"}.get(word, word) for word in words[1:]]
    return words[0].lower() + "".join(rest)


def schema_names(message, fields, value):
    """A dumped struct with the names of the schema. Every name must be accounted for."""
    rest, out = dict(value), {}
    for field in fields:
        item = rest.pop(swift_name(field["name"]))
        members = message["members"].get(field["type"], [])
        if field["type"][0].isupper() and item is not None:
            if field["array"]:
                item = [schema_names(message, members, element) for element in item]
            else:
                item = schema_names(message, members, item)
        out[field["name"]] = item
    unknown = [(raw["tag"], raw["data"]) for raw in rest.pop("unknownTaggedFields", [])]
    if unknown:
        out["_unknown"] = unknown
    assert not rest, rest
    return out


def check(path):
    messages, seen, wrong = load(), 0, 0
    with open(path) as dump:
        for line in dump:
            name, version, expected, value = line.rstrip("\n").split("\t")
            message = messages[name]
            named = schema_names(message, message["fields"], from_json(json.loads(value)))
            actual = encode(message, named, int(version)).hex()
            seen += 1
            if actual != expected:
                wrong += 1
                if wrong < 5:
                    print("%s v%s\n  swift  %s\n  python %s\n  %s" % (name, version, expected, actual, value))
    print("%d messages compared, %d differ" % (seen, wrong))
    return 0 if seen and not wrong else 1


def samples(most=160):
    """For each message at each version a random value and its bytes: of eight the longest within `most`, else
    the shortest."""
    rng = random.Random(20)
    for message in load().values():
        for version in range(message["versions"][0], message["versions"][1] + 1):
            values = [random_struct(message, message["fields"], version, rng) for _ in range(8)]
            pairs = [(value, encode(message, value, version)) for value in values]
            value, encoded = max(
                pairs, key=lambda pair: len(pair[1]) if len(pair[1]) <= most else -len(pair[1]))
            yield message, version, value, encoded


def golden():
    for message, version, _, encoded in samples():
        print("%s\t%d\t%s" % (message["name"], version, encoded.hex()))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"] and len(sys.argv) == 3:
        sys.exit(check(sys.argv[2]))
    if sys.argv[1:] == ["golden"]:
        sys.exit(golden())
    sys.exit(__doc__)
