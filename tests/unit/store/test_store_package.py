import subprocess
import sys

import pytest

import voc.store


def test_importing_the_package_loads_no_database():
    code = "import sys, voc.store; print({'sqlalchemy', 'deltalake', 'alembic', 'polars'} & set(sys.modules) or 'none')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "none\n"


def test_a_register_in_use_needs_alembic_only_to_migrate(tmp_path):
    code = (
        "import sys; from voc.store import Register; r = Register(sys.argv[1]); r.migrate(); r.close();"
        "print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/register.db"]
    shown = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert shown == ["True\n", "False\n"]


@pytest.mark.parametrize("name", voc.store.__all__)
def test_every_public_name_exists(name):
    assert getattr(voc.store, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Laek"):
        _ = voc.store.Laek
