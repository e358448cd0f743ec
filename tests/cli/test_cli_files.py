"""The stateless commands: a file in, a file out, no workspace, and nothing but what the contract says."""

import json

import polars as pl
import pytest

from voc.privacy import frames
from voc.schema import SENTIMENTS, TAG_STATES
from voc.testing import sample_feedback

TAGS = [
    "row",
    "state",
    "sentiment",
    "sentiment_scores",
    "categories",
    "intent",
    "urgent",
    "safety",
    "mentions",
    "tier",
    "abstained",
]
THEMES = {
    "row": pl.Int64,
    "theme_id": pl.String,
    "theme_label": pl.String,
    "score": pl.Float64,
    "themes": pl.List(pl.String),
}
SENSITIVE = [
    "Ring Margaret Ollerenshaw on 07700 900123",
    None,
    "my order 9434765919 is late",
    "write to jane.doe@example.com, thanks",
    "",
]


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.csv"
    sample_feedback(8).rename({"text": "Comment", "question": "Asked"}).write_csv(path)
    return path


@pytest.fixture
def sensitive(tmp_path):
    path = tmp_path / "sensitive.parquet"
    notes = ["call Anjali Rao", "x", None, "BN4 7QT", "y"]
    pl.DataFrame({"id": [1, 2, 3, 4, 5], "text": SENSITIVE, "note": notes}).write_parquet(path)
    return path


def tag(command, sample, out, *options):
    command.ok("tag", sample, "--out", out, "--text-column", "Comment", "--question-column", "Asked", *options)
    return out


def test_tag_writes_a_row_for_each_row_with_the_contract_s_columns(voc_command, sample, tmp_path):
    tags = pl.read_parquet(tag(voc_command, sample, tmp_path / "t.parquet", "--scores", "--tier", "fast"))
    assert set(TAGS) | {"category_scores", "language"} == set(tags.columns)
    assert tags["row"].to_list() == list(range(48))
    assert set(tags["state"]) <= set(TAG_STATES)
    assert set(tags["sentiment"]) <= set(SENTIMENTS)
    assert tags["sentiment_scores"].list.len().unique().to_list() == [5]
    assert list(tags.schema["mentions"].inner.to_schema()) == ["start", "end", "sentiment", "categories", "intent"]
    assert tags["category_scores"].list.len().n_unique() == 1


def test_tag_by_an_engine_writes_the_same_file(voc_command, sample, tmp_path, monkeypatch):
    monkeypatch.setattr("voc.tagging.work._PART", 20)
    options = ("--scores", "--tier", "fast", "--engine", "local", "--workers", "1")
    by_engine = tag(voc_command, sample, tmp_path / "e.parquet", *options)
    plain = tag(voc_command, sample, tmp_path / "t.parquet", *options[:3])
    assert pl.read_parquet(by_engine).equals(pl.read_parquet(plain))
    said = voc_command.fails(1, "tag", sample, "--out", by_engine, "--workers", "2")
    assert "add --engine local" in said


def test_tag_writes_no_text(voc_command, sample, tmp_path):
    out = tag(voc_command, sample, tmp_path / "t.jsonl")
    assert "parking" not in out.read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("ending", ["parquet", "csv", "tsv", "jsonl"])
def test_tag_writes_every_format(voc_command, sample, tmp_path, ending):
    out = tag(voc_command, sample, tmp_path / f"t.{ending}")
    read = {"parquet": pl.read_parquet, "jsonl": pl.read_ndjson, "csv": pl.read_csv}
    tags = read[ending](out) if ending in read else pl.read_csv(out, separator="\t")
    assert tags["row"].to_list() == list(range(48))
    if ending in ("csv", "tsv"):
        assert len(json.loads(tags["sentiment_scores"][0])) == 5


def test_tag_counts_states_as_json(voc_command, sample, tmp_path):
    arguments = ("tag", sample, "--out", tmp_path / "t.parquet", "--text-column", "Comment")
    assert voc_command.json(*arguments) == {"rows": 48, "tagged": 48}


def test_tag_reads_csv_and_parquet_alike(voc_command, sample, tmp_path):
    pl.read_csv(sample).write_parquet(tmp_path / "sample.parquet")
    first = pl.read_parquet(tag(voc_command, sample, tmp_path / "a.parquet"))
    assert pl.read_parquet(tag(voc_command, tmp_path / "sample.parquet", tmp_path / "b.parquet")).equals(first)


