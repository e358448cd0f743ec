"""A night on two processes leaves what a night on one leaves, row for row."""

import voc
from clinic import DAY, state
from voc.steps import tagging


def test_a_night_on_two_processes_leaves_the_same(clinic, clinic_done, monkeypatch):
    monkeypatch.setattr(tagging, "WORTH_WORKERS", 0)
    monkeypatch.setenv("VOC_WORKERS", "2")
    with voc.open(clinic) as ws:
        ws.nightly(DAY)
    assert state(clinic) == state(clinic_done)
