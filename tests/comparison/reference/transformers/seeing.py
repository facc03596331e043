"""The tasks that find, outline, draw or read what is in an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoModelForImageToImage,
    AutoModelForVisualQuestionAnswering,
    AutoTokenizer,
)

from ..media import Keywords
from ..pictures import image
from .masks import mask_generation
from .pipes import Answer, as_image, cut, pipe_of, piped


def depth_and_picture(made: Any) -> Any:
    return {"depth": made["depth"], "predicted_depth": made["predicted_depth"]}


def named_segments(made: Any) -> Any:
    """Segments without the score that one of a class of pixels has not."""
    return [{name: value for name, value in one.items() if value is not None} for one in made]


def document_question_answering(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("document-question-answering", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        told = {**keywords, **parameters}
        words = [(word, tuple(map(round, box))) for word, box in told.pop("word_boxes")]
        question = cut(pipe.tokenizer, inputs["question"], told.pop("max_question_len", None))
        return pipe(image=image(inputs["image"]), question=question, word_boxes=words, **told)

    return call


def visual_question_answering(folder: Path) -> Callable[..., Any]:
    network: Any = AutoModelForVisualQuestionAnswering.from_pretrained(folder).eval()
    processor, tokenizer = AutoImageProcessor.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        features = {**processor(images=[image(inputs["image"])], return_tensors="pt"),
                    **tokenizer(inputs["question"], return_tensors="pt")}  # fmt: skip
        scores = network(**features).logits[0].sigmoid()
        best = scores.topk(min(parameters.get("top_k", 5), len(scores)))
        pairs = zip(best.values.tolist(), best.indices.tolist(), strict=True)
        return [{"answer": network.config.id2label[n], "score": score} for score, n in pairs]

    return call


def image_to_text(folder: Path) -> Callable[..., Any]:
    network: Any = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor, tokenizer = AutoImageProcessor.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        told = dict(parameters)
        inner = told.pop("generation_parameters", None) or {}
        pixels = processor(images=[image(inputs)], return_tensors="pt")["pixel_values"]
        (text,) = tokenizer.batch_decode(
            network.generate(pixel_values=pixels, **told, **inner), skip_special_tokens=True
        )
        return {"generated_text": text}

    return call


def image_to_image(folder: Path) -> Callable[..., Any]:
    network: Any = AutoModelForImageToImage.from_pretrained(folder).eval()
    processor: Any = AutoImageProcessor.from_pretrained(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        given = image(inputs)
        drawn = network(**processor(images=[given], return_tensors="pt")).reconstruction[0].detach().clamp(0, 1).numpy()
        picture = Image.fromarray((np.moveaxis(drawn, 0, -1) * 255).round().astype(np.uint8))
        if keywords.get("crop"):
            scale = network.config.upscale
            picture = picture.crop((0, 0, given.width * scale, given.height * scale))
        size = {**parameters, **parameters.get("target_size", {})}
        if "width" in size and "height" in size:
            picture = picture.resize((size["width"], size["height"]), Image.Resampling.LANCZOS)
        return picture

    return call


ANSWERS: dict[str, Answer] = {
    "depth-estimation": piped("depth-estimation", as_image, shape=depth_and_picture),
    "document-question-answering": document_question_answering,
    "image-feature-extraction": piped("image-feature-extraction", as_image),
    "image-segmentation": piped("image-segmentation", as_image, shape=named_segments),
    "image-to-image": image_to_image,
    "image-to-text": image_to_text,
    "mask-generation": mask_generation,
    "object-detection": piped("object-detection", as_image),
    "visual-question-answering": visual_question_answering,
    "zero-shot-object-detection": piped("zero-shot-object-detection", as_image),
}
