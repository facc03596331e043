"""Answers, by the pipelines and by the library's own interfaces, on tiny models of each interface, with no network.

`python answers.py FOLDER`, from speechbrain's folder and in its environment, writes for each interface our answer to a
text or a sound (its first numbers), how far it is from the library's (texts: 0 or 1), how far a batch is from its
singles, what the recipe alone is taken for, and which files came of all that.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from app.pipelines import _interfaces  # type: ignore[import-not-found]  # as what follows: found where it runs
from each import KINDS, written  # type: ignore[import-not-found]
from inference_common.codecs.audio import Audio, decode
from inference_common.discover import discover
from inference_common.errors import InvalidRequest
from inference_common.samples import sample
from inference_common.source import FolderSource
from inference_common.task import Limits
from inference_common.tasks import TASKS
from inference_common.windows import at_pauses
from speechbrain import inference
from train import voices  # type: ignore[import-not-found]

TEXT = "what a sunny day that is today for a happy dog"
SHORT_AND_LONG = ("No.", "...", f"No. {TEXT}.", f"{TEXT}. {TEXT}.", " ".join([TEXT] * 6))
FILE = "sound.wav"
SPOKEN = ((1.0, 3.0), (5.0, 6.5), (9.5, 11.0))  # seconds; the last goes on in the next part of 10 s
SHORTER = 512  # frames that a window of the spectrum takes
Network = Any


def spoken(network: Network, vocoder: Network) -> Any:
    torch.manual_seed(0)
    mel = network.encode_text([TEXT] if isinstance(network, inference.FastSpeech2) else TEXT)[0]
    return vocoder.decode_batch(mel).reshape(-1)


THEIRS: Mapping[str, Callable[[Network], Any]] = {
    "EncoderASR": lambda network: network.transcribe_file(FILE),
    "EncoderDecoderASR": lambda network: network.transcribe_file(FILE),
    "WhisperASR": lambda network: network.transcribe_file(FILE, no_speech_threshold=None)[0].words,
    "EncoderClassifier": lambda network: network.classify_file(FILE)[0].reshape(-1).softmax(0),
    "AudioClassifier": lambda network: network.classify_file(FILE)[0].reshape(-1).softmax(0),
    "SepformerSeparation": lambda network: network.separate_batch(torch.from_numpy(heard(network).samples)[None])[0].T,
    "SpectralMaskEnhancement": lambda network: network.enhance_file(FILE)[None],
    # Not `enhance_file`, which always gives lengths.
    "SpectralMaskEnhancement of layers": lambda network: network.enhance_batch(
        torch.from_numpy(heard(network).samples)[None]
    ),
    "WaveformEnhancement": lambda network: network.enhance_file(FILE)[None],
    "VAD": lambda network: network.get_speech_segments(FILE),
    "Tacotron2": lambda network: spoken(network, loaded("HIFIGAN", Path("Tacotron2/vocoder"))),
    "FastSpeech2": lambda network: spoken(network, loaded("HIFIGAN", Path("FastSpeech2/vocoder"))),
    "GraphemeToPhoneme": lambda network: "-".join(network.g2p(TEXT)),
}


def loaded(name: str, folder: Path) -> Network:
    """The library's own interface, which is told where its files are."""
    places = {"whisper": {"save_path": str(folder)}, "pretrainer": {"collect_in": None}} if name == "WhisperASR" else {}
    own = {"pretrained_path": str(folder.absolute()), **places}
    return getattr(inference, name.partition(" ")[0]).from_hparams(
        source=str(folder), overrides=own, run_opts={"device": "cpu"}
    )


def heard(network: Network, frames: int | None = None, level: float = 1.0) -> Audio:
    audio = decode(sample("audio.flac"), Limits(1, 1, rate=_interfaces.rate_of(network)))
    return Audio(np.ascontiguousarray(level * audio.samples[:frames]), audio.rate)


def talk() -> Audio:
    """13 s at 16 kHz of a low noise, in which somebody speaks at `SPOKEN`."""
    sound = 0.003 * np.random.default_rng(0).normal(size=13 * 16_000).astype(np.float32)
    for start, end in SPOKEN:
        part = slice(round(start * 16_000), round(end * 16_000))
        sound[part] += voices(1, part.stop - part.start)[0].numpy()
    return Audio(sound, 16_000)


