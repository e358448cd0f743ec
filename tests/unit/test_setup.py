import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.config import load, parse
from voc.errors import ConfigError
from voc.loop.routing import route
from voc.model import Evidence, Sla
from voc.setup import starter_config
from voc.tagging.packs import load_pack

NOW = datetime(2026, 10, 7, tzinfo=UTC)


def starter(*packs, name="Acme"):
    return parse(tomllib.loads(starter_config(name, packs)))


def owner_of(config, label, *categories):
    shares = tuple((name, 0.5) for name in categories)
    item = Evidence("t", label, "problem", "accepted", 9, 9, 9, 9, categories=shares)
    (decision,) = route([item], config.routes, config.owners, [], now=NOW)
    return decision.owner


@pytest.mark.parametrize("packs", [(), ("healthcare",), ("ecommerce",), ("healthcare", "ecommerce")])
def test_starts_with_two_functions_or_more_one_default_and_a_route_for_each_owner(packs):
    config = starter(*packs)
    functions = [owner.function for owner in config.owners]
    assert len(set(functions)) == len(functions) >= 2
    assert [owner.id for owner in config.owners if owner.default] == ["care"]
    assert {rule.owner for rule in config.routes} == {owner.id for owner in config.owners}
    names = [rule.name for rule in config.routes]
    assert len(set(names)) == len(names)
    assert config.taxonomy == ("ecommerce" if packs == ("ecommerce",) else "patient-experience")
    assert config.packs == (packs or ("healthcare",))


def test_healthcare_routes_every_category_that_can_be_routed_to_its_function_once():
    config = starter("healthcare")
    routed = [(name, rule.owner) for rule in config.routes for name in rule.categories]
    expected = {c.name: c.function for c in load_pack("patient-experience").categories if c.routed}
    assert len(routed) == len(expected)
    assert dict(routed) == expected


@pytest.mark.parametrize(
    ("label", "categories", "owner"),
    [
        ("long wait to be seen", ["Timeliness of care"], "operations"),
        ("tablets not explained", ["Supplying & understanding medication"], "clinical"),
        ("nobody listened", ["Staff listening, understanding & involving patients"], "care"),
        ("app logs out", ["Contacting services"], "product"),
        ("bad all round", ["Negative experience & dissatisfaction"], "care"),
    ],
)
def test_healthcare_themes_find_their_owner(label, categories, owner):
    assert owner_of(starter("healthcare"), label, *categories) == owner


@pytest.mark.parametrize(
    ("label", "owner"),
    [
        ("late refunds", "operations"),
        ("parcel left outside", "operations"),
        ("app keeps crashing", "product"),
        ("price at checkout", "product"),
        ("rude agents", "care"),
        ("birthday wishes", "care"),
    ],
)
def test_shop_themes_find_their_owner_by_words(label, owner):
    assert owner_of(starter("ecommerce"), label) == owner


def test_a_shop_is_tagged_by_its_own_care_functions_and_routed_by_them():
    assert starter("ecommerce").taxonomy == "ecommerce"
    assert owner_of(starter("ecommerce"), "no words of a rule", "returns_refunds") == "operations"
    assert "No model ships" not in starter_config("Shop", ["ecommerce"])


def test_two_packs_are_told_that_a_workspace_has_one_taxonomy():
    text = starter_config("Both", ["healthcare", "ecommerce"])
    assert 'taxonomy = "patient-experience"' in text
    assert "# One workspace has one taxonomy: the categories of ecommerce are not given here." in text


def test_what_presses_has_a_shorter_clock_than_the_rest():
    rules = {rule.name: rule for rule in starter("healthcare").routes}
    assert rules["clinical-soon"].sla == Sla(1, 5, 40)
    assert rules["clinical"].sla == Sla(3, 10, 60)
    assert "Mental Health Act" in rules["clinical-soon"].categories


def test_the_file_is_readable(tmp_path):
    text = starter_config("Acme", ["healthcare", "ecommerce"])
    assert max(map(len, text.splitlines())) <= 120
    assert sum(line.startswith("#") for line in text.splitlines()) >= 10
    (tmp_path / "voc.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path).name == "Acme"


def test_the_example_source_parses_once_its_marks_are_taken_away():
    lines = starter_config("Acme").splitlines()
    start = lines.index("# [sources.survey]")
    lines[start : start + 3] = [line.removeprefix("# ") for line in lines[start : start + 3]]
    assert parse(tomllib.loads("\n".join(lines))).sources[0].name == "survey"


def test_a_pack_named_twice_counts_once_and_an_unknown_one_is_refused():
    assert starter("ecommerce", "ecommerce").packs == ("ecommerce",)
    with pytest.raises(ConfigError, match="no pack 'retail'"):
        starter_config("Acme", ["retail"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_survives(name):
    assert starter(name=name).name == name


def test_half_a_surrogate_pair_does_not_break_the_file():
    assert starter(name="a\udcff").name == "a?"
