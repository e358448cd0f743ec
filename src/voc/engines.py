"""Where pure work on frames is done: in processes of this machine, or by Daft, on this machine or on a Ray cluster.

An engine is one function, ``mapped``, with the contract of ``voc.pool.mapped``: chunks go out, what the work makes of
them comes back in order, and neither the engine nor the number of its workers changes a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voc import pool
from voc.config import ENGINES
from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import polars as pl


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine and how much of it to use.

    Attributes:
        name: one of ``config.ENGINES``.
        workers: how many processes work; 0 for as many as ``pool.n_processes`` says.
        address: of a Ray cluster, such as ``ray://head:10001``, for Daft to work on; "" is this machine.

    Raises:
        InputError: no such engine, or an address that only Daft could use.
    """

    name: str = "local"
    workers: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise InputError(f"no engine {self.name!r}; there are: {', '.join(ENGINES)}")
        if self.address and self.name != "daft":
            raise InputError(f"the address of a Ray cluster is for the engine daft, not for {self.name}")

    def mapped(
        self,
        work: str,
        chunks: Iterable[pl.DataFrame],
        *,
        dead: Callable[[str], pl.DataFrame] | None = None,
        **setting: Any,
    ) -> Iterator[pl.DataFrame]:
        """What ``work`` makes of each chunk, in order; see ``voc.pool.mapped``.

        Raises:
            VocError: as ``work`` raises it, or the engine ended: with Daft a worker that dies ends it.
            InputError: Daft is not installed.
        """
        n = self.workers or pool.n_processes(0)
        if self.name == "daft":
            from voc import daftpool

            return daftpool.mapped(work, chunks, n, address=self.address, **setting)
        return pool.mapped(work, chunks, n, dead=dead, apart=True, **setting)
