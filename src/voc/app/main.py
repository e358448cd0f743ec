"""What ``voc app`` starts: the pages, from an installed voc."""

from voc.app.router import run

run()
