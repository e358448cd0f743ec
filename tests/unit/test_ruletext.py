"""A rule's text is changed alone: comments, other rules and other tables stay letter by letter."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import ConfigError
from voc.model import Route, Sla
from voc.steps.ruletext import in_order, with_rule
from voc.steps.settings import parsed

TEXT = """# The clinic.
[[owners]]
id = "a"
name = "A"
function = "care"
default = true

[[owners]]
id = "b"
name = "B"
function = "product"

# Routes are tried from the top.
[[routes]]
name = "first"   # the old one
owner = "a"
words = [
  "car [park]", "lift",
]
min_people = 3
# Agreed in May.
sla = { plan_days = 20 }

# Ours alone.
[[routes]]
name = "second"
owner = "b"
signals = ["new"]

[sources.survey]
path = "x.csv"
profile = "generic"
"""


def rules(text, tmp_path):
    return {rule.name: rule for rule in parsed(tmp_path, text).routes}


def test_a_changed_rule_leaves_everything_else_as_it_stands(tmp_path):
    first = rules(TEXT, tmp_path)["first"]
    new = with_rule(tmp_path, TEXT, replace(first, words=("lift", "said “so”"), min_people=5, owner="b"), "first")
    assert rules(new, tmp_path)["first"].words == ("lift", "said “so”")
    assert rules(new, tmp_path)["first"].sla == Sla(plan_days=20)
    for kept in ("# The clinic.", "# Routes are tried from the top.", "# Agreed in May.", "# Ours alone.",
                 'signals = ["new"]', "[sources.survey]", 'name = "first"   # the old one'):  # fmt: skip
        assert kept in new
    assert "min_people" not in new, "five is what a rule asks for anyway"


def test_a_new_rule_comes_last_and_an_order_can_be_changed(tmp_path):
    new = with_rule(tmp_path, TEXT, Route("third", "b", words=("tea",), segments=(("site", "North"),), min_share=0.5))
    assert list(rules(new, tmp_path)) == ["first", "second", "third"]
    turned = in_order(tmp_path, new, ["third", "second", "first"])
    assert list(rules(turned, tmp_path)) == ["third", "second", "first"]
    assert turned.index("# Ours alone.") == turned.index('name = "second"') - len("# Ours alone.\n[[routes]]\n")
    assert rules(turned, tmp_path) == rules(new, tmp_path)
    assert list(rules(in_order(tmp_path, turned, ["second"]), tmp_path)) == ["second"]
    assert with_rule(tmp_path, TEXT.split("# Routes", maxsplit=1)[0], Route("only", "a")).count("[[routes]]") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: with_rule(root, TEXT, Route("first", "a")), "two routes are called"),
        (lambda root: with_rule(root, TEXT, Route("x", "nobody")), "who is no owner"),
        (lambda root: with_rule(root, TEXT, Route("x", "a"), "gone"), "no rule 'gone'"),
        (lambda root: in_order(root, TEXT, ["gone"]), "no rule 'gone'"),
        (lambda root: with_rule(root, TEXT.replace("[[routes]]", "[[ routes ]]"), Route("y", "a")),
         "edit the text instead"),
    ],
)  # fmt: skip
def test_what_a_form_cannot_do_is_said(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message):
        change(tmp_path)


typed = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
words = st.lists(typed.filter(str.strip), max_size=3, unique=True).map(tuple)


@settings(max_examples=40, deadline=None)
@given(words=words, people=st.integers(1, 99), share=st.floats(0.01, 1), fan=st.booleans(), days=st.integers(0, 300))
def test_whatever_is_typed_is_read_back_as_it_was_typed(tmp_path_factory, words, people, share, fan, days):
    rule = Route("second", "b", words=words, min_people=people, min_share=share, fan_out=fan, sla=Sla(ship_days=days))
    root = tmp_path_factory.getbasetemp()
    assert rules(with_rule(root, TEXT, rule, "second"), root)["second"] == rule
