"""The page Verbatims in each of its states: found, narrowed, opened, corrected, taken away."""

import dataclasses
import json

import pytest
from app_sample import HOSTILE, LABEL, NOW, SmallWorkspace, empty, page, sample, texts, titles

from voc.app import comments
from voc.errors import InputError, StoreError
from voc.queries import verbatims
from voc.records import Correction
from voc.schema import SENTIMENTS
from voc.search import Near, keys_of, marks, parse


class ReadingWorkspace(SmallWorkspace):
    """The small workspace with what the page asks of a real one; a search reads every comment plainly."""

    state, verbs, kept, broken = "s1", ("correct", "move_mention", "export_shared", "export_comments"), (), False
    offered, learned = (), ()

    def tables(self):
        return dataclasses.replace(super().tables(), corrections=self.kept)

    def lake_version(self):
        return (id(self), len(self.kept), sum(one.undone_at is not None for one in self.kept))

    def index_state(self):
        return self.state

    def may(self, verb, **_more):
        return verb in self.verbs

    def catalogue(self):
        return verbatims.catalogue(self.tables())

    def _texts(self):
        return self.tables().feedback.select("feedback_id", "text").collect()

    def find_words(self, query):
        if self.broken:
            raise StoreError("there is no search index yet; 'voc nightly' makes it")
        rows = self._texts()
        return keys_of(rows["feedback_id"])[[bool(marks(text, query)) for text in rows["text"]]]

    def find_meaning(self, _text):
        import numpy as np

        keys = keys_of(self._texts()["feedback_id"][5:8])
        return Near(keys, np.tile(np.int32([0, 8]), (3, 1)), np.float32([0.9, 0.8, 0.7]), np.arange(3))

    def export_shared(self, ids, form):
        return f"{form} of {len(list(ids))}".encode()

    def comments(self, ids):
        return verbatims.page(self.tables(), ids)

    def thread(self, feedback_id):
        return verbatims.thread(self.tables(), feedback_id)

    def labels(self):
        return {"sentiment": SENTIMENTS, "categories": ("Staff", "Waiting")}

    def correct(self, feedback_id, field, value, *, actor, mention):
        if not value:
            raise InputError("nothing is no sentiment")
        one = Correction(1, "k1", feedback_id, 1, mention, 0, 0, field, tuple(value), ("negative",), actor, NOW)
        self.kept = (*self.kept, one)
        return "k1"

    def alike(self, _batch):
        return self.offered

    def learn(self, _batch, chosen, *, actor):
        self.learned = (actor, chosen)
        return len(chosen)

    def undo_correction(self, _batch, *, actor):
        self.kept = tuple(dataclasses.replace(one, undone_at=NOW, undone_by=actor) for one in self.kept)
        return 1


def reading(**more):
    small = sample()
    made = ReadingWorkspace(small.frames, small.themes, small.stored.values())
    for name, value in more.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def ws(use):
    return use(reading())


def cards(at):
    """What the page sent to the browser of each comment."""
    found = [e for e in at.main if e.type == "bidi_component"] or at.get("bidi_component")
    return json.loads(found[0].proto.json)["cards"]


def opened(at, item, actor="Ann"):
    at.query_params["item"] = item
    return at.text_input(key="actor_box").set_value(actor).run()


def test_all_comments_of_the_window_are_shown_newest_first(ws):
    at = page("verbatims", weeks="all")
    assert titles(at) == ["40 comments in all feedback"]
    shown = cards(at)
    assert len(shown) == 40
    assert shown[0]["id"] == "f39"
    assert "negative" in [text for text, _ in shown[0]["tags"]]
    assert LABEL in [text for text, _ in shown[0]["tags"]]


def test_words_are_found_and_underlined(ws):
    at = page("verbatims", weeks="all", q='"call 7"')
    assert titles(at) == ['1 comment that says "call 7" in all feedback']
    assert ["call 7", "hit"] in cards(at)[0]["parts"]
    assert at.query_params["q"] == '"call 7"'


def test_what_is_typed_goes_into_the_url(ws):
    at = page("verbatims", weeks="all")
    at.text_input(key="search_typed").set_value("late").run()
    assert titles(at) == ["1 comment that says late in all feedback"]
    assert at.query_params["q"] == "late"


def test_meaning_keeps_its_order_and_marks_what_is_near(ws):
    at = page("verbatims", weeks="all", q="too slow", by="meaning")
    assert titles(at) == ["3 comments that mean something like “too slow” in all feedback"]
    shown = cards(at)
    assert [one["id"] for one in shown] == ["f5", "f6", "f7"]
    assert shown[0]["parts"][0] == ["The wait", "said"]


def test_a_theme_narrows_and_its_mentions_are_marked(ws):
    at = page("verbatims", weeks="all", theme="t-care")
    assert titles(at) == ["4 comments about “Kind nurses” in all feedback"]
    assert any(kind == "said" for _, kind in cards(at)[0]["parts"])


def test_a_count_narrows_the_one_filter(ws):
    at = page("verbatims", weeks="all")
    at.button_group(key="narrow_site").set_value(["South"]).run()
    assert at.query_params["site"] == "South"
    assert len(cards(at)) == 14
    assert "North 26" in [option.content for option in at.button_group(key="narrow_site").proto.options]


