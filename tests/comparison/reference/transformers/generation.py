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


class Penalties(LogitsProcessor):  # type: ignore[misc]  # the library has no types here
    """OpenAI's penalties: of each token for every time that it was written, and once where it was."""

    def __init__(self, prompt: int, frequency: float, presence: float) -> None:
        self.prompt, self.frequency, self.presence = prompt, frequency, presence

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        for row, ids in zip(scores, input_ids[:, self.prompt :].tolist(), strict=True):
            for one in set(ids):
                row[one] -= self.frequency * ids.count(one) + self.presence
        return scores


def told(prompt: int, parameters: Keywords, keywords: Keywords) -> dict[str, Any]:
    """Keywords of `generate`, for our parameters; the chance is begun anew where there is a seed."""
    found = {CHATS.get(name, name): value for name, value in parameters.items()}
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
        found["stop_sequence"] = stops
    return {**keywords, **found}


def said(pipe: Any, prompt: str, parameters: Keywords, keywords: Keywords, *, bare: bool = False) -> Any:
    """What a pipeline answers to a prompt, to which no special tokens are added where it is `bare`."""
    most = parameters.get("truncate")
    ids = pipe.tokenizer(prompt, add_special_tokens=not bare)["input_ids"]
    kept = {name: value for name, value in parameters.items() if name != "truncate"}
    options = told(min(most or len(ids), len(ids)), kept, keywords)
    pipe.tokenizer.truncation_side = "left"
    reading = {"truncation": True, "max_length": most} if most else {}
    if bare:
        reading["add_special_tokens"] = False
    return pipe(prompt, **options, **({"tokenizer_encode_kwargs": reading} if reading else {}))


def text_generation(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("text-generation", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        return said(pipe, inputs, parameters, keywords)

    return call


def answered(pipe: Any, messages: Any, parameters: Keywords, keywords: Keywords) -> str:
    """What a model answers to messages, by its chat template."""
    prompt = pipe.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    made = said(pipe, prompt, parameters, {**keywords, "return_full_text": False}, bare=True)
    return str(made[0]["generated_text"])


def before(text: str, stops: Any) -> str:
    """A text up to the first stop, as OpenAI answers it."""
    return min((text.partition(stop)[0] for stop in stops), key=len, default=text)


def chat_completion(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("text-generation", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        text = answered(pipe, inputs, parameters, keywords)
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
        return {"generated_text": answered(pipe, messages, parameters, keywords)}

    return call


def image_text_to_text(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("image-text-to-text", folder)

    def shown(part: Any) -> Any:
        return {"type": "image", "image": image(part["image_url"]["url"])} if part["type"] == "image_url" else part

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        messages = [{**one, "content": [shown(part) for part in one["content"]]} for one in inputs]
        read = pipe.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=True)
        options = told(len(read["input_ids"][0]), parameters, keywords)
        stops = options.pop("stop_sequence", None)
        made = pipe(text=messages, return_full_text=False, generate_kwargs=options, stop_sequence=stops)
        return {"generated_text": before(made[0]["generated_text"], parameters.get("stop", ()))}

    return call


def nested(parameters: Keywords, name: str) -> dict[str, Any]:
    """Parameters, and beside them those in a field of theirs."""
    found = dict(parameters)
    inner = found.pop(name, None) or {}
    return {**found, **inner}


def rewriting(task: str, key: str) -> Answer:
    """A text written of another: the documented recipe over AutoModelForSeq2SeqLM."""

    def load(folder: Path) -> Callable[..., Any]:
        network: Any = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        own: Mapping[str, Any] = (getattr(network.config, "task_specific_params", None) or {}).get(task, {})

        def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
            options = {**keywords, **own, **nested(parameters, "generate_parameters")}
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
