import copy

import pytest

from voc.errors import ConfigError
from voc.model import OWNER_FUNCTIONS, Sla
from voc.tagging.packs import KINDS, load_pack, pack_names, parse_pack

PATIENT_EXPERIENCE = {
    "Organisation & efficiency",
    "Staff manner & personal attributes",
    "Competence & training",
    "Staff listening, understanding & involving patients",
    "Information directly from staff during care",
    "Information provision & guidance",
    "Being kept informed, clarity & consistency of information",
    "Contacting services",
    "Appointment arrangements",
    "Timeliness of care",
    "Cleanliness, tidiness & infection control",
    "Transport to/ from services",
    "Mental Health Act",
    "Equality, Diversity & Inclusion",
    "Labelling not possible",
    "Supplying & understanding medication",
    "Activities & access to fresh air",
    "Food & drink provision & facilities",
    "Interaction with family/ carers",
    "Negative experience & dissatisfaction",
    "Positive experience & gratitude",
    "Staffing levels & responsiveness",
    "Continuity of care",
    "Environment, facilities & equipment",
}
ECOMMERCE = {
    "pre_purchase",
    "order_management",
    "returns_refunds",
    "product_support",
    "account_management",
    "complaint_resolution",
    "billing_payment",
    "contact_human",
    "feedback",
}
GOOD = {
    "name": "zoo",
    "title": "Zoo",
    "kind": "functions",
    "categories": [
        {
            "name": "animals",
            "definition": "How the animals are kept.",
            "function": "operations",
            "sla": {"acknowledge_days": 1, "plan_days": 5, "ship_days": 30},
            "metrics": ["csat"],
            "seeds": ["the lion looked sad"],
        }
    ],
}


def test_patient_experience_has_exactly_the_frameworks_categories():
    pack = load_pack("patient-experience")
    assert set(pack.names) == PATIENT_EXPERIENCE
    assert len(pack.names) == 24
    assert pack.kind == "taxonomy"


def test_what_names_no_cause_is_never_routed_by():
    unrouted = {c.name for c in load_pack("patient-experience").categories if not c.routed}
    assert unrouted == {
        "Labelling not possible",
        "Negative experience & dissatisfaction",
        "Positive experience & gratitude",
    }


def test_ecommerce_has_the_names_that_the_taxonomy_is_called_by():
    assert set(load_pack("ecommerce").names) == ECOMMERCE


def test_healthcare_starts_on_the_taxonomy_that_has_labelled_data():
    assert load_pack("healthcare").taxonomy == "patient-experience"
    assert load_pack("ecommerce").taxonomy == "ecommerce"


@pytest.mark.parametrize("name", pack_names())
def test_every_shipped_pack_is_whole(name):
    pack = load_pack(name)
    assert pack.name == name
    assert pack.kind in KINDS
    assert len({c.function for c in pack.categories if c.routed}) >= 2
    assert len({c.definition for c in pack.categories}) == len(pack.categories)
    for category in pack.categories:
        assert category.function in OWNER_FUNCTIONS
        assert len(category.seeds) >= 3
        assert len(set(category.words)) == len(category.words)
        assert category.definition.endswith(".")


def test_three_packs_ship():
    assert pack_names() == ("ecommerce", "healthcare", "patient-experience")


def test_a_category_is_found_by_name_or_the_error_lists_what_there_is():
    pack = load_pack("ecommerce")
    assert pack.category("returns_refunds").function == "operations"
    with pytest.raises(ConfigError, match=r"no category 'returns'; it has: pre_purchase"):
        pack.category("returns")


def test_a_pack_of_ones_own_is_read_from_its_path(tmp_path):
    path = tmp_path / "zoo.toml"
    path.write_text(
        'name = "zoo"\ntitle = "Zoo"\nkind = "functions"\n[[categories]]\nname = "animals"\n'
        'definition = "How they are kept."\nfunction = "operations"\nmetrics = ["csat"]\nseeds = ["sad lion"]\n'
    )
    pack = load_pack(str(path))
    assert (pack.name, pack.taxonomy, pack.names) == ("zoo", "zoo", ("animals",))
    assert pack.categories[0].sla == Sla()


def test_an_unknown_pack_lists_the_known_ones():
    with pytest.raises(ConfigError, match="no pack 'retail'; known are ecommerce, healthcare"):
        load_pack("retail")
    with pytest.raises(ConfigError, match=r"no pack '\.\./packs/ecommerce'"):
        load_pack("../packs/ecommerce")


def test_a_file_that_is_absent_or_no_toml_is_named(tmp_path):
    path = tmp_path / "zoo.toml"
    with pytest.raises(ConfigError, match=r"zoo\.toml: cannot be read"):
        load_pack(str(path))
    path.write_text("name = ")
    with pytest.raises(ConfigError, match=r"zoo\.toml: not valid TOML"):
        load_pack(str(path))
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match=r"zoo\.toml: not valid TOML"):
        load_pack(str(path))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "", "name is missing"),
        ("title", 3, "title is missing or is no text"),
        ("kind", "menu", "'menu' is not known; use one of taxonomy, functions"),
        ("taxonomy", " ", "taxonomy is missing"),
        ("categories", [], "no categories"),
        ("categories", ["animals"], "no categories"),
        ("colour", "red", "unknown key 'colour'"),
    ],
)
def test_a_fault_in_the_head_is_named(key, value, message):
    with pytest.raises(ConfigError, match=message):
        parse_pack({**GOOD, key: value}, "zoo.toml")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("definition", None, "definition is missing"),
        ("function", "sales", "function = 'sales' is not known; use one of product"),
        ("function", ["care"], "function = "),
        ("sla", 3, "sla should be a table"),
        ("sla", {"days": 3}, "unknown key 'days'"),
        ("sla", {"plan_days": -1}, "plan_days = -1 should be a whole number"),
        ("sla", {"plan_days": True}, "plan_days = True should be"),
        ("sla", {"plan_days": 90}, "must not fall"),
        ("metrics", ["First response"], "lower_snake_case"),
        ("metrics", "csat", "metrics should be a list"),
        ("seeds", [], "seeds should be a list"),
        ("words", [1], "words should be a list"),
        ("stage", "later", "use one of before, during, after"),
        ("routed", "no", "routed should be true or false"),
        ("synonyms", ["x"], "unknown key 'synonyms'"),
    ],
)
def test_a_fault_in_a_category_is_named_with_its_place(key, value, message):
    raw = copy.deepcopy(GOOD)
    raw["categories"][0][key] = value
    with pytest.raises(ConfigError, match=message) as caught:
        parse_pack(raw, "zoo.toml")
    assert str(caught.value).startswith("zoo.toml: category 1")


def test_two_categories_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two categories are called 'animals'"):
        parse_pack({**GOOD, "categories": GOOD["categories"] * 2}, "zoo.toml")
