"""What each task is asked in the comparison, and the parameters that it is always sent.

{"sample": NAME} stands for a file of inference_common.samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LONG = "I am angry with you, and I will not come again. What a happy dog that was, today in Paris! " * 8
TEXTS = ("I like you. I love you", "œuvre 日本: what a sunny day that is, said the dog", "hello")
SHORT_TEXTS = ("a happy dog", "The dog and the cat are happy today. I love you")
IMAGES = ({"sample": "image.jpg"}, {"sample": "image.png"})
SOUNDS = ({"sample": "audio.flac"}, {"sample": "audio.wav"})
PAGE = {"sample": "document.png"}
REPOSITORIES = {"Repository": ["Transformers", "Datasets", "Tokenizers"], "Stars": ["36542", "4512", "3934"]}
MESSAGES = ([{"role": "user", "content": "Is the dog happy?"}],
            [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "What is that?"},
             {"role": "assistant", "content": "A cat"}, {"role": "user", "content": "And that?"}])  # fmt: skip
SHOWN = {"type": "image_url", "image_url": {"url": {"sample": "image.jpg"}}}
SEEN = ([{"role": "user", "content": [SHOWN, {"type": "text", "text": "Is the dog happy?"}]}],)
WORD_BOXES = [["Paris", [65, 150, 165, 220]], ["Cat", [177, 150, 252, 220]], ["and", [267, 145, 347, 220]],
              ["Dog", [367, 150, 455, 240]], ["Invoice", [65, 350, 220, 420]], ["US-001", [430, 350, 585, 420]],
              ["Total:", [62, 745, 190, 820]], ["154.06", [210, 750, 362, 820]]]  # fmt: skip

INPUTS: Mapping[str, Sequence[Any]] = {
    "audio-classification": SOUNDS,
    "audio-source-separation": SOUNDS,
    "audio-to-audio": SOUNDS,
    "automatic-speech-recognition": SOUNDS,
    "chat-completion": MESSAGES,
    "conversational": (
        {"text": "Is the dog happy?"},
        {"text": "And the cat?", "past_user_inputs": ["Is the dog happy?"], "generated_responses": ["Yes."]},
    ),
    "depth-estimation": IMAGES,
    "document-question-answering": ({"image": PAGE, "question": "what is the invoice number?"},
                                    {"image": PAGE, "question": "who lives in paris?"}),
    "feature-extraction": (*TEXTS, LONG),
    "fill-mask": ("Paris is the [MASK] of France.", "Today is a [MASK] day, said the [MASK].", f"A [MASK]. {LONG}"),
    "image-classification": IMAGES,
    "image-feature-extraction": IMAGES,
    "image-segmentation": IMAGES,
    "image-text-to-text": SEEN,
    "image-to-image": IMAGES,
    "image-to-text": IMAGES,
    "mask-generation": IMAGES[:1],
    "object-detection": IMAGES,
    "question-answering": (
        {"question": "What is my name?", "context": "My name is Clara and I live in Berkeley."},
        {"question": "Where is the cat, and what is it like?", "context": LONG},
    ),
    "sentence-similarity": (
        {"source_sentence": "That is a happy person", "sentences": ["That is a happy dog", "Today is a sunny day"]},
        {"source_sentence": "a cat", "sentences": ["a kitten", LONG]},
    ),
    "speech-segmentation": SOUNDS,
    "summarization": SHORT_TEXTS,
    "table-question-answering": (
        {"table": REPOSITORIES, "query": "How many stars does the transformers repository have?"},
        {"table": REPOSITORIES, "query": ["how many?", "and which repository is that?"]},
    ),
    "text-classification": (*TEXTS, LONG),
    "text-generation": ("a happy person", "the dog and the cat", "I like you, Paris! œuvre 日本"),
    "text-ranking": (
        {"query": "What is deep learning?", "texts": ["Deep learning is machine learning", "Paris is in France"]},
        {"query": "a cat", "texts": ["a kitten", "a lorry", LONG]},
    ),
    "text-to-audio": ("a happy dog", "what a sunny day"),
    "text-to-speech": ("what a sunny day that is today", "hello, I am a happy dog"),
    "text2text-generation": SHORT_TEXTS,
    "token-classification": ("My name is Sarah Jessica Parker but you can call me Jessica", *TEXTS[1:], LONG),
    "translation": SHORT_TEXTS,
    "video-classification": ({"sample": "video.mp4"},),
    "visual-question-answering": ({"image": IMAGES[0], "question": "what is that?"},
                                  {"image": IMAGES[1], "question": "is the cat in the house or on the roof?"}),
    "voice-activity-detection": SOUNDS,
    "zero-shot-audio-classification": SOUNDS,
    "zero-shot-classification": (*TEXTS, LONG),
    "zero-shot-image-classification": IMAGES,
    "zero-shot-object-detection": IMAGES,
}  # fmt: skip
"""By task. A case without parameters is made of each, and of each parameter with each but those of `FEW`."""

MORE: Mapping[tuple[str, str], Sequence[Any]] = {
    ("hibari", "text-to-speech"): ("Hello there. The weather is nice today! I will be at home.",),
}
"""What a task is asked besides, where the library is this one."""

LABELS = {"candidate_labels": ["a happy dog", "a cat", "paris"]}
ALWAYS: Mapping[str, Mapping[str, Any]] = {
    "chat-completion": {"max_tokens": 8},
    "conversational": {"max_new_tokens": 8},
    "document-question-answering": {"word_boxes": WORD_BOXES},
    "image-text-to-text": {"max_tokens": 8},
    "mask-generation": {"points_per_crop": 4},
    "text-generation": {"max_new_tokens": 8},
    "translation": {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"},
    "zero-shot-audio-classification": LABELS,
    "zero-shot-classification": LABELS,
    "zero-shot-image-classification": LABELS,
    "zero-shot-object-detection": {**LABELS, "threshold": 0.3},
}
"""What a task needs, or would take long without; a case's own parameters stand in its place."""
