"""Finding comments again: by words (SQLite's full-text index) and by meaning (vectors on the disk).

Both hold derived data only, below one folder that may be deleted at any time: the next night makes it anew from the
lake. What leaves the lake leaves them too.
"""

from voc.search.query import Query, Term, marks, parse
from voc.search.vectors import Near, VectorIndex
from voc.search.words import WordIndex, keys_of

__all__ = ["Near", "Query", "Term", "VectorIndex", "WordIndex", "keys_of", "marks", "parse"]
