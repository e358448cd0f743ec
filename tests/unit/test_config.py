"""voc.toml: what it may hold, and that every mistake in it is named with its place."""

import dataclasses

import pytest

from voc import config
from voc.config import Config, load, parse
from voc.errors import ConfigError
from voc.model import Owner, Route, Sla

OWNER = {"id": "care", "name": "Care", "function": "care"}
ROUTE = {"name": "r", "owner": "care"}
FULL = """
[workspace]
name = "Acme"
packs = ["healthcare", "ecommerce"]
taxonomy = "patient-experience"
tier = "fast"
seed = 7
register_url = "sqlite:///other.db"

[sources.survey]
path = "in/*.csv"
profile = "generic"

[[owners]]
id = "care"
name = "Care team"
function = "care"
default = true

[[owners]]
id = "ops"
name = "Operations"
function = "operations"

[[routes]]
name = "delivery"
owner = "ops"
categories = ["Transport"]
channels = ["survey", "ticket"]
words = ["parcel"]
segments = { market = "UK", brand = "Wren" }
min_people = 3
min_share = 1
sla = { acknowledge_days = 1 }
"""


def test_reads_all_that_can_be_set(tmp_path):
    (tmp_path / "voc.toml").write_text(FULL, encoding="utf-8")
    found = load(tmp_path)
    assert (found.name, found.packs, found.seed) == ("Acme", ("healthcare", "ecommerce"), 7)
    assert found.register_url == "sqlite:///other.db"
    assert found.sources == (config.Source("survey", "in/*.csv", "generic"),)
    assert found.owners == (Owner("care", "Care team", "care", default=True), Owner("ops", "Operations", "operations"))
    (route,) = found.routes
    assert route == Route(
        "delivery", "ops", categories=("Transport",), channels=("survey", "ticket"), words=("parcel",),
        segments=(("brand", "Wren"), ("market", "UK")), min_people=3, min_share=1, sla=Sla(acknowledge_days=1),
    )  # fmt: skip


def test_an_empty_file_is_a_workspace_with_defaults():
    assert parse({}) == Config()


def test_an_owner_is_found_by_id_and_a_stranger_is_named_with_those_there_are():
    found = parse({"owners": [OWNER]})
    assert found.owner("care").name == "Care"
    with pytest.raises(ConfigError, match=r"no owner 'ops'; voc\.toml has: care"):
        found.owner("ops")
    with pytest.raises(ConfigError, match=r"voc\.toml has: none"):
        parse({}).owner("ops")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"workspaces": {}}, r"unknown key 'workspaces'; known are workspace, privacy, sources, owners, routes"),
        ({"workspace": {"nam": "x"}}, r"\[workspace\]: unknown key 'nam'"),
        ({"workspace": {"seed": "7"}}, r"\[workspace\]: seed = '7' should be a whole number"),
        ({"workspace": {"seed": True}}, r"seed = True should be a whole number"),
        ({"workspace": {"packs": "healthcare"}}, r"packs = 'healthcare' should be a list of strings"),
        ({"workspace": {"engine": "spark"}}, r"engine should be one of local, daft, not 'spark'"),
        ({"workspace": {"engine": "local", "ray": "ray://head:10001"}}, r'a cluster for engine = "daft"'),
        ({"workspace": {"lake": "gs://bucket/voc"}}, r"the URL of a prefix, such as s3://bucket/voc"),
        ({"workspace": {"lake": "s3://bucket/voc", "external": "none"}}, r"lake lies on another machine"),
        ({"sources": {"s": {"path": "x"}}}, r"\[sources.s\]: missing profile"),
        ({"sources": {"s": {"path": "x", "profile": "y", "z": 1}}}, r"\[sources.s\]: unknown key 'z'"),
        ({"owners": [{"id": "x"}]}, r"owner 1: missing name, function"),
        ({"owners": [OWNER, {**OWNER, "id": "b", "function": "boss"}]}, r"owner 'b' has function 'boss'; use one of"),
        ({"owners": [OWNER, OWNER]}, r"two owners are called 'care'"),
        ({"owners": [{**OWNER, "default": "yes"}]}, r"owner 1: default = 'yes' should be true or false"),
        ({"owners": [{**OWNER, "default": True}, {**OWNER, "id": "b", "default": True}]}, r"more than one owner"),
        ({"owners": [OWNER], "routes": [{"name": "r", "owner": "ghost"}]}, r"route 'r' goes to 'ghost'"),
        ({"owners": [OWNER], "routes": [{"name": "r"}]}, r"route 1: missing owner"),
        ({"owners": [OWNER], "routes": [{**ROUTE, "sla": {"days": 1}}]}, r"sla: unknown key 'days'"),
        ({"owners": [OWNER], "routes": [{"name": "r", "owner": "care", "min_people": "5"}]}, r"min_people = '5'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(raw, says):
    with pytest.raises(ConfigError, match=says) as failure:
        parse(raw, "voc.toml")
    assert str(failure.value).startswith("voc.toml: ")
    assert "\n" not in str(failure.value)


SHAPES = [
    {"workspace": 3},
    {"workspace": []},
    {"workspace": {"packs": [1]}},
    {"workspace": {"name": 3}},
    {"workspace": {"owners": []}},
    {"sources": []},
    {"sources": {"s": 3}},
    {"sources": {"s": {"path": 3, "profile": "generic"}}},
    {"owners": {}},
    {"owners": ["x"]},
    {"owners": 3},
    {"owners": [{**OWNER, "id": 3}]},
    {"owners": [{**OWNER, "function": ["care"]}]},
    {"routes": {"a": 1}},
    {"routes": ["x"]},
    {"owners": [OWNER], "routes": [{**ROUTE, "owner": ["care"]}]},
    {"owners": [OWNER], "routes": [{**ROUTE, "sla": 3}]},
    {"owners": [OWNER], "routes": [{**ROUTE, "sla": {"plan_days": "3"}}]},
    {"owners": [OWNER], "routes": [{**ROUTE, "segments": ["x"]}]},
    {"owners": [OWNER], "routes": [{**ROUTE, "segments": {"site": 3}}]},
    {"owners": [OWNER], "routes": [{**ROUTE, "words": [1]}]},
    {"owners": [OWNER], "routes": [{**ROUTE, "min_share": "half"}]},
]


@pytest.mark.parametrize("raw", SHAPES, ids=str)
def test_a_value_of_the_wrong_shape_is_a_config_error_too(raw):
    with pytest.raises(ConfigError, match=r"^voc\.toml: .* should be ") as failure:
        parse(raw)
    assert "\n" not in str(failure.value)


def test_what_is_no_toml_or_no_text_says_so(tmp_path):
    for body in (b"[workspace\n", b"\xff\xfe"):
        (tmp_path / "voc.toml").write_bytes(body)
        with pytest.raises(ConfigError, match=r"voc\.toml: not valid TOML"):
            load(tmp_path)


def test_a_folder_without_settings_is_no_workspace_and_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match=r"no workspace.*make one with 'voc init"):
        load(tmp_path)


def test_every_key_has_a_default_or_is_named_when_absent():
    required = {
        f.name
        for kind in (config.Source, Owner, Route)
        for f in dataclasses.fields(kind)
        if f.default is f.default_factory
    }
    assert required == {"name", "path", "profile", "id", "function", "owner"}
