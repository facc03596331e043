"""Tasks that say something of a whole sound: its class, by the model's own labels or the caller's."""

from __future__ import annotations

from ..codecs.audio import AUDIO_INPUT, Audio
from ..codecs.json import JsonOutput
from ..pipeline import Pipeline
from ..samples import as_json, sample
from ..task import BadPayload, Params, Payload, Task
from .classification import ClassificationParams, Label
from .labels import CandidateLabels, HypothesisTemplate

FLAC, WAV, M4A = sample("audio.flac"), sample("audio.wav"), sample("audio.m4a")

NOT_AUDIO = (
    BadPayload(Payload(b"", "audio/flac"), 400, "empty"),
    BadPayload(Payload(b"/etc/passwd", None), 415, "flac, wav"),
    BadPayload(Payload(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "audio/mpegurl"), 415, "flac, wav"),
    BadPayload(Payload(FLAC[:100] + bytes(2000), "audio/flac"), 415, "flac, wav"),
    BadPayload(Payload(M4A[: len(M4A) // 2], "audio/mp4"), 415, "m4a"),
    BadPayload(Payload(WAV[:44], "audio/wav"), 415, "no sound"),
    BadPayload(Payload(b'{"inputs": "not base64!"}'), 400, "base64"),
    BadPayload(Payload(b'{"inputs": "https://example.org/audio.flac"}'), 400, "address"),
    BadPayload(Payload(b'{"inputs": "aGVsbG8="}'), 415, "flac, wav"),
)
"""What every task that takes an audio refuses."""


class ZeroShotAudioParams(Params):
    """Of zero-shot-audio-classification; a template of `None` is the library's own."""

    candidate_labels: CandidateLabels
    hypothesis_template: HypothesisTemplate | None = None


AudioClassification = Pipeline[Audio, ClassificationParams, list[Label]]
ZeroShotAudioClassification = Pipeline[Audio, ZeroShotAudioParams, list[Label]]

AUDIO_CLASSIFICATION = Task[Audio, ClassificationParams, list[Label]](
    name="audio-classification",
    input=AUDIO_INPUT,
    params=ClassificationParams,
    output=JsonOutput(list[Label]),
    good=(
        Payload(FLAC, "audio/flac"),
        Payload(WAV, None),
        Payload(sample("audio.ogg"), "audio/ogg"),
        Payload(sample("audio.webm"), "audio/webm;codecs=opus"),
        Payload(M4A, "audio/mp4"),
        Payload(WAV, "audio/wav", {"top_k": "1"}),
        as_json("audio.flac"),
        as_json("audio.ogg", parameters={"top_k": 2, "function_to_apply": "sigmoid"}),
        as_json("audio.webm", "audio", parameters={"function_to_apply": "none"}),
    ),
    bad=(
        *NOT_AUDIO,
        BadPayload(as_json("audio.wav", parameters={"top_k": 0}), 400, "top_k"),
        BadPayload(as_json("audio.wav", parameters={"function_to_apply": "tanh"}), 400, "function_to_apply"),
        BadPayload(as_json("audio.wav", parameters={"topk": 1}), 400, "top_k"),
        BadPayload(as_json("audio.wav", top_k=1), 400, "parameters"),
    ),
)

LABELS = ["a dog", "a bell", "someone speaks"]

ZERO_SHOT_AUDIO_CLASSIFICATION = Task[Audio, ZeroShotAudioParams, list[Label]](
    name="zero-shot-audio-classification",
    input=AUDIO_INPUT,
    params=ZeroShotAudioParams,
    output=JsonOutput(list[Label]),
    good=(
        as_json("audio.flac", parameters={"candidate_labels": LABELS}),
        as_json("audio.ogg", parameters={"candidate_labels": "a dog, a bell"}),
        as_json("audio.webm", "audio", parameters={"candidate_labels": LABELS, "hypothesis_template": "I hear {}!"}),
        Payload(WAV, "audio/wav", {"candidate_labels": '["a dog", "a bell"]'}),
    ),
    bad=(
        *NOT_AUDIO,
        BadPayload(as_json("audio.wav"), 400, "candidate_labels"),
        BadPayload(Payload(WAV, "audio/wav"), 400, "candidate_labels"),
        BadPayload(as_json("audio.wav", parameters={"candidate_labels": []}), 400, "candidate_labels"),
        BadPayload(
            as_json("audio.wav", parameters={"candidate_labels": ["a"], "hypothesis_template": "none"}),
            400,
            "hypothesis_template",
        ),
        BadPayload(as_json("audio.wav", parameters={"candidate_labels": ["a"], "top_k": 1}), 400, "top_k"),
    ),
)
