"""Reports: a review of one month as values, and how they become a page that prints or a Markdown text."""

from voc.report.monthly import monthly

__all__ = ["monthly"]
