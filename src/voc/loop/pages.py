"""Briefs and notices as pages that print: one self-contained HTML file each, every typed word escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voc.loop.brief import Brief, Section
    from voc.loop.public import Notice, Said

_BASE = """
*{box-sizing:border-box}
body{margin:0;color:#1f2430;font:10.5pt/1.4 "Source Sans 3","Segoe UI",Arial,sans-serif;background:#fff}
@page{size:A4;margin:12mm}
h1,h2,p,ul{margin:0}
"""
_TEAM = """
main{max-width:190mm;margin:0 auto;padding:8mm}
@media print{main{padding:0}}
header{display:flex;justify-content:space-between;align-items:baseline;border-bottom:2.5pt solid #2f5d8a;
padding-bottom:2mm;margin-bottom:4mm}
h1{font-size:19pt;line-height:1.15}
header p{color:#565d6b;font-size:9.5pt;text-align:right}
.page{columns:2;column-gap:8mm}
section{break-inside:avoid;margin:0 0 4.5mm}
h2{font-size:11.5pt;color:#2f5d8a;margin-bottom:1mm}
ul{list-style:none;padding:0}
li{padding:1mm 0;border-top:.5pt solid #d8dce3;overflow-wrap:anywhere}
li b{font-weight:600}
.ref{color:#565d6b;font-size:8.5pt;white-space:nowrap}
.none{color:#565d6b}
.say{background:#eef4ea;border-left:3pt solid #4d8a3c;padding:2mm 3mm}
.say h2{color:#37682a}
.issues{background:#fdf3e3;border-left:3pt solid #c98a1b;padding:2mm 3mm}
.issues h2{color:#85590a}
figure{margin:2mm 0;break-inside:avoid}
footer{border-top:.5pt solid #d8dce3;margin-top:3mm;padding-top:2mm;color:#565d6b;font-size:9pt}
"""
_POSTER = """
main{max-width:190mm;min-height:262mm;margin:0 auto;padding:8mm;display:flex;flex-direction:column}
@media print{main{padding:0}}
h1{font-size:40pt;line-height:1.05;color:#1d4f7c;letter-spacing:-.5pt}
header p{font-size:15pt;color:#3c4352;margin-top:2mm}
header{margin-bottom:7mm}
article{display:grid;grid-template-columns:1fr 1fr;margin-bottom:5mm;break-inside:avoid;font-size:13pt;line-height:1.35}
.said{background:#e9f0f7;padding:4mm 5mm}
.did{background:#e7f2e4;padding:4mm 5mm}
h2{font-size:11pt;margin-bottom:1mm}
.said h2{color:#1d4f7c}.did h2{color:#2f6a2a}
.what{font-weight:600}
q{display:block;margin-top:2mm;font-style:italic}
.since{margin-top:2mm;font-size:11pt;color:#3c4352}
footer{margin-top:auto;font-size:12pt;color:#3c4352;border-top:1.5pt solid #1d4f7c;padding-top:3mm}
"""
_CLASSES = {"What to say to customers now": "say", "Known issues": "issues"}


def brief_page(brief: Brief, pictures: Sequence[str] = ()) -> str:
    """A team's brief as one HTML page; ``pictures`` are SVGs of the verdicts it speaks of."""
    sections = "".join(_section(section, pictures) for section in brief.sections)
    readers = f"Read by {len(brief.read_by)}: {escape(', '.join(brief.read_by))}. " if brief.read_by else ""
    team = escape(brief.team or "all teams")
    body = (
        f"<main><header><h1>Brief: {team}</h1><p>{brief.start:%d %b} to {brief.end:%d %b %Y}<br>{brief.brief_id}</p>"
        f"</header><div class='page'>{sections}</div><footer>{readers}Say that you have read it: "
        f"voc brief --team &quot;{team}&quot; --read --by YOUR NAME</footer></main>"
    )
    return _html(f"Brief for {brief.team or 'all teams'}", _TEAM, body)


def _section(section: Section, pictures: Sequence[str]) -> str:
    lines = "".join(
        f"<li><b>{escape(line.about)}</b>: {escape(line.text)}"
        + (f" <span class='ref'>{escape(line.ref)}</span>" if line.ref else "")
        + "</li>"
        for line in section.lines
    )
    more = f"<li class='none'>and {section.more} more</li>" if section.more else ""
    body = f"<ul>{lines}{more}</ul>" if lines else f"<p class='none'>{escape(section.empty)}</p>"
    drawn = "".join(f"<figure>{svg}</figure>" for svg in pictures) if section.title == "Did it work?" else ""
    kind = _CLASSES.get(section.title, "")
    return f"<section class='{kind}'><h2>{escape(section.title)}</h2>{body}{drawn}</section>"


def poster(notice: Notice, name: str) -> str:
    """A service's "You said, we did" as an HTML page to hang up."""
    where = f"{name}, {notice.service}" if notice.service else name
    items = "".join(_pair(item) for item in notice.items)
    if not items:
        items = "<p>Nothing was put in place in these weeks that enough people had asked for.</p>"
    body = (
        f"<main><header><h1>You said, we did</h1><p>{escape(where)}, {notice.end:%B %Y}</p></header>{items}"
        "<footer>Tell us more: every comment is read. Please do not use comments for anything urgent.</footer></main>"
    )
    return _html(f"You said, we did: {where}", _POSTER, body)


def _pair(item: Said) -> str:
    quote = f"<q>{escape(item.quote)}</q>" if item.quote else ""
    outcome = f" {escape(item.outcome)}" if item.outcome else ""
    return (
        f"<article><div class='said'><h2>You said</h2><p class='what'>{escape(_capital(item.said))}</p>{quote}"
        f"<p class='since'>{item.n_people} people told us</p></div>"
        f"<div class='did'><h2>We did</h2><p class='what'>{escape(_capital(item.did))}</p>"
        f"<p class='since'>Since {item.since:%d %B %Y}.{outcome}</p></div></article>"
    )


def index(names: Mapping[str, str], title: str) -> str:
    """A page of links to several notices: file name to what it is called."""
    links = "".join(f"<li><a href='{escape(file, quote=True)}'>{escape(name)}</a></li>" for file, name in names.items())
    return _html(title, _TEAM, f"<main><header><h1>{escape(title)}</h1></header><ul>{links}</ul></main>")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _html(title: str, style: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_BASE}{style}</style></head><body>{body}</body></html>\n"
    )
