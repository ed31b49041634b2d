"""hasync-json(7) names every field that the program prints, and hasync.yaml(5) every key that it knows."""
import json
import os
import pathlib
import re

import pytest

SOURCE = pathlib.Path(os.environ["HASYNC_SOURCE_DIR"])


def documented():
    """Of each schema, the fields that the page names."""
    fields, schema = {}, None
    for line in (SOURCE / "man" / "hasync-json.7.in").read_text().splitlines():
        if line.startswith(".Ss "):
            schema = fields.setdefault(line.removeprefix(".Ss "), set())
        elif line.startswith(".It Va "):
            schema.update(re.findall(r"Va (\S+)", line))
    return fields


def fields_of(value, path=""):
    """The paths of all fields in a JSON value: a.b, and a[].b for what stands in lists."""
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from fields_of(inner, here)
    elif isinstance(value, list):
        for inner in value:
            yield from fields_of(inner, path + "[]")


def undocumented(told):
    page = documented()
    assert told["schema"] in page, f"{told['schema']} is not in hasync-json(7)"
    known = page[told["schema"]] | {"schema"}
    # A field that only groups others is documented by them; `details` is told to depend on the kind.
    return [field for field in fields_of(told)
            if field not in known and not any(name.startswith(field + ".") for name in known) and ".details." not in field]


@pytest.fixture
def lived(pair):
    """A pair that has something to tell under every command."""
    pair.set("notify", email={"to": ["ops@example.com"]}, smtp={"url": "smtp://127.0.0.1:1", "tls": "none"})
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    pair.ok("agent", "heartbeat")
    return pair


@pytest.mark.parametrize("words", [
    ["status"], ["history"], ["why"], ["points", "list"], ["points", "show"], ["points", "verify"], ["points", "diff", "current"], ["schedule"], ["schedule", "explain", "02:45"], ["sync"], ["sync", "--dry-run"], ["promote", "--dry-run"],
    ["demote", "--dry-run"], ["apply", "--check", "--scheduler", "cron.d"], ["pause", "--check"], ["resume"], ["config", "show"],
    ["config", "check"], ["config", "keys"], ["config", "set", "--check", "sync.keep=4"],
], ids=" ".join)
def test_every_field_is_in_the_manual_page(lived, words):
    assert undocumented(lived.json(*words)) == []


def test_the_fields_after_a_promotion_are_in_the_manual_page(lived):
    assert undocumented(lived.json("promote")) == []
    for words in (["status"], ["history"], ["notify", "queue"], ["why"]):
        assert undocumented(lived.json(*words)) == []


def test_what_the_peer_is_told_is_in_the_manual_page(lived):
    assert undocumented(json.loads(lived.ok("agent", "describe"))) == []


def test_what_check_finds_is_in_the_manual_page(lived):
    assert undocumented(json.loads(lived.run("check", "--json").stdout)) == []


def test_the_page_names_no_schema_that_the_program_does_not_have():
    written = {name for path in [*(SOURCE / "lib" / "report").glob("*.cpp"), SOURCE / "lib" / "peer" / "describe.cpp"]
               for name in re.findall(r'object\("([a-z-]+)"\)|"hasync\.([a-z-]+)/1"', path.read_text())}
    assert {f"hasync.{one or other}/1" for one, other in written} == set(documented())


def test_every_key_is_in_the_sample(pair):
    sample = (SOURCE / "etc" / "hasync.yaml").read_text()
    for key in pair.json("config", "keys")["keys"]:
        last = key["key"].split(".")[-1]
        assert re.search(rf"\b{last}:", sample), f"{key['key']} is not in etc/hasync.yaml"
