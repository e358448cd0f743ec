"""`voc report monthly`."""


def test_the_command_writes_a_page_or_markdown(acme, tmp_path):
    page, text = tmp_path / "feb.html", tmp_path / "feb.md"
    assert "11 sections" in acme.ok("report", "monthly", "--month", "2026-02", "--out", page)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    found = acme.json("report", "monthly", "--month", "2026-02", "--out", text)
    assert len(found["sections"]) == 11
    (again, *_) = acme.json("recompute", *found["receipts"])
    assert again["same"]
    assert text.read_text(encoding="utf-8").startswith("# ")


def test_what_cannot_be_written_is_said(acme, tmp_path):
    monthly = ("report", "monthly", "--month", "2026-02", "--out")
    assert "written as .html or .md" in acme.fails(1, *monthly, "x.pdf")
    assert "cannot be written" in acme.fails(1, *monthly, tmp_path / "no" / "feb.html")
    assert "'Feb' is no month" in acme.fails(1, "report", "monthly", "--month", "Feb", "--out", tmp_path / "x.md")
