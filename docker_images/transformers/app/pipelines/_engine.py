"""Continuous batching: whoever asks for the next token moves every open row on by one, and rows come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

import torch
from inference_common.generation import Piece

from ._group import Group
from ._row import Row


class Engine:
    """The open rows of one network, in groups that go through it together.

    Not thread-safe: everything runs in the model's thread.
    """

    def __init__(self, network: Any) -> None:
        self._network = network
        self._waiting: deque[Row] = deque()
        self._groups: list[tuple[Group, list[Row]]] = []

    def stream(self, row: Row) -> Generator[Piece, None, None]:
        """The pieces of a row, which is let go of when this is closed. Raises what the network raised for it."""
        self._waiting.append(row)
        try:
            while row.error is None:
                if row.pieces:
                    yield row.pieces.popleft()
                elif row.ended:
                    return
                else:
                    self._step()
            raise row.error
        finally:
            row.ended = True
            if row in self._waiting:
                self._waiting.remove(row)
            self._let_go()

    @torch.inference_mode()
    def _step(self) -> None:
        """Let in the oldest row that waits, and move every other one on by a token."""
        for group, rows in self._groups:
            self._advance(group, rows)
        if self._waiting:
            self._begin(self._waiting.popleft())
        self._let_go()

    def _advance(self, group: Group, rows: Sequence[Row]) -> None:
        try:
            logits = group.forward()
            likeliest = logits.argmax(-1).tolist()
            logprobs = (logits.amax(-1) - logits.logsumexp(-1)).tolist()
        except Exception as error:
            _fail(rows, error)
            return
        chosen = []
        for n, row in enumerate(rows):
            try:
                if row.choice.likeliest:
                    row.take(likeliest[n], logprobs[n], logits[n : n + 1])
                    chosen.append(likeliest[n])
                else:
                    ids = group.ids[n : n + 1, -len(row.ids) - len(row.tokens) :]
                    chosen.append(row.choose(ids, logits[n : n + 1]))
            except Exception as error:
                _fail([row], error)
                chosen.append(0)
        group.append(chosen)

    def _begin(self, row: Row) -> None:
        try:
            group, first = row.begin(self._network)
        except Exception as error:
            _fail([row], error)
            return
        group.append([first])
        host = next((g for g in self._groups if g[0].joinable), None) if group.joinable else None
        if row.ended or host is None:
            self._groups.append((group, [row]))
        else:
            host[0].join(group)
            host[1].append(row)

    @torch.inference_mode()
    def _let_go(self) -> None:
        """Drop rows that have ended, and groups that are empty."""
        for group, rows in self._groups:
            left = [n for n, row in enumerate(rows) if not row.ended]
            if left and len(left) < len(rows):
                group.keep(left)
            rows[:] = [rows[n] for n in left]
        self._groups = [(group, rows) for group, rows in self._groups if rows]


def _fail(rows: Sequence[Row], error: Exception) -> None:
    for row in rows:
        row.error, row.ended = error, True
