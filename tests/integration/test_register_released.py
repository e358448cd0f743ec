"""What a released version wrote, this one reads: on SQLite, and on PostgreSQL where .ci/postgres has started one."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from released import REVISIONS, fill
from voc.store import Register, migrations, tables


def test_every_revision_but_the_newest_is_tried(register_url):
    with Register(register_url) as register, register.reading() as connection:
        scripts = ScriptDirectory.from_config(migrations.config(connection))
        known = [script.revision for script in scripts.walk_revisions()]
    assert tuple(sorted(known)) == REVISIONS
    assert REVISIONS[-1] == tables.REVISION


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_each_released_version_migrates_and_reads(register_url, revision):
    with Register(register_url) as register:
        with register.writing() as connection:
            command.upgrade(migrations.config(connection), revision)
            fill(connection, revision)
        register.migrate()
        assert register.revision() == tables.REVISION
        assert register.verify_history() == (True, 1, "")
        assert [case.case_id for case in register.cases()] == ["C-0001"]
        assert [message.subject for message in register.pending_messages()] == ["news"]
        assert [(run.run_id, run.books) for run in register.runs()] == [("r1", {"read": 1})]
        assert [(theme.theme_id, theme.keywords) for theme in register.themes()] == [("t1", ("parking",))]
        assert register.file_state("b1")["sha256"] == "0" * 64
        assert register.setting("theme_version") == "v1"