def plain(answer: Any) -> Any:
    """An answer as a text, or as numbers: scores by the order of labels, samples of all sources, ends of segments."""
    if isinstance(answer, Audio):
        return answer.samples
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        by_label = sorted(answer, key=lambda one: str(one.get("label")))
        return np.array([one["score"] if "score" in one else [one["start"], one["end"]] for one in by_label])
    if isinstance(answer, list):
        return np.array([one.audio.samples for one in answer])
    return answer.get("text", answer.get("generated_text"))


def apart(ours: Any, theirs: Any) -> float:
    """How far they are from each other."""
    if isinstance(ours, str):
        return float(ours != theirs)
    one, other = np.asarray(ours), np.asarray(theirs)
    if one.ndim == 2 and 0 < one.shape[1] - other.shape[1] < SHORTER:  # the library gives less than it was given
        one = one[:, : other.shape[1]]
    return float(np.abs(one - other).max(initial=0)) if one.shape == other.shape else float("inf")


def batched(pipeline: Any, params: Any) -> float:
    """The most that answers to sounds that ran together are apart from those to each alone."""
    frames = len(heard(pipeline.network).samples) // 2
    sounds = [heard(pipeline.network, frames, level) for level in (1.0, 0.3, 0.01)]
    sounds += [heard(pipeline.network, frames - 999), heard(pipeline.network, 100)]
    alone = [plain(pipeline(sound, params)) for sound in sounds]
    if not isinstance(pipeline.network, inference.WhisperASR):
        pipeline.max_batch_size = 8  # as on a GPU
    together: Sequence[Any] = pipeline.batch(sounds, params)
    return max(apart(plain(one), other) for one, other in zip(together, alone, strict=True))


def seen(name: str) -> dict[str, Any]:
    """What is seen of one interface."""
    kind = KINDS[name]
    folder = written(name)
    known: Any = discover("app.pipelines").load(kind.task)
    task = TASKS[kind.task]
    network = loaded(name, folder)
    pipeline = known(FolderSource(folder), "cpu")
    params = task.params()
    hears = hasattr(pipeline, "answers")
    sound = talk() if name == "VAD" else heard(network) if hears else None
    if sound is not None:
        soundfile.write(FILE, sound.samples, sound.rate, subtype="FLOAT")
    ours = plain(pipeline(TEXT if sound is None else sound, params))
    told = {"ours": ours if isinstance(ours, str) else np.asarray(ours).reshape(-1)[:8].tolist()}
    told["from the library's"] = apart(ours, THEIRS[name](network))
    told["from singles"] = batched(pipeline, params) if hears else 0.0
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "speechbrain_interface": None}))
    told["taken for"] = type(known(FolderSource(folder), "cpu").network).__name__
    return told


def pipeline_of(name: str) -> Any:
    """A pipeline over a tiny model that was written before."""
    return discover("app.pipelines").load(KINDS[name].task)(FolderSource(Path(name)), "cpu")


def refusal_or(answer: Callable[[], Any], told: Callable[[Any], Any]) -> Any:
    """What is told of an answer, or why there is none."""
    try:
        return told(answer())
    except InvalidRequest as refused:
        return str(refused)


def long_and_short() -> dict[str, Any]:
    """What is said of a word, of a word and a sentence, of sentences, and of a recording that is heard in parts."""
    says, spells, hears = (pipeline_of(name) for name in ("FastSpeech2", "GraphemeToPhoneme", "EncoderASR"))
    params = TASKS["text-to-speech"].params()
    told = [refusal_or(partial(says, text, params), lambda sound: sound.seconds) for text in SHORT_AND_LONG]
    sound = heard(hears.network)
    long = np.tile(sound.samples, 1 + 70 * sound.rate // len(sound.samples))
    parts = [part[0] for part in at_pauses(long[None], 30 * sound.rate, sound.rate // 5)]
    params = TASKS["automatic-speech-recognition"].params()
    whole, *texts = (hears(Audio(part, sound.rate), params)["text"] for part in (long, *parts))
    spelled = refusal_or(partial(spells, "a" * 1001, TASKS["text2text-generation"].params()), dict)
    return {"said": told, "spelled": spelled, "parts": len(parts), "heard": whole, "heard in parts": " ".join(texts)}


def refuse(*told: Any) -> None:
    raise ConnectionError(f"the network was asked for {told}")


socket.socket.connect = refuse  # type: ignore[method-assign]
os.chdir(sys.argv[1])
found = {name: seen(name) for name in KINDS}
json.dump({"seen": found, **long_and_short(), "files": sorted(os.listdir())}, sys.stdout)
