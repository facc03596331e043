import base64
import io

import numpy as np
import orjson
import pytest
import soundfile
from inference_common.client import Client
from inference_common.codecs.audio import Audio
from inference_common.errors import InvalidRequest
from inference_common.tasks.separation import AUDIO_TO_AUDIO, Source

RATE = 8000
WAVE = np.sin(np.arange(RATE) * 0.1).astype(np.float32) / 2
SOURCES = [Source("speech", Audio(WAVE, RATE)), Source("noise", Audio(-WAVE[:4000], RATE))]


@pytest.mark.parametrize(
    ("accept", "media", "name"),
    [("*/*", "audio/flac", "FLAC"), ("application/json", "audio/flac", "FLAC"), ("audio/wav", "audio/wav", "WAV")],
)
def test_each_sound_is_a_file_of_what_is_accepted(accept: str, media: str, name: str) -> None:
    answer = AUDIO_TO_AUDIO.output.encode([SOURCES], Client(accept=accept), many=False)
    assert answer.media_type == "application/json"
    assert answer.headers["x-compute-audio-length"] == "1.500"
    told = orjson.loads(answer.body)
    assert [(one["label"], one["content-type"]) for one in told] == [("speech", media), ("noise", media)]
    for one, source in zip(told, SOURCES, strict=True):
        body = io.BytesIO(base64.b64decode(one["blob"]))
        assert soundfile.info(body).format == name
        body.seek(0)
        heard, rate = soundfile.read(body)
        assert rate == RATE
        np.testing.assert_allclose(heard, source.audio.samples, atol=1e-4)


def test_what_was_cut_is_told_once() -> None:
    loud = [Source("a", Audio(WAVE * 4, RATE)), Source("b", Audio(WAVE * 4, RATE))]
    warning = AUDIO_TO_AUDIO.output.encode([loud], Client(), many=False).headers["x-warning"]
    assert warning.count("full scale") == 1


def test_a_picture_cannot_be_asked_for() -> None:
    with pytest.raises(InvalidRequest, match="audio/flac"):
        AUDIO_TO_AUDIO.output.encode([SOURCES], Client(accept="image/png"), many=False)
