"""Brands that are called like people: their names stay, for a complaint about a kettle is nobody's personal data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voc.privacy.shadow import Shadow

# Of houses whose whole name reads like a person's; a single word such as "Clarks" is no name to the rules.
_NAMES = (
    "alexander mcqueen|alexander wang|ann summers|anne klein|anya hindmarch|armani exchange|austin reed|aveda|barbour"
    "|ben & jerry'?s|ben sherman|betty barclay|betty crocker|bobbi brown|burt'?s bees|calvin klein|carolina herrera"
    "|cath kidston|charles tyrwhitt|charlotte tilbury|christian dior|christian louboutin|clinton cards|david austin"
    "|diane von furstenberg|dr\\.? martens?|dr\\.? oetker|dr\\.? pepper|dr\\.? scholl|dr\\.? teal'?s|dolce (?:&"
    "|and) gabbana"
    "|donna karan|dorothy perkins|eddie bauer|edwin jeans|elie saab|elizabeth arden|elizabeth james|emma bridgewater"
    "|emma mattress|est[eé]e lauder|eva solo|fat face|fred perry|free people|george at asda|georg jensen|george home"
    "|gerry weber|giorgio armani|harris tweed|harry'?s razors?|harry winston|harvey nichols|helena rubinstein"
    "|helly hansen|herman miller|holland (?:&|and) barrett|hugo boss|issey miyake|jack (?:&|and) jones|jack daniel'?s"
    "|jack wills|jack wolfskin|jacques vert|jean paul gaultier|jil sander|jimmy choo|jo malone|joe browns|john deere"
    "|john frieda|john lewis|john smedley|joseph joseph|juicy couture|karen millen|karl lagerfeld|kate spade"
    "|kenneth cole|kurt geiger|lands'? end|laura ashley|laura mercier|lea (?:&|and) perrins|levi strauss|liz claiborne"
    "|l[ou]uis vuitton|marc jacobs|marc o'?polo|mark hill|marks (?:&|and) spencers?|mary kay|michael kors|michael page"
    "|miss selfridge|morphy richards|mr\\.? kipling|mr\\.? muscle|mr\\.? porter|mr\\.? whippy|mrs\\.? hinch"
    "|neil'?s yard"
    "|nina ricci|oliver bonas|oscar de la renta|oska|paco rabanne|papa john'?s|paul mitchell|paul smith|peter jones"
    "|peter rabbit|phase eight|philip kingsley|philip morris|philipp plein|pierre cardin|ralph lauren|ray[- ]?bans?"
    "|robert dyas|roberto cavalli|roland mouret|russell (?:&|and) bromley|russell athletic|russell hobbs|sam edelman"
    "|sara lee|scott(?:&|and) bailey|seasalt|simon (?:&|and) schuster|sophie allport|stella artois|stella mccartney"
    "|steve madden|ted baker|thomas (?:&|and) friends|thomas cook|thomas pink|thomas sabo|tim hortons?|tom ford"
    "|tommy bahama|tommy hilfiger|tommy jeans|tony'?s chocolonely|tory burch|uncle ben'?s|vera bradley|vera wang"
    "|victoria beckham beauty|victoria'?s secret|vidal sassoon|viktor (?:&|and) rolf|vivienne westwood|walter raleigh"
    "|warren james|wilfred owen ward|will'?s vegan|william hill|william morris|yves saint laurent|yves rocher|zadig"
)
_BRANDS = re.compile(rf"(?<!\w)(?:{_NAMES})(?:'s)?(?!\w)", re.IGNORECASE)


def brands(shadow: Shadow) -> list[tuple[int, int]]:
    """Where brands that read like people's names stand in the shadow."""
    return [(match.start(), match.end()) for match in _BRANDS.finditer(shadow.text)]
