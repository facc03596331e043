"""text2text-generation: how a text is pronounced: its phonemes, with - between them."""

from __future__ import annotations

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks import seq2seq
from inference_common.tasks.decoding import GeneratedText
from inference_common.tasks.seq2seq import Seq2SeqParams
from speechbrain.inference.text import GraphemeToPhoneme

from ._interfaces import load

MOST = 1000  # characters: networks learned single sentences, and take longer for each letter of a long text


class Text2TextGeneration(seq2seq.Text2TextGeneration):
    """Texts go one by one: networks read on into what fills up a shorter one."""

    unsafe_formats = True

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.network = load(model, (GraphemeToPhoneme,), device)
        self.device = self.network.device

    def check(self, params: Seq2SeqParams) -> None:
        asked = params.model_dump(exclude_defaults=True)
        if asked:
            names = ", ".join(asked)
            raise InvalidRequest(f"This model spells as its recipe says, so it takes no {names}; leave them out")

    @torch.inference_mode()
    def __call__(self, inputs: str, params: Seq2SeqParams) -> GeneratedText:
        if len(inputs) > MOST:
            raise InvalidRequest(f"This model spells at most {MOST:,} characters of a text; send it in parts")
        return {"generated_text": "-".join(self.network.g2p(inputs))}

    def cost(self, inputs: str) -> int:
        return len(inputs)
