"""What heads are fitted to: who belongs together, what is new, and what only the encoder labels."""

import numpy as np

from voc.tagging import features
from voc.tagging.train import rows
from voc.tagging.train.corpus import Example
from voc.text.spans import POOLED_DIM

LONG = "The nurses were lovely, but we waited three hours."
EXAMPLES = [
    Example("nhs", "Nothing", "What was good?", "a", 1),
    Example("nhs", "nothing!", "What could be better?", "b", 4),
    Example("nhs", LONG, "Why?", "b", 2),
    Example("nhs", "kind staff", "Why?", "c", 4),
    Example("criticality", "too noisy", "What was good?", "too noisy"),
]


class Lengths:
    """An encoder whose vectors are the length of what they are of."""

    def pool(self, texts, questions, spans):
        parts = [np.full(POOLED_DIM, end - start) for found in spans for start, end in found]
        whole = [np.full(POOLED_DIM, len(t)) for t in texts]
        return tuple(np.reshape(v, (-1, POOLED_DIM)).astype(np.float32) for v in (whole, parts))


def test_who_shares_a_text_or_a_person_is_together():
    names = rows.together(EXAMPLES)
    assert names[0] == names[1] == names[2], "a text joins two people, and a person two texts"
    assert len({names[0], names[3], names[4]}) == 3


def test_a_text_is_new_once():
    assert rows.first_of_text(EXAMPLES).tolist() == [True, False, True, True, True]
    assert rows.not_in(EXAMPLES[1:4], EXAMPLES[:1]).tolist() == [False, True, True]


def test_mentions_and_older_comments_under_the_other_question_are_left_to_the_encoder():
    idf = np.ones(features.N_HASHED, np.float32)
    made = rows.unlabelled(EXAMPLES, idf, Lengths())
    told = [(e.source, e.text, e.question) for e in made.examples]
    assert told[0] == (rows.ASKED_ELSE, "too noisy", "What could be better?")
    parts = [text for source, text, _ in told if source == rows.PART]
    assert len(parts) == 2
    assert all(part in LONG for part in parts)
    assert made.sparse.shape == (3, features.tag_width())
    assert made.pooled[1:, 0].tolist() == [len(part) for part in parts]
    assert rows.together([*EXAMPLES, *made.examples])[-1] == rows.together(EXAMPLES)[2]
