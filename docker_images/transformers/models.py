"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task: the
function of its name in one of the modules of tiny/.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HUB = {
    "feature-extraction": "distilbert/distilbert-base-uncased",
    "fill-mask": "distilbert/distilbert-base-uncased",
    "document-question-answering": "impira/layoutlm-document-qa",
    "depth-estimation": "depth-anything/Depth-Anything-V2-Small-hf",
    "automatic-speech-recognition": "openai/whisper-tiny",
    "audio-classification": "superb/wav2vec2-base-superb-ks",
    "chat-completion": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "conversational": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "image-classification": "WinKawaks/vit-tiny-patch16-224",
    "image-feature-extraction": "facebook/dinov2-small",
    "image-text-to-text": "HuggingFaceTB/SmolVLM-256M-Instruct",
    "image-to-image": "caidas/swin2SR-lightweight-x2-64",
    "image-segmentation": "nvidia/segformer-b0-finetuned-ade-512-512",
    "image-to-text": "Salesforce/blip-image-captioning-base",
    "mask-generation": "facebook/sam-vit-base",
    "object-detection": "hustvl/yolos-tiny",
    "question-answering": "distilbert/distilbert-base-cased-distilled-squad",
    "summarization": "google-t5/t5-small",
    "text2text-generation": "google-t5/t5-small",
    "translation": "Helsinki-NLP/opus-mt-en-de",
    "text-to-audio": "facebook/musicgen-small",
    "text-to-speech": "facebook/mms-tts-eng",
    "text-generation": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "table-question-answering": "google/tapas-tiny-finetuned-wtq",
    "text-classification": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    "token-classification": "dslim/bert-base-NER",
    "video-classification": "MCG-NJU/videomae-base-finetuned-kinetics",
    "zero-shot-image-classification": "openai/clip-vit-base-patch32",
    "zero-shot-object-detection": "google/owlvit-base-patch32",
    "zero-shot-classification": "typeform/distilbert-base-uncased-mnli",
    "visual-question-answering": "dandelin/vilt-b32-finetuned-vqa",
    "zero-shot-audio-classification": "laion/clap-htsat-unfused",
}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ("config.json",)
"""Files that mark a repository as this library's, unless another library's do."""


def write(task: str, folder: Path) -> None:
    """Write the tiny model of a task into a folder. Raises KeyError for a task that has none."""
    function = task.replace("-", "_")
    for file in sorted(Path(__file__).parent.glob("tiny/[!_]*.py")):
        if f"def {function}(" in file.read_text():
            getattr(import_module(f"tiny.{file.stem}"), function)(folder)
            return
    raise KeyError(f"no module of tiny/ defines {function}; write it there")


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