def test_hostile_words_travel_as_plain_text_only(ws):
    at = page("verbatims", weeks="all", q="evil")
    assert "".join(text for text, _ in cards(at)[0]["parts"]) == HOSTILE
    assert not any(HOSTILE in element.value for element in at.markdown)


def test_nothing_found_says_what_to_do(ws):
    at = page("verbatims", weeks="all", q="zeppelin")
    assert titles(at) == ["0 comments that say zeppelin in all feedback"]
    assert "look for other words" in texts(at)


@pytest.mark.parametrize("typed", ["***", '""', "(", "👍"])
def test_what_holds_no_word_is_said(ws, typed):
    at = page("verbatims", weeks="all", q=typed)
    assert any("Nothing there to look for" in c.value for c in at.caption)


def test_without_an_index_the_page_says_what_to_run(use):
    use(reading(state="", broken=True))
    assert "voc nightly" in page("verbatims", weeks="all", q="late").error[0].value.replace("\\", "")


def test_without_data_it_says_how_to_bring_it_in(use):
    use(empty())
    assert titles(page("verbatims")) == ["No feedback yet"]


# --- one comment


def test_an_opened_comment_is_corrected_by_one_click_and_kept(ws):
    at = opened(page("verbatims", weeks="all"), "f3")
    assert any("call 3" in t.value for t in at.text)
    at.button_group(key="is_f3_-1").set_value("positive").run()
    assert [(c.feedback_id, c.field, c.value, c.made_by) for c in ws.kept] == [
        ("f3", "sentiment", ("positive",), "Ann")
    ]
    assert "Kept as a label" in at.success[0].value
    del at.query_params["item"]
    at.run()
    mine = next(one for one in cards(at) if one["id"] == "f3")
    assert ["positive", "yours"] in mine["tags"]
    assert "corrected by a person" in mine["about"]


def test_categories_are_corrected_and_undone(ws):
    at = opened(page("verbatims", weeks="all"), "f3")
    at.multiselect(key="about_f3_-1").set_value(["Staff", "Waiting"]).run()
    assert ws.kept[0].value == ("Staff", "Waiting")
    at.button(key="correction_undo").click().run()
    assert ws.kept[0].undone_by == "Ann"
    assert "Undone" in at.success[0].value


def test_a_label_that_is_refused_is_said_and_nothing_kept(ws, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise InputError("it waits for its tags")

    monkeypatch.setattr(ws, "correct", refuse)
    at = opened(page("verbatims", weeks="all"), "f3")
    at.button_group(key="is_f3_-1").set_value("positive").run()
    assert "it waits for its tags" in at.error[0].value
    assert ws.kept == ()


def test_what_is_alike_is_shown_before_it_changes(ws):
    ws.offered = [{**item, "like": 0} for item in ws.comments(["f5", "f6"])]
    at = opened(page("verbatims", weeks="all"), "f3")
    at.button_group(key="is_f3_-1").set_value("positive").run()
    assert any("2 other comments read almost the same" in e.label for e in at.expander)
    at.button(key="correction_learn").click().run()
    assert ws.learned == ("Ann", [("f5", 0), ("f6", 0)])
    assert "2 comments were corrected alike" in at.success[0].value


def test_nobody_corrects_without_a_name(ws):
    at = opened(page("verbatims", weeks="all"), "f3", actor="")
    assert "say who you are" in at.info[0].value
    assert at.button_group(key="is_f3_-1").disabled


def test_whoever_may_only_look_sees_the_thread_and_no_labels(use):
    use(reading(verbs=()))
    at = opened(page("verbatims", weeks="all"), "f3")
    assert any("call 3" in t.value for t in at.text)
    assert not [b for b in at.get("button_group") if b.key == "is_f3_-1"]
    assert not at.get("download_button")


def test_a_file_is_made_when_it_is_asked_for_and_only_offered_for_what_is_shown(ws):
    at = page("verbatims", weeks="all").run()
    assert not at.get("download_button")
    at.button(key="make_csv").click().run()
    (offered,) = at.get("download_button")
    assert offered.proto.label == "Download csv"
    at.radio(key="export_kind").set_value("For the team").run()
    assert not at.get("download_button"), "another kind is another file"


def test_a_comment_that_is_gone_says_so(ws):
    at = opened(page("verbatims", weeks="all"), "f999")
    assert "not here any more" in texts(at)


# --- cards


@pytest.mark.parametrize(
    ("said", "hits", "expected"),
    [
        ([], [], [("late again", "")]),
        ([(0, 4)], [], [("late", "said"), (" again", "")]),
        ([(0, 10)], [(5, 10)], [("late ", "said"), ("again", "both")]),
        ([(0, 4), (2, 99)], [], [("late again", "said")]),
    ],
)
def test_a_text_is_cut_where_marks_begin_and_end(said, hits, expected):
    assert comments.parts("late again", said, hits) == expected


def test_an_empty_text_has_no_parts():
    assert comments.parts("", [(0, 3)], []) == []


def test_words_and_passage_may_lie_in_one_another():
    item = {"feedback_id": "a", "text": "نص 👩 wait", "event_at": None, "source": "s", "mentions": []}
    item |= dict.fromkeys(("question", "sentiment", "categories"))
    made = comments.card(item, labels={}, query=parse("wait"), spans={"a": (0, len(item["text"]))})
    assert "".join(text for text, _ in made["parts"]) == item["text"]
    assert made["parts"][-1] == ("wait", "both")
    assert made["tags"] == [("waits for its tags", "")]
