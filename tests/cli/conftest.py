import pytest
from command import Command


@pytest.fixture
def voc_command(capsys):
    """`voc` without a workspace."""
    return Command(capsys)


@pytest.fixture
def acme(capsys, clinic_after):
    """`voc -w` the small workspace after its first night; ``acme.root`` is its folder."""
    command = Command(capsys, clinic_after)
    command.root = clinic_after
    return command
