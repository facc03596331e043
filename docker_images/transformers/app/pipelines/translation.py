"""translation: a text in another language, by a model of two languages, of many, or one that is told by a prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.seq2seq import TranslatedText, TranslationParams

from ._seq2seq import Seq2SeqPipeline, Told

SHOWN = 300  # of the characters that name languages: some models know two hundred
NLLB = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")


class Translation(Seq2SeqPipeline[TranslationParams, TranslatedText]):
    task = "translation"

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.is_multilingual = hasattr(self.tokenizer, "_build_translation_inputs")
        self.languages = languages_of(self.tokenizer) if self.is_multilingual else []
        found = [re.fullmatch(r"translation_(.+)_to_(.+)", name) for name in self.specific]
        self.pairs = {(one[1], one[2]): self.specific[one[0]] for one in found if one and not self.is_multilingual}
        # Marian's: a model of several target languages reads one of these before a text.
        self.targets = frozenset(getattr(self.tokenizer, "supported_language_codes", None) or ())

    def usual_task(self, names: Iterable[str]) -> str:
        """As in release 4.57: the first translation of all, where the caller names no languages."""
        return next((name for name in names if name.startswith(self.task)), self.task)

    def told(self, params: TranslationParams) -> Told:
        found = self._pairs_of(params)
        return found[0] if len(found) == 1 and (params.src_lang or params.tgt_lang) else self.usual

    def __call__(self, inputs: str, params: TranslationParams) -> TranslatedText:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[str], params: TranslationParams) -> Sequence[TranslatedText]:
        if self.is_multilingual:
            texts = self._in_languages(inputs, params)
        else:
            target = f"{code} " if (code := _code(params.tgt_lang)) in self.targets else ""
            texts = self.write([target + text for text in inputs], params)
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
        if self.pairs and asked != (None, None) and len(self._pairs_of(params)) != 1:
            known = ", ".join(f"{source} to {target}" for source, target in self.pairs)
            raise InvalidRequest(f"This model translates {known[:SHOWN]}; name one of these as src_lang and tgt_lang")
        if self.targets and params.tgt_lang is not None and _code(params.tgt_lang) not in self.targets:
            known = ", ".join(sorted(code.strip("<>") for code in self.targets))
            raise InvalidRequest(f"tgt_lang is {params.tgt_lang!r}; known: {known[:SHOWN]}")

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: TranslationParams) -> Sequence[str]:
        warnings = super().warnings(inputs, costs, params)
        if self.is_multilingual or self.pairs:
            return warnings
        named = {"src_lang": params.src_lang, "tgt_lang": None if self.targets else params.tgt_lang}
        ineffective = " and ".join(name for name, language in named.items() if language is not None)
        if not ineffective:
            return warnings
        return [*warnings, f"this model is told no languages, so it translates as it would without {ineffective}"]

    def _pairs_of(self, params: TranslationParams) -> Sequence[Told]:
        """What the model says of the pairs of languages that a caller may mean, who may name one of the two alone."""
        asked = (params.src_lang, params.tgt_lang)
        return [told for pair, told in self.pairs.items()
                if all(one in (None, other) for one, other in zip(asked, pair, strict=True))]  # fmt: skip

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


def _code(language: str | None) -> str | None:
    """A language as Marian's tokenizers write it."""
    return None if language is None else f">>{language}<<"


def languages_of(tokenizer: Any) -> list[str]:
    """The languages a tokenizer knows, as it names them."""
    codes = getattr(tokenizer, "lang_code_to_id", None) or [t for t in tokenizer.get_vocab() if NLLB.fullmatch(t)]
    return sorted(codes)
