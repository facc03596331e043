"""translation: a text in another language, by a model of two languages, of many, or one that is told by a prefix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.seq2seq import TranslatedText, TranslationParams

from ._seq2seq import Seq2SeqPipeline

SHOWN = 300  # of the characters that name languages: some models know two hundred
NLLB = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")


class Translation(Seq2SeqPipeline[TranslationParams, TranslatedText]):
    task = "translation"

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.is_multilingual = hasattr(self.tokenizer, "_build_translation_inputs")
        self.languages = languages_of(self.tokenizer) if self.is_multilingual else []
        told = [re.fullmatch(r"translation_(.+)_to_(.+)", name) for name in self.specific]
        self.pairs = {(found[1], found[2]): found[0] for found in told if found is not None}

    def __call__(self, inputs: str, params: TranslationParams) -> TranslatedText:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[str], params: TranslationParams) -> Sequence[TranslatedText]:
        texts = self._in_languages(inputs, params) if self.is_multilingual else self._told(inputs, params)
        return [{"translation_text": text} for text in texts]

    def check(self, params: TranslationParams) -> None:
        super().check(params)
        if self.is_multilingual:
            named = {"src_lang": params.src_lang or self.tokenizer.src_lang, "tgt_lang": params.tgt_lang}
            for name, language in named.items():
                if language not in self.languages:
                    what = f"{name} is {language!r}" if language else f"This model needs {name}"
                    raise InvalidRequest(f"{what}; known: {', '.join(self.languages)[:SHOWN]}")
        asked = (params.src_lang, params.tgt_lang)
        if self.pairs and asked != (None, None) and asked not in self.pairs:
            known = ", ".join(f"{source} to {target}" for source, target in self.pairs)
            raise InvalidRequest(f"This model translates {known[:SHOWN]}; name one of these as src_lang and tgt_lang")

    def _told(self, inputs: Sequence[str], params: TranslationParams) -> list[str]:
        """Of a model that knows by itself, or by a prefix, what to write in."""
        pair = self.pairs.get((params.src_lang or "", params.tgt_lang or ""))
        own = {} if pair is None else dict(self.specific[pair])
        prefix = str(own.pop("prefix", ""))
        return self.write([prefix + text for text in inputs], params, **own)

    def _in_languages(self, inputs: Sequence[str], params: TranslationParams) -> list[str]:
        """Of a model whose tokenizer is told the languages. Equal parameters, so one language, share a batch."""
        tokenizer: Any = self.tokenizer
        usual = tokenizer.src_lang
        try:
            tokenizer.src_lang = params.src_lang or usual
            to = getattr(tokenizer, "get_lang_id", tokenizer.convert_tokens_to_ids)(params.tgt_lang)
            return self.write(inputs, params, forced_bos_token_id=to)
        finally:
            tokenizer.src_lang = usual


def languages_of(tokenizer: Any) -> list[str]:
    """The languages a tokenizer knows, as it names them."""
    codes = getattr(tokenizer, "lang_code_to_id", None) or [t for t in tokenizer.get_vocab() if NLLB.fullmatch(t)]
    return sorted(codes)
