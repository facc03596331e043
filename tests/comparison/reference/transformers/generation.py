"""The tasks that write a text, or make a sound of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, LogitsProcessor, LogitsProcessorList

from ..media import Keywords
from ..pictures import image
from ..sounds import Sound, waveform
from .pipes import Answer, pipe_of

CHATS = {"max_tokens": "max_new_tokens", "max_completion_tokens": "max_new_tokens"}
SAMPLERS = ("temperature", "top_k", "top_p", "typical_p")
SILENT = frozenset({
    "adapter_id", "best_of", "decoder_input_details", "details", "grammar", "logit_bias", "logprobs", "model", "n",
    "reasoning_effort", "response_format", "stream", "stream_options", "tool_choice", "tool_prompt", "tools",
    "top_logprobs", "top_n_tokens", "user", "watermark",
})  # fmt: skip
"""What has no effect on the text, with the values that are sent here."""


class Penalties(LogitsProcessor):
    """OpenAI's penalties: of each token for every time that it was written, and once where it was."""

    def __init__(self, prompt: int, frequency: float, presence: float) -> None:
        self.prompt, self.frequency, self.presence = prompt, frequency, presence

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        for row, ids in zip(scores, input_ids[:, self.prompt :].tolist(), strict=True):
            for one in set(ids):
                row[one] -= self.frequency * ids.count(one) + self.presence
        return scores


def told(pipe: Any, prompt: int, parameters: Keywords, keywords: Keywords) -> dict[str, Any]:
    """Keywords of `generate`, for our parameters; the chance is begun anew where there is a seed."""
    found = {CHATS.get(name, name): value for name, value in parameters.items() if name not in SILENT}
    torch.manual_seed(found.pop("seed", 0))
    if found.get("temperature") == 0:
        found = {**found, "do_sample": False, "temperature": None}
    elif any(name in found for name in SAMPLERS):
        found["do_sample"] = True
    penalties = found.pop("frequency_penalty", 0.0), found.pop("presence_penalty", 0.0)
    if any(penalties):
        found["logits_processor"] = LogitsProcessorList([Penalties(prompt, *penalties)])
    stops = [*found.pop("stop", ()), *found.pop("stop_sequences", ())]
    if stops:
        found |= {"stop_strings": stops, "tokenizer": pipe.tokenizer}
    return {**keywords, **found}


def text_generation(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("text-generation", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        kept = pipe.tokenizer(inputs)["input_ids"][-parameters.get("truncate", 0) :]
        options = told(pipe, len(kept), parameters, keywords)
        most = options.pop("truncate", None)
        pipe.tokenizer.truncation_side = "left"
        cut = {} if most is None else {"tokenizer_encode_kwargs": {"truncation": True, "max_length": most}}
        return pipe(inputs, **options, **cut)

    return call


def said(pipe: Any, messages: Any, parameters: Keywords, keywords: Keywords) -> str:
    """What a model answers to messages."""
    ids = pipe.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    kept = {name: value for name, value in parameters.items() if name != "truncate"}
    options = told(pipe, len(ids), kept, {**keywords, "return_full_text": False})
    return str(pipe(messages, **options)[0]["generated_text"])


def before(text: str, stops: Any) -> str:
    """A text up to the first stop, as OpenAI answers it."""
    return min((text.partition(stop)[0] for stop in stops), key=len, default=text)


def chat_completion(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("text-generation", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        text = said(pipe, inputs, parameters, keywords)
        return {"generated_text": before(text, parameters.get("stop", ()))}

    return call


def conversational(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("text-generation", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        messages = []
        for question, answer in zip(
            inputs.get("past_user_inputs", ()), inputs.get("generated_responses", ()), strict=True
        ):
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        messages.append({"role": "user", "content": inputs["text"]})
        return {"generated_text": said(pipe, messages, parameters, keywords)}

    return call


def image_text_to_text(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("image-text-to-text", folder)

    def shown(part: Any) -> Any:
        return {"type": "image", "image": image(part["image_url"]["url"])} if part["type"] == "image_url" else part

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        messages = [{**one, "content": [shown(part) for part in one["content"]]} for one in inputs]
        read = pipe.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=True)
        options = told(pipe, len(read["input_ids"][0]), parameters, keywords)
        made = pipe(text=messages, return_full_text=False, generate_kwargs=options)
        return {"generated_text": before(made[0]["generated_text"], parameters.get("stop", ()))}

    return call


def nested(parameters: Keywords, name: str) -> dict[str, Any]:
    """Parameters with those in a field of theirs beside them."""
    found = dict(parameters)
    return {**found, **(found.pop(name, None) or {})} if name in found else found


def rewriting(task: str, key: str) -> Answer:
    """A text written of another: the documented recipe over AutoModelForSeq2SeqLM."""

    def load(folder: Path) -> Callable[..., Any]:
        network: Any = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        own: Mapping[str, Any] = (getattr(network.config, "task_specific_params", None) or {}).get(task, {})

        @torch.inference_mode()
        def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
            options = {**keywords, **own, **nested(parameters, "generate_parameters")}
            options.pop("generate_parameters", None)
            clean = options.pop("clean_up_tokenization_spaces", False)
            cut = options.pop("truncation", False)
            source, target = options.pop("src_lang", None), options.pop("tgt_lang", None)
            if hasattr(tokenizer, "_build_translation_inputs"):
                tokenizer.src_lang = source
                options["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(target)
            encoded = tokenizer(inputs, truncation=cut, return_tensors="pt")
            features = {name: encoded[name] for name in ("input_ids", "attention_mask")}
            if "max_new_tokens" in options:
                options.pop("max_length", None)
            tokens = network.generate(**features, **options)
            return {key: tokenizer.decode(tokens[0], skip_special_tokens=True, clean_up_tokenization_spaces=clean)}

        return call

    return load


def automatic_speech_recognition(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("automatic-speech-recognition", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        options = dict(parameters)
        generated = options.pop("generation_parameters", None)
        if generated:
            options["generate_kwargs"] = generated
        return pipe(waveform(inputs, pipe.feature_extractor.sampling_rate), **{**keywords, **options})

    return call


def text_to_audio(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("text-to-audio", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        options = {**keywords, **nested(parameters, "generation_parameters")}
        made = pipe(inputs, generate_kwargs=options)
        return Sound(made["audio"], made["sampling_rate"])

    return call


ANSWERS: dict[str, Answer] = {
    "automatic-speech-recognition": automatic_speech_recognition,
    "chat-completion": chat_completion,
    "conversational": conversational,
    "image-text-to-text": image_text_to_text,
    "summarization": rewriting("summarization", "summary_text"),
    "text-generation": text_generation,
    "text-to-audio": text_to_audio,
    "text-to-speech": text_to_audio,
    "text2text-generation": rewriting("text2text-generation", "generated_text"),
    "translation": rewriting("translation", "translation_text"),
}
