import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from toy import ToyEncoder, mentions

from voc.themes import discover


@pytest.fixture(scope="session")
def frame():
    return mentions()


@pytest.fixture(scope="session")
def model(frame):
    return discover(frame, encoder=ToyEncoder(), static=ToyEncoder("toy-static"), seed=0)
