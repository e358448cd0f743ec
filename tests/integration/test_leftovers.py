"""The residual pool: what fits no theme is counted, offered once enough people say it, and adopted by a person."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

import voc
from clinic import COLUMNS, DAY, IMPROVE
from voc import queries
from voc.errors import InputError
from voc.model import Filter
from voc.steps import theming

WORDS = (
    "fouled my bicycle",
    "soiled the saddle of my bike",
    "dropped feathers all over my cycle",
    "nest over the bike rack",
    "mess on bicycles",
)
PLACES = (
    "under the roof",
    "above the shed",
    "on the gutter",
    "at the railings",
    "by the chimney",
    "along the beams",
    "on the ledge",
    "in the rafters",
)
NIGHT = DAY + dt.timedelta(days=1)


def choosy(ws):
    """A few dozen comments make a model that claims nearly anything: this one claims only what is very like them."""
    ctx = ws.context(DAY)
    model = theming.load_model(ctx)
    pools = {
        name: replace(pool, student=None, exemplars=replace(pool.exemplars, threshold=0.6))
        for name, pool in model.pools.items()
    }
    strict = replace(model, pools=pools, version="")
    strict.save(ws.root / theming.FOLDER / strict.version)
    theming.put_in_force(ctx, strict)


@pytest.fixture
def ws(clinic_after):
    rows = [
        (f"V-{i}", f"cyclist-{i}", f"{DAY}", "survey", "North", IMPROVE,
         f"Pigeons {place} {words}", "4")
        for i, (place, words) in enumerate((p, w) for p in PLACES for w in WORDS)
    ]  # fmt: skip
    pl.DataFrame(rows, schema=list(COLUMNS), orient="row").write_csv(clinic_after / "inbox/survey-vending.csv")
    with voc.open(clinic_after) as opened:
        choosy(opened)
        opened.nightly(day=NIGHT)
        yield opened


def offered(ws):
    return [p for p in ws.theme_proposals() if p.kind == "emerging"]


def planted(ws):
    """The offers about what was planted; other comments may make more of them."""
    return [p for p in offered(ws) if any(word in p.details["label"].lower() for word in ("pigeon", "bi", "cycle"))]


def told(ws, word):
    rows = queries.mention_frame(ws.tables(), Filter()).collect()
    texts = ws.lake.scan("feedback").select("feedback_id", "text").collect()
    return rows.join(texts, on="feedback_id").filter(pl.col("text").str.contains(word))


def test_what_many_people_say_and_no_theme_is_about_is_offered_with_figures_and_no_text(ws):
    found = planted(ws)
    assert sum(p.details["n_people"] for p in found) >= 20
    for proposal in found:
        assert set(proposal.details) == {"label", "pool", "n_people", "n_mentions", "radius", "part"}
    # Nothing is assigned by an offer: the mentions wait in the residual pool until somebody decides.
    assert not {p.theme_id for p in found} & {theme.theme_id for theme in ws.themes()}
    assert set(told(ws, "Pigeons")["theme_id"]) == {None}


def test_an_offer_that_is_accepted_is_a_theme_with_the_people_who_said_it(ws):
    found = planted(ws)[0]
    ws.decide_proposal(found.proposal_id, accept=True, actor="ann")
    theme = next(t for t in ws.themes() if t.theme_id == found.theme_id)
    assert (theme.label, theme.status) == (found.details["label"], "accepted")
    assert told(ws, "Pigeons")["theme_id"].to_list().count(theme.theme_id) >= 3
    assert [e.kind for e in ws.register.lineage(theme.theme_id)] == ["born"]
    assert ws.exemplars(theme.theme_id)
    assert not [p for p in offered(ws) if p.proposal_id == found.proposal_id]
    with pytest.raises(InputError, match="no open proposal"):
        ws.decide_proposal(found.proposal_id, accept=True, actor="ann")


def test_a_refused_offer_is_not_made_again_and_a_standing_one_keeps_its_id(ws):
    found = offered(ws)[0]
    for night, state in ((2, "open"), (3, "refused")):
        more = [
            (f"W-{night}-{i}", f"more-{night}-{i}", f"{NIGHT}", "survey", "South", IMPROVE,
             f"Pigeons {place} {words}, same as last week", "3")
            for i, (place, words) in enumerate((p, w) for p in PLACES for w in WORDS)
        ]  # fmt: skip
        pl.DataFrame(more, schema=list(COLUMNS), orient="row").write_csv(ws.root / f"inbox/survey-more{night}.csv")
        if state == "refused":
            ws.decide_proposal(found.proposal_id, accept=False, actor="ann")
        ws.nightly(day=DAY + dt.timedelta(days=night))
        kept = [p for p in ws.register.proposals(None) if p.proposal_id == found.proposal_id]
        assert [p.state for p in kept] == [state]


def test_a_second_run_of_a_night_offers_nothing_new(ws):
    before = ws.register.proposals(None)
    ws.nightly(day=NIGHT)
    assert ws.register.proposals(None) == before


def test_a_discovery_on_much_reads_the_same_share_of_whole_items_every_time(clinic_after, monkeypatch):
    with voc.open(clinic_after) as ws:
        ctx = ws.context()
        every = theming.mentions(ctx).collect()
        assert theming.sampled(ctx).sort(theming.MENTION).equals(every.sort(theming.MENTION))
        monkeypatch.setattr(theming, "MOST_READ", every.height // 2)
        some = theming.sampled(ctx)
        assert 0.2 * every.height < some.height < 0.8 * every.height
        assert some.sort(theming.MENTION).equals(theming.sampled(ctx).sort(theming.MENTION))
        ids = some["feedback_id"].unique().to_list()
        assert theming.mentions(ctx, ids).collect().height == some.height
