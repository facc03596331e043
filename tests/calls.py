"""Calls of the official clients, by task: one question as each asks it, and what each makes of the answer."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inference_common.samples import sample
from PIL import Image

Asked = tuple[str, dict[str, Any]]
"""A method, and its keywords (its one argument's fields, for JavaScript)."""
Read = Callable[[Any], Any]


def as_it_is(answer: Any) -> Any:
    return answer


def first(answer: Any) -> Any:
    return answer[0]


def picture(answer: Any) -> Any:
    """An image file, opened."""
    with Image.open(io.BytesIO(base64.b64decode(answer["$bytes"]))) as image:
        return {"$image": list(image.size)}


def png(answer: Any) -> Any:
    """An image file as a Blob."""
    return {**answer, "type": "image/png"}


def flac(answer: Any) -> Any:
    """An audio file as a Blob."""
    return {**answer, "type": "audio/flac"}


def masks_opened(answer: Any) -> Any:
    """Segments whose masks are opened: the Python client gives pictures."""
    return [{**segment, "mask": picture({"$bytes": segment["mask"]})} for segment in answer]


def sounds_opened(answer: Any) -> Any:
    """Sounds as bytes: the Python client decodes them, and has a name of Python's for their type."""
    names = {"content-type": "content_type"}
    told = [{names.get(name, name): value for name, value in sound.items()} for sound in answer]
    return [{**sound, "blob": {"$bytes": sound["blob"]}} for sound in told]


def zipped(answer: Any) -> Any:
    """Labels with their scores, from the object that clients older than 1.1.5 read too."""
    if isinstance(answer, list):
        return answer
    return [{"label": name, "score": score} for name, score in zip(answer["labels"], answer["scores"], strict=True)]


def blob(name: str) -> dict[str, str]:
    """A sample file, as the clients' programs read bytes."""
    return {"$bytes": base64.b64encode(sample(name)).decode()}


@dataclass(frozen=True)
class Call:
    """One question. `body` is the JSON of it; `python` and `javascript` say it by method (None: the client has none);
    `*_reads` is what that client makes of the JSON that the server gives it; `since` is the oldest release of
    huggingface_hub that has the method, `in_0_23` are the keywords that release 0.23 had other names for."""

    body: dict[str, Any]
    python: Asked | None
    javascript: Asked | None
    python_reads: Read = as_it_is
    javascript_reads: Read = as_it_is
    since: str = "0.23"
    in_0_23: Mapping[str, str] = field(default_factory=dict)


NOT_IN_ANY_CLIENT = frozenset(
    {
        "audio-source-separation",
        "depth-estimation",
        "image-feature-extraction",
        "mask-generation",
        "speech-segmentation",
        "text-ranking",
        "text-to-audio",
        "text2text-generation",
        "video-classification",
        "voice-activity-detection",
        "zero-shot-audio-classification",
        "zero-shot-object-detection",
    }
)
# Their answers hold a name and a time of their own: see tests/transformers/test_clients.py.
ELSEWHERE = frozenset({"chat-completion", "conversational", "image-text-to-text"})
TEXT = "I like you. I love you"
IMAGE = blob("image.jpg")
ENCODED = IMAGE["$bytes"]
QUESTION = {"question": "What is my name?", "context": "My name is Clara and I live in Berkeley."}
TABLE = {"Repository": ["Transformers", "Datasets", "Tokenizers"], "Stars": ["36542", "4512", "3934"]}
TABLE_OF_NUMBERS = {"fixed_acidity": [7.4, 7.8], "alcohol": [9, 10], "chlorides": [0.076, 1]}
MASKED = "Today is a [MASK] day."
PAGE = blob("document.png")
WONDER = "what is that?"

CALLS: Mapping[str, Call] = {
    "audio-classification": Call(
        {"inputs": blob("audio.flac")["$bytes"]},
        ("audio_classification", {"audio": blob("audio.flac")}),
        ("audioClassification", {"data": blob("audio.flac")}),
    ),
    "audio-to-audio": Call(
        {"inputs": blob("audio.flac")["$bytes"]},
        ("audio_to_audio", {"audio": blob("audio.flac")}),
        ("audioToAudio", {"data": blob("audio.flac")}),
        sounds_opened,
    ),
    "document-question-answering": Call(
        {"inputs": {"image": PAGE["$bytes"], "question": WONDER}},
        ("document_question_answering", {"image": PAGE, "question": WONDER}),
        ("documentQuestionAnswering", {"inputs": {"image": PAGE, "question": WONDER}}),
        javascript_reads=first,
    ),
    "automatic-speech-recognition": Call(
        {"inputs": blob("audio.flac")["$bytes"]},
        ("automatic_speech_recognition", {"audio": blob("audio.flac")}),
        ("automaticSpeechRecognition", {"data": blob("audio.flac")}),
    ),
    "feature-extraction": Call(
        {"inputs": TEXT}, ("feature_extraction", {"text": TEXT}), ("featureExtraction", {"inputs": TEXT})
    ),
    "fill-mask": Call({"inputs": MASKED}, ("fill_mask", {"text": MASKED}), ("fillMask", {"inputs": MASKED})),
    "image-classification": Call(
        {"inputs": ENCODED}, ("image_classification", {"image": IMAGE}), ("imageClassification", {"data": IMAGE})
    ),
    "image-segmentation": Call(
        {"inputs": ENCODED},
        ("image_segmentation", {"image": IMAGE}),
        ("imageSegmentation", {"inputs": IMAGE}),
        masks_opened,
    ),
    "image-to-text": Call(
        {"inputs": ENCODED},
        ("image_to_text", {"image": IMAGE}),
        ("imageToText", {"inputs": IMAGE}),
        lambda answer: answer[0] if isinstance(answer, list) else answer,
    ),
    "image-to-image": Call(
        {"inputs": ENCODED, "parameters": {"prompt": TEXT, "guidance_scale": 2.5}},
        ("image_to_image", {"image": IMAGE, "prompt": TEXT, "guidance_scale": 2.5}),
        ("imageToImage", {"inputs": IMAGE, "parameters": {"prompt": TEXT, "guidance_scale": 2.5}}),
        picture,
        png,
    ),
    "object-detection": Call(
        {"inputs": ENCODED}, ("object_detection", {"image": IMAGE}), ("objectDetection", {"data": IMAGE})
    ),
    "question-answering": Call(
        {"inputs": QUESTION},
        ("question_answering", QUESTION),
        ("questionAnswering", {"inputs": QUESTION}),
    ),
    "sentence-similarity": Call(
        {"inputs": {"source_sentence": "a cat", "sentences": ["a kitten", "a lorry"]}},
        ("sentence_similarity", {"sentence": "a cat", "other_sentences": ["a kitten", "a lorry"]}),
        ("sentenceSimilarity", {"inputs": {"source_sentence": "a cat", "sentences": ["a kitten", "a lorry"]}}),
    ),
    "text-generation": Call(
        {"inputs": TEXT, "parameters": {"max_new_tokens": 5, "details": False}},
        ("text_generation", {"prompt": TEXT, "max_new_tokens": 5}),
        ("textGeneration", {"inputs": TEXT, "parameters": {"max_new_tokens": 5}}),
        lambda answer: answer[0]["generated_text"],
        first,
    ),
    "table-question-answering": Call(
        {"inputs": {"query": "how many stars?", "table": TABLE}},
        ("table_question_answering", {"query": "how many stars?", "table": TABLE}),
        ("tableQuestionAnswering", {"inputs": {"query": "how many stars?", "table": TABLE}}),
    ),
    "tabular-classification": Call(
        {"table": TABLE_OF_NUMBERS},
        ("tabular_classification", {"table": TABLE_OF_NUMBERS}),
        ("tabularClassification", {"inputs": {"data": TABLE_OF_NUMBERS}}),
    ),
    "tabular-regression": Call(
        {"table": TABLE_OF_NUMBERS},
        ("tabular_regression", {"table": TABLE_OF_NUMBERS}),
        ("tabularRegression", {"inputs": {"data": TABLE_OF_NUMBERS}}),
    ),
    "text-to-speech": Call(
        {"inputs": "a happy person"},
        ("text_to_speech", {"text": "a happy person"}),
        ("textToSpeech", {"inputs": "a happy person"}),
        javascript_reads=flac,
    ),
    "summarization": Call(
        {"inputs": TEXT, "parameters": {"generate_parameters": {"max_new_tokens": 5}}},
        ("summarization", {"text": TEXT, "generate_parameters": {"max_new_tokens": 5}}),
        ("summarization", {"inputs": TEXT, "parameters": {"generate_parameters": {"max_new_tokens": 5}}}),
        first,
        first,
        in_0_23={"generate_parameters": "parameters"},
    ),
    "translation": Call(
        {"inputs": TEXT, "parameters": {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}},
        ("translation", {"text": TEXT, "src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}),
        ("translation", {"inputs": TEXT, "parameters": {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}}),
        first,
        first,
    ),
    "text-classification": Call(
        {"inputs": TEXT},
        ("text_classification", {"text": TEXT}),
        ("textClassification", {"inputs": TEXT}),
        first,
        first,
    ),
    "zero-shot-image-classification": Call(
        {"inputs": ENCODED, "parameters": {"candidate_labels": ["a house", "a cat"]}},
        ("zero_shot_image_classification", {"image": IMAGE, "candidate_labels": ["a house", "a cat"]}),
        (
            "zeroShotImageClassification",
            {"inputs": {"image": IMAGE}, "parameters": {"candidate_labels": ["a house", "a cat"]}},
        ),
        in_0_23={"candidate_labels": "labels"},
    ),
    "token-classification": Call(
        {"inputs": TEXT}, ("token_classification", {"text": TEXT}), ("tokenClassification", {"inputs": TEXT})
    ),
    "zero-shot-classification": Call(
        {"inputs": TEXT, "parameters": {"candidate_labels": ["love", "a car"], "multi_label": True}},
        ("zero_shot_classification", {"text": TEXT, "candidate_labels": ["love", "a car"], "multi_label": True}),
        (
            "zeroShotClassification",
            {"inputs": TEXT, "parameters": {"candidate_labels": ["love", "a car"], "multi_label": True}},
        ),
        zipped,
        in_0_23={"candidate_labels": "labels"},
    ),
    "visual-question-answering": Call(
        {"inputs": {"image": ENCODED, "question": WONDER}},
        ("visual_question_answering", {"image": IMAGE, "question": WONDER}),
        ("visualQuestionAnswering", {"inputs": {"image": IMAGE, "question": WONDER}}),
        javascript_reads=first,
    ),
}
