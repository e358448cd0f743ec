import datetime as dt

import pytest

from voc.insight.formulas import Moment


@pytest.fixture
def moment():
    """The evening of a Sunday."""
    return Moment(dt.datetime(2026, 3, 15, 20, tzinfo=dt.UTC))
