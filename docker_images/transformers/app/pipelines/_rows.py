"""Rows of tokens: long texts become several, and all of them pass the network in calls of near-equal lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.task import In, Out, P
from inference_common.warning_headers import cut_warnings

from ._shared import TextPipeline

Row = Mapping[str, Sequence[int]]
"""The network's inputs for one window, by name: `input_ids`, `attention_mask`, ..., all of one length."""
MOST_WINDOWS = 2048
"""How many windows one text may be read in; more would hold the model for minutes."""


class RowsPipeline(TextPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline that answers from what the network says of single tokens."""

    most_tokens: ClassVar[int] = 16_384
    """Tokens of one call, padding included; they bound the memory that its output takes."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        # Said of every call of `pad`, which is the way to pad rows that one call cannot tokenize.
        self.tokenizer.deprecation_warnings["Asking-to-pad-a-fast-tokenizer"] = True
        self.special = {pair: self.tokenizer.num_special_tokens_to_add(pair) for pair in (False, True)}

    def memory(self, costs: Sequence[int], params: P) -> int:
        return 0  # of long texts, it reads windows, no more of them at once than any call may take

    def run(
        self,
        rows: Sequence[Row],
        read: Callable[[Any], torch.Tensor],
        pick: Callable[[int, torch.Tensor], torch.Tensor] | None = None,
        **options: Any,
    ) -> list[torch.Tensor]:
        """What `read` takes of the network's output, by row: float32 on the CPU, of as many tokens as the row has.

        `pick(n, one)` takes a part of that of row n instead, where all of it is too much to keep, or not of tokens;
        `options` are the network's.
        """
        found: dict[int, torch.Tensor] = {}
        for places in self._calls([len(row["input_ids"]) for row in rows]):
            said = read(self.network(**self.padded([rows[n] for n in places]), **options))
            for n, one in zip(places, said, strict=True):
                part = one[: len(rows[n]["input_ids"])] if pick is None else pick(n, one)
                found[n] = part.float().cpu()
        return [found[n] for n in range(len(rows))]

    def padded(self, rows: Sequence[Row]) -> Mapping[str, Any]:
        """The network's inputs for rows, padded to the longest."""
        some: Any = rows
        padded = self.tokenizer.pad(some, padding=True, padding_side="right", return_tensors="pt")
        return padded.to(self.device)

    def _calls(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """The places of the rows of each call, shortest first."""
        call: list[int] = []
        for n in sorted(range(len(lengths)), key=lambda n: lengths[n]):
            if call and (len(call) == self.max_batch_size or lengths[n] * (len(call) + 1) > self.most_tokens):
                yield call
                call = []
            call.append(n)
        if call:
            yield call

    def row(self, encoded: Mapping[str, Any], place: int) -> Row:
        """One row of what the tokenizer made, without what the network does not read."""
        return {name: encoded[name][place] for name in self.tokenizer.model_input_names if name in encoded}

    def question(self, question: str, most: int, longest: int | None) -> tuple[str, int]:
        """A question, cut to `longest` tokens if asked to, and how many tokens of a text fit beside it in `most`.

        Raises InvalidRequest.
        """
        assert self._counter is not None  # such pipelines refuse other tokenizers
        encoding = self._counter.encode(question, add_special_tokens=False)
        count = len(encoding.ids)
        if longest is not None and count > longest:
            question, count = question[: encoding.offsets[longest - 1][1]], longest
        room = most - count - self.special[True]
        if room < 1:
            raise InvalidRequest(
                f"The question has {count} tokens, which leaves no room for the text in max_seq_len ({most});"
                " shorten it, or send max_question_len"
            )
        return question, room

    def question_cut(self, question: str, longest: int | None) -> Sequence[str]:
        """The warning that a question is cut to `longest` tokens, where it is."""
        if longest is None:
            return ()
        assert self._counter is not None
        count = len(self._counter.encode(question, add_special_tokens=False).ids)
        return cut_warnings(count, longest, what="question")

    def words_length(self, words: Sequence[str]) -> int:
        """The tokens of a text that is given in words, without special ones."""
        assert self._counter is not None
        return len(self._counter.encode(list(words), is_pretokenized=True, add_special_tokens=False).ids)


def refuse_windows(tokens: int, room: int, stride: int, name: str) -> None:
    """Refuse `tokens` to be read in too many windows of `room` tokens that overlap by `stride`, the parameter `name`.

    Raises InvalidRequest.
    """
    if stride >= room:
        raise InvalidRequest(f"{name} is {stride}, and a window holds {room} tokens of the text: send less than {room}")
    windows = 1 + max(0, -(-(tokens - room) // (room - stride)))
    if windows > MOST_WINDOWS:
        raise InvalidRequest(
            f"The text would be read in {windows:,} windows, and at most {MOST_WINDOWS:,} are;"
            f" send a smaller {name}, or the text in parts"
        )
