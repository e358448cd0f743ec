"""Training the heads: reproducible, in the layout it asks for, and usable by the tagger at once."""

import random

import polars as pl
import pytest

from voc import cli, modelstore
from voc.errors import InputError
from voc.tagging import head
from voc.tagging.packs import load_pack
from voc.tagging.shipped import head_file
from voc.tagging.train import heads
from voc.tagging.train.labelled import MERGED, QUESTION, RESPONDENT, SENTIMENT, TEXT, read

NAMES = load_pack("patient-experience").names
PHRASES = {
    "Timeliness of care": ("waited three hours", 4),
    "Staff manner & personal attributes": ("friendly kind staff", 1),
    "Food & drink provision & facilities": ("cold food", 5),
    "Contacting services": ("nobody answered the phone", 3),
    "Appointment arrangements": ("appointment as planned", 2),
}


def labelled(path, n=60):
    """A labelled file in the layout of the public set, about five plain things."""
    draw = random.Random(0)
    columns = [c for name in NAMES for c in MERGED.get(name, (name,))]
    rows = []
    for i in range(n):
        name, (phrase, score) = list(PHRASES.items())[i % len(PHRASES)]
        words = draw.sample(["we", "really", "the", "ward", "today", "again", "my", "visit"], 3)
        row = dict.fromkeys(columns, "0") | {MERGED.get(name, (name,))[0]: "1"}
        rows.append(
            {TEXT: f"{phrase} {' '.join(words)}", QUESTION: "Why?", RESPONDENT: f"p{i}", SENTIMENT: str(score), **row}
        )
    pl.DataFrame(rows).write_csv(path)
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the same heads trained twice, by the command, on fewer folds than the shipped ones for speed."""
    folder = tmp_path_factory.mktemp("trained")
    data = labelled(folder / "train.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "N_FOLDS", 2)
        for out in (folder / "one", folder / "two"):
            out.mkdir()
            command = [
                "train",
                "patient-experience",
                "--data",
                data,
                "--out",
                out,
                "--licence",
                "MIT",
                "--source",
                "us",
            ]
            assert cli.run([str(word) for word in command]) == 0
    return folder


def test_the_same_data_and_seed_give_the_same_file(trained):
    name = head_file("patient-experience")
    assert (trained / "one" / name).read_bytes() == (trained / "two" / name).read_bytes()


def test_the_manifest_says_what_it_was_made_of(trained):
    entry = modelstore.manifest(trained / "one")[head_file("patient-experience")]
    assert entry["data"] == "us (MIT), 60 comments"
    assert entry["licence"] == "Apache-2.0"


def test_heads_have_learnt_what_was_plain_to_see(trained):
    from voc.tagging import features

    found, shared = head.load(trained / "one" / head_file("patient-experience"))
    assert found["categories"].labels == NAMES
    texts = ["friendly kind staff", "cold food again", "nobody answered the phone"]
    x = features.tag_matrix(texts, ["Why?"] * 3, shared["idf"])
    assert found["sentiment"].probabilities(x).argmax(axis=1).tolist() == [4, 0, 2]
    best = [NAMES[k] for k in found["categories"].probabilities(x).argmax(axis=1)]
    assert best == ["Staff manner & personal attributes", "Food & drink provision & facilities", "Contacting services"]
    assert found["categories"].probabilities(x)[:, NAMES.index("Mental Health Act")].max() < 0.01, (
        "nobody gave that label"
    )


def test_rows_without_text_or_label_are_told_apart(tmp_path):
    path = labelled(tmp_path / "d.csv", 10)
    frame = pl.read_csv(path, infer_schema_length=0)
    frame[2, TEXT], frame[3, SENTIMENT] = "  ", None
    frame.write_csv(path)
    data = read([path, path], NAMES)
    assert len(data.texts) == 18
    assert (data.sentiment == -1).sum() == 2
    assert data.categories.shape == (18, len(NAMES))
    # The merged columns of the public set count for the category that they make up.
    frame.with_columns(pl.lit("1").alias("Care plans")).write_csv(path)
    assert read([path], NAMES).categories[:, NAMES.index("Continuity of care")].all()


def test_a_file_of_another_layout_is_named_with_what_it_lacks(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.csv: no column 'FFT answer'"):
        read([tmp_path / "x.csv"], NAMES)
    with pytest.raises(InputError, match="no such file"):
        read([tmp_path / "y.csv"], NAMES)
