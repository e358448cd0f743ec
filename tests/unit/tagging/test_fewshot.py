"""Categories from a few examples: learned in seconds, refused where nothing fits, and faults named."""

import numpy as np
import polars as pl
import pytest

from voc.errors import ConfigError, InputError
from voc.tagging import fewshot, shipped
from voc.tagging.packs import load_pack, parse_pack
from voc.tagging.tagger import Tagger

PACK = """
name = "shop"
none = ["what a lovely day"]
[[categories]]
name = "delivery"
definition = "From the shop to the door: late, damaged or missing parcels."
examples = ["my parcel is a week late", "the box was crushed when it came", "the courier left it in the rain",
            "where is my package", "the delivery never came"]
[[categories]]
name = "price"
definition = "What things cost: too dear, discounts, vouchers."
examples = ["far too expensive for what it is", "is there a discount for students", "the voucher was refused",
            "it was cheaper last week", "prices have gone up again"]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    place = tmp_path_factory.mktemp("pack") / "shop.toml"
    place.write_text(PACK, encoding="utf-8")
    return str(place)


@pytest.mark.parametrize("tier", ["fast", "accurate"])
def test_texts_like_the_examples_are_named_and_others_are_not(path, tier):
    texts = ["the parcel was late and the box crushed", "much too expensive, no discount", "hello", "Vitamin C"]
    found = Tagger.load(tier, path).tags(pl.DataFrame({"text": texts}), scores=True)
    assert found["categories"].to_list() == [["delivery"], ["price"], [], []]
    assert found["tier"].unique().to_list() == [tier]
    assert {row["category"] for row in found["category_scores"][0]} == {"delivery", "price"}


def test_without_a_tier_the_fast_one_is_taken(path):
    assert Tagger.load(None, path).tier == "fast"
    with pytest.raises(InputError, match="'cascade' does not ship"):
        Tagger.load("cascade", path)


def test_a_row_s_categories_do_not_depend_on_the_rows_beside_it(path):
    texts = ["the parcel was late", "no discount for me", "hello", "where is it", ""] * 3
    tagger = Tagger.load("fast", path)
    whole = tagger.tags(pl.DataFrame({"text": texts}), scores=True).drop("row")
    for i in (0, 7, 14):
        alone = tagger.tags(pl.DataFrame({"text": texts[i : i + 1]}), scores=True).drop("row")
        assert alone.to_dicts() == whole[i].to_dicts()


def test_a_pack_and_its_version_are_the_same_each_time_and_change_with_an_example(path, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(PACK.replace("gone up again", "gone up once more"), encoding="utf-8")
    one, same, changed = (load_pack(p) for p in (path, path, str(other)))
    assert fewshot.revision(one, with_encoder=False) == fewshot.revision(same, with_encoder=False)
    assert fewshot.revision(one, with_encoder=False) != fewshot.revision(changed, with_encoder=False)
    assert fewshot.revision(one, with_encoder=False) != fewshot.revision(one, with_encoder=True)
    weights = [fewshot.fit(p, shipped.idf(), with_encoder=False).weights for p in (one, same)]
    assert np.array_equal(*weights)


def test_examples_left_out_are_counted_by_category(path):
    found = fewshot.held_out(load_pack(path), shipped.idf(), with_encoder=False)
    assert list(found) == ["delivery", "price", "none of these"]
    assert found["delivery"][1] == 6  # five examples and the definition
    assert all(0 <= right <= n for right, n in found.values())


def test_margins_name_at_most_one_category():
    probe = fewshot.Probe(("a", "b"), np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    margins = probe.margins(np.array([[3, 1, 0], [0, 1, 3], [2, 2, 0]], np.float32))
    assert margins.tolist() == [[2, -2], [-3, -2], [0, 0]]


def test_a_shipped_pack_without_a_model_is_learned_from_its_seeds():
    assert fewshot.is_few_shot("healthcare")
    assert not fewshot.is_few_shot("patient-experience")
    assert not fewshot.is_few_shot("nonsense")
    found = Tagger.load("fast", "healthcare").tags(pl.DataFrame({"text": ["the app logs me out, I cannot log in"]}))
    assert found["categories"].to_list() == [["digital_health"]]


def category(name="a", **more):
    return {"name": name, "definition": f"About {name}.", "examples": ["one x", "two x", "three x"], **more}


def test_an_own_pack_needs_no_routing():
    pack = parse_pack({"name": "mine", "categories": [category()]}, "mine.toml")
    assert (pack.title, pack.kind, pack.categories[0].function) == ("mine", "taxonomy", "other")


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        ([category(examples=["one"])], "'a' has 1 examples and seeds; give 3 to"),
        ([category(), category("b", examples=["One X", "four", "five"])], "stands in 'a' and 'b'; keep it in one"),
    ],
)
def test_too_few_examples_and_an_example_of_two_are_named(categories, message):
    with pytest.raises(ConfigError, match=message):
        fewshot.examples(parse_pack({"name": "mine", "categories": categories}, "mine.toml"))


def test_a_category_that_nothing_is_said_of_is_named():
    bare = {"name": "a", "definition": "A."}
    with pytest.raises(ConfigError, match="seeds or examples are missing; give 3 texts or more"):
        parse_pack({"name": "mine", "categories": [bare]}, "mine.toml")