def test_redact_masks_every_text_column_and_keeps_order_numbers(voc_command, sensitive, tmp_path):
    voc_command.ok("redact", sensitive, "--out", tmp_path / "r.parquet")
    safe = pl.read_parquet(tmp_path / "r.parquet")
    assert safe["text"].to_list() == [
        "Ring [NAME] on [PHONE]",
        None,
        "my order 9434765919 is late",
        "write to [EMAIL], thanks",
        "",
    ]
    assert safe["note"].to_list() == ["call [NAME]", "x", None, "[POSTCODE]", "y"]
    assert safe.columns == ["id", "text", "note", "redactions"]
    spans = safe["redactions"].to_list()
    assert [(s["kind"], SENSITIVE[0][s["start"] : s["end"]]) for s in spans[0]] == [
        ("NAME", "Margaret Ollerenshaw"),
        ("PHONE", "07700 900123"),
    ]
    assert [len(s) for s in spans] == [2, 0, 0, 1, 0]


def test_redact_numbers_and_names_teams_only_when_asked(voc_command, sensitive, tmp_path):
    (tmp_path / "staff.csv").write_text("name,team\nAnjali Rao,Ward 7\n")
    voc_command.ok(
        "redact", sensitive, "--out", tmp_path / "r.parquet", "--numbered", "--roster", tmp_path / "staff.csv"
    )
    safe = pl.read_parquet(tmp_path / "r.parquet")
    assert safe["text"][0] == "Ring [NAME_1] on [PHONE_1]"
    assert safe["note"][0] == "call [STAFF: Ward 7]"
    line = voc_command.fails(1, "redact", sensitive, "--out", tmp_path / "s.csv", "--roster", tmp_path / "no.csv")
    assert "the roster cannot be read" in line


def test_redact_keeps_a_column_that_is_named(voc_command, sensitive, tmp_path):
    voc_command.ok("redact", sensitive, "--out", tmp_path / "r.parquet", "--keep", "note")
    assert pl.read_parquet(tmp_path / "r.parquet")["note"][0] == "call Anjali Rao"


def test_redact_writes_spans_as_json_in_csv(voc_command, sensitive, tmp_path):
    voc_command.ok("redact", sensitive, "--out", tmp_path / "r.csv")
    safe = pl.read_csv(tmp_path / "r.csv")
    assert [span["kind"] for span in json.loads(safe["redactions"][0])] == ["NAME", "PHONE"]


def test_redact_leaves_a_failed_row_empty_and_never_out(voc_command, sensitive, tmp_path, monkeypatch):
    real = frames.find

    def failing(text, **options):
        if "@" in text:
            raise RuntimeError("no")
        return real(text, **options)

    monkeypatch.setattr(frames, "find", failing)
    voc_command.ok("redact", sensitive, "--out", tmp_path / "r.parquet")
    safe = pl.read_parquet(tmp_path / "r.parquet")
    assert safe.height == 5
    assert safe.row(3, named=True)["text"] is None
    assert safe.row(3, named=True)["redactions"] is None
    assert safe.row(0, named=True)["redactions"]


def discover(command, sample, folder):
    arguments = ("--out", folder / "d.parquet", "--model", folder / "model", "--text-column", "Comment")
    command.ok("themes", "discover", sample, *arguments)
    return pl.read_parquet(folder / "d.parquet")


def test_discover_writes_the_contract_s_columns_and_a_model(voc_command, sample, tmp_path):
    found = discover(voc_command, sample, tmp_path)
    assert found.schema.keys() == THEMES.keys()
    assert found["row"].to_list() == list(range(48))
    with_theme = found.filter(pl.col("theme_id").is_not_null())
    assert with_theme["theme_id"].n_unique() >= 2
    assert with_theme["theme_label"].null_count() == 0
    assert (with_theme["score"].round(4) == with_theme["score"]).all()
    assert all(row["theme_id"] == row["themes"][0] for row in with_theme.to_dicts())
    without = found.filter(pl.col("theme_id").is_null())
    assert without["score"].null_count() == without.height
    assert set(without["themes"].list.len()) <= {0}


