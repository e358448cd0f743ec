"""The names that DESIGN promises: importable, documented, and working together end to end."""

import importlib
import inspect
import subprocess
import sys
from datetime import datetime

import polars as pl
import pytest

import voc
from voc import themes
from voc.access import PERMISSIONS
from voc.errors import InputError
from voc.testing import FrozenClock, ToyEncoder, sample_feedback, sample_mentions

PROMISED = {"read", "redact", "Tagger", "tag", "discover", "nps", "open"}


def test_all_is_what_can_be_imported_and_no_more():
    assert sorted(voc.__all__) == list(voc.__all__)
    assert dir(voc) == sorted(voc.__all__)
    for name in voc.__all__:
        assert getattr(voc, name) is not None, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        voc.nothing  # noqa: B018
    with pytest.raises(ImportError):
        from voc import nothing  # noqa: F401


def test_a_star_import_gives_those_names():
    scope = {}
    exec("from voc import *", scope)  # noqa: S102
    assert set(voc.__all__) <= scope.keys()


def test_the_promised_names_are_public_and_documented():
    assert set(voc.__all__) >= PROMISED
    for name in set(voc.__all__) - {"__version__"}:
        assert inspect.getdoc(getattr(voc, name)), name


@pytest.mark.parametrize(
    "package", ["voc.ingest", "voc.privacy", "voc.store", "voc.queries", "voc.themes", "voc.demo", "voc.testing"]
)
def test_a_part_offers_what_it_lists(package):
    module = importlib.import_module(package)
    assert all(getattr(module, name) is not None for name in module.__all__)


def test_the_version_is_the_package_s():
    from importlib.metadata import version

    assert voc.__version__ == version("voc")


def test_the_package_says_that_it_is_typed():
    from importlib.resources import files

    assert (files("voc") / "py.typed").is_file()


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A file such as a user would have."""
    path = tmp_path_factory.mktemp("export") / "export.csv"
    frame = sample_feedback(10)
    odd = pl.DataFrame(
        {"text": ["Ring me on 07700 900123", None, "x"], "nps": [3, 9, 99], "record_id": ["A", "B", "C"]}
    )
    pl.concat([frame, odd], how="diagonal_relaxed").write_csv(path)
    return path


def test_read_redact_tag_discover_assign_save_and_load(export, tmp_path):
    batch = voc.read(export, profile="generic")
    assert (batch.summary["read"], batch.accepted.height, batch.rejected.height) == (63, 62, 1)

    safe = voc.redact(batch.accepted)
    assert {"redactions", "redaction_version", "feedback_id", "respondent"} <= set(safe.columns)
    assert "Ring me on [PHONE]" in safe["text"].to_list()

    tagger = voc.Tagger.load("fast", taxonomy="patient-experience")
    tagged = tagger.tag(safe)
    assert tagged.height == safe.height
    assert set(safe.columns) <= set(tagged.columns)
    assert voc.tag(safe, tier="fast").equals(tagged)

    model = voc.discover(tagged)
    assert {theme.pool for theme in model.themes} == {"problem", "praise"}
    assert voc.discover(tagged).version == model.version

    mentions = sample_mentions(10)
    assigned = model.assign(mentions)
    assert assigned.height == mentions.height
    assert assigned["theme_id"].drop_nulls().len() > 0.5 * mentions.height

    model.save(tmp_path / "model")
    from voc.text.encode import load_encoder, load_static

    again = voc.ThemeModel.load(tmp_path / "model", encoder=load_encoder(), static=load_static())
    assert again.themes == model.themes
    assert again.assign(mentions).equals(assigned)


def test_discover_takes_untagged_texts_in_one_pool_and_arrow_tables(export):
    texts = voc.redact(voc.read(export).accepted).select("text")
    model = voc.discover(texts)
    assert {theme.pool for theme in model.themes} == {"problem"}
    assert voc.discover(texts.to_arrow()).version == model.version


def test_tag_takes_an_arrow_table():
    frame = sample_feedback(2)
    assert voc.tag(frame.to_arrow()).equals(voc.tag(frame))


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="no column 'text'; the columns are x"):
        voc.discover(pl.DataFrame({"x": ["a"]}))
    with pytest.raises(InputError, match="no column 'text'"):
        voc.tag(pl.DataFrame({"x": ["a"]}))


def test_nps_comes_with_its_interval_by_any_column():
    frame = sample_feedback(10)
    (whole,) = voc.nps(frame).to_dicts()
    assert whole["low"] < whole["value"] < whole["high"]
    assert whole["n"] == 60
    assert voc.nps(frame["nps"]).value == whole["value"]
    by_site = voc.nps(frame, by="site")
    assert {"site", "value", "low", "high", "n"} <= set(by_site.columns)
    assert by_site["n"].sum() == 60


def test_a_workspace_is_opened_ingests_and_runs_its_night(clinic):
    with voc.open(clinic) as ws:
        ws.now = FrozenClock()
        assert ws.ingest("survey").balanced
        record = ws.nightly()
        assert record["state"] == "ok"
        assert {case.opened_at for case in ws.cases()} == {FrozenClock().at}


def test_the_fakes_that_ship_keep_the_encoders_promise():
    encoder = ToyEncoder()
    rows = encoder.encode(["car park full", "car park closed", "kind nurse"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert encoder.seen == ["car park full", "car park closed", "kind nurse"]
    assert sample_feedback(5).equals(sample_feedback(5))
    assert not sample_feedback(5).equals(sample_feedback(5, seed=1))
    with pytest.raises(ValueError, match="time zone"):
        FrozenClock(datetime(2026, 1, 1))


def test_themes_are_found_with_the_toy_encoder_alone():
    found = themes.discover(sample_mentions(24), encoder=ToyEncoder(), static=ToyEncoder("toy-static"), seed=0)
    assert len(found.themes) >= 4


def test_python_c_runs_without_a_file_beside_it(tmp_path):
    code = "import voc; print(voc.nps(__import__('polars').DataFrame({'nps': [0, 10, 10]})))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_public_verb_of_a_workspace_has_a_permission():
    verbs = {name for name, _ in inspect.getmembers(voc.Workspace) if not name.startswith("_")}
    assert verbs - PERMISSIONS.keys() == set(), "add it to voc.access.PERMISSIONS: until then it is an administrator's"
    # What the one who acts is shown beside the verbs: the settings, and her own note in the log.
    assert PERMISSIONS.keys() - verbs == {"config", "saw"}
