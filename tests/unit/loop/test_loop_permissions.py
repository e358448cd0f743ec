from dataclasses import replace

import pytest
from loop_values import APP, CARE, OPS, case

from voc.configloop import Permissions
from voc.errors import NotAllowedError
from voc.loop.moves import MOVES
from voc.loop.permissions import RULES, check
from voc.model import Owner

TEAM = replace(OPS, members=("Jo", "Kim"), deputies=("app",), escalates_to=("chief",))
OTHERS = (
    TEAM,
    replace(APP, members=("Ann",)),
    replace(CARE, members=("Cy",)),
    Owner("chief", "Chief", "other", members=("Max",)),
)
RULED = Permissions(managers=("Mo",))


def may(actor, move, owners=OTHERS, permissions=RULED, current=None):
    try:
        check(current or case(), move, actor, owners, permissions)
    except NotAllowedError:
        return False
    return True


@pytest.mark.parametrize("actor", ["jo", "KIM ", "ops", "Operations team", "Ann", "app", "Max", "mo"])
def test_who_holds_a_case_her_deputies_her_chain_and_managers_make_its_promises(actor):
    assert may(actor, "plan")


@pytest.mark.parametrize("actor", ["cy", "care", "eve", ""])
def test_nobody_else_does(actor):
    assert not may(actor, "plan")


def test_care_may_pass_a_case_on_close_it_and_reopen_it():
    assert [move for move in MOVES if may("cy", move)] == [
        "hand_over", "tell", "close", "merge", "reopen", "comment", "attach", "link",
    ]  # fmt: skip


def test_anybody_may_add_a_comment_a_link_or_an_attachment():
    assert [move for move in MOVES if may("eve", move)] == ["comment", "attach", "link"]


def test_where_a_team_lists_no_members_anybody_may_act_for_it():
    assert may("eve", "plan", owners=(OPS, APP, CARE))
    assert not may("eve", "plan", owners=(TEAM, APP, CARE))


def test_a_case_of_an_owner_who_left_is_not_stuck():
    assert may("eve", "hand_over", current=case(owner=Owner("gone", "Gone", "other")))


def test_a_workspace_sets_its_own_rules_by_move():
    strict = Permissions(("Mo",), (("comment", ("owner",)), ("plan", ("managers", "care")), ("ship", ("app",))))
    assert not may("eve", "comment", permissions=strict)
    assert may("cy", "plan", permissions=strict)
    assert not may("jo", "plan", permissions=strict)
    assert [a for a in ("jo", "ann", "mo") if may(a, "ship", permissions=strict)] == ["ann"]


def test_the_refusal_says_whose_move_it_is():
    with pytest.raises(
        NotAllowedError, match=r"eve may not plan C-1: that is for owner or managers \(it is with ops\)"
    ):
        check(case(), "plan", "eve", OTHERS, RULED)


def test_every_move_has_a_rule():
    assert RULES.keys() == MOVES.keys()