def test_assigning_what_themes_were_found_in_gives_what_discovery_reported(voc_command, sample, tmp_path):
    found = discover(voc_command, sample, tmp_path)
    arguments = ("--model", tmp_path / "model", "--out", tmp_path / "a.parquet", "--text-column", "Comment")
    voc_command.ok("themes", "assign", sample, *arguments)
    assert pl.read_parquet(tmp_path / "a.parquet").equals(found)


def test_the_same_file_gives_the_same_themes(voc_command, sample, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert discover(voc_command, sample, tmp_path / "one").equals(discover(voc_command, sample, tmp_path / "two"))


def test_too_few_rows_have_no_theme_and_leave_a_model_that_assigns_none(voc_command, tmp_path):
    few = tmp_path / "few.csv"
    pl.DataFrame({"Comment": ["Too cold", "Too dark", None]}).write_csv(few)
    found = discover(voc_command, few, tmp_path)
    assert found["theme_id"].to_list() == [None] * 3
    arguments = ("--model", tmp_path / "model", "--out", tmp_path / "a.parquet", "--text-column", "Comment")
    voc_command.ok("themes", "assign", few, *arguments)
    assert pl.read_parquet(tmp_path / "a.parquet")["theme_id"].to_list() == [None] * 3


def test_a_model_holds_redacted_exemplars_only(voc_command, tmp_path):
    texts = [f"{text}, ring me on 07700 900{n:03}" for n, text in enumerate(sample_feedback(8)["text"])]
    path = tmp_path / "numbers.csv"
    pl.DataFrame({"Comment": texts}).write_csv(path)
    discover(voc_command, path, tmp_path)
    written = b"".join(p.read_bytes() for p in (tmp_path / "model").rglob("*") if p.is_file()).decode("latin-1")
    assert "[PHONE]" in written
    assert "07700" not in written


def test_output_without_rows_is_output(voc_command, tmp_path):
    (tmp_path / "none.csv").write_text("text\n", encoding="utf-8")
    voc_command.ok("tag", tmp_path / "none.csv", "--out", tmp_path / "t.parquet")
    voc_command.ok("redact", tmp_path / "none.csv", "--out", tmp_path / "r.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet").height == pl.read_parquet(tmp_path / "r.parquet").height == 0


@pytest.mark.parametrize("verb", [("tag",), ("redact",), ("themes", "discover"), ("themes", "assign")], ids=" ".join)
def test_a_missing_file_column_or_ending_is_one_plain_line(voc_command, sample, tmp_path, verb):
    model = ("--model", tmp_path / "model") if verb[0] == "themes" else ()
    out = ("--out", tmp_path / "o.parquet")
    assert "no such file" in voc_command.fails(1, *verb, tmp_path / "absent.csv", *out, *model)
    says = voc_command.fails(1, *verb, sample, "--text-column", "Verbatim", *out, *model)
    assert "no column 'Verbatim'" in says
    assert "Comment" in says, "the columns that there are"


@pytest.mark.parametrize("verb", ["tag", "redact"])
def test_an_ending_that_cannot_be_written_is_named(voc_command, sample, tmp_path, verb):
    says = voc_command.fails(1, verb, sample, "--text-column", "Comment", "--out", tmp_path / "o.docx")
    assert ".parquet, .csv, .tsv or .jsonl" in says
    assert "cannot be written" in voc_command.fails(
        1, verb, sample, "--text-column", "Comment", "--out", "/nowhere/o.csv"
    )


def test_files_need_no_workspace(voc_command, sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tag(voc_command, sample, tmp_path / "t.parquet")
    assert not (tmp_path / "voc.toml").exists()
    assert not (tmp_path / "lake").exists()


def test_an_unknown_tier_or_taxonomy_is_named(voc_command, sample, tmp_path):
    base = ("tag", sample, "--text-column", "Comment", "--out", tmp_path / "t.parquet")
    assert "use one of fast" in voc_command.fails(1, *base, "--tier", "slow")
    assert "'astrology'" in voc_command.fails(1, *base, "--taxonomy", "astrology")


def test_assigning_by_a_model_that_is_none_says_so(voc_command, sample, tmp_path):
    base = ("themes", "assign", sample, "--text-column", "Comment", "--out", tmp_path / "a.parquet")
    says = voc_command.fails(1, *base, "--model", tmp_path / "nothing")
    assert "nothing" in says
