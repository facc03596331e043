import numpy as np
import numpy.typing as npt
import pytest
from inference_common.client import Client
from inference_common.codecs.audio import Audio, decode
from inference_common.codecs.audio_output import FORMATS, AudioOutput, encoded
from inference_common.errors import InferenceFailed, InvalidRequest
from inference_common.schema import Schemas
from inference_common.task import Limits
from toys.sounds import HERTZ, pitch, tone

LIMITS = Limits(1, 1, seconds=100)
SHORT = Audio(tone(16000)[:, 0], 16000)


@pytest.mark.parametrize("media", FORMATS)
@pytest.mark.parametrize("rate", [8000, 16000, 18000, 22050, 24000, 44100, 48000])
def test_what_is_written_is_heard_again(media: str, rate: int) -> None:
    answer = encoded(Audio(tone(rate)[:, 0], rate), media)
    heard = decode(answer.body, LIMITS)
    assert answer.media_type == media
    assert answer.headers == {"x-compute-audio-length": "1.000"}
    assert heard.seconds == pytest.approx(1, abs=0.3 if rate < 16000 else 0.1)  # AAC: whole packets of 1024 frames
    assert pitch(heard.samples, heard.rate) == pytest.approx(HERTZ, abs=1)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "audio/flac"),
        ("application/json", "audio/flac"),
        ("audio/*", "audio/flac"),
        ("audio/wav", "audio/wav"),
        ("audio/ogg;q=0.5, audio/mpeg", "audio/mpeg"),
        ("text/html, audio/x-m4a", "audio/x-m4a"),
    ],
)
def test_accept_chooses(accept: str, media: str) -> None:
    codec = AudioOutput()
    answer = codec.encode([SHORT], Client(accept=accept), many=False)
    assert answer.media_type == media
    assert media in codec.content(Schemas(), batches=False)


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="audio/flac, audio/wav"):
        AudioOutput().encode([SHORT], Client(accept="video/mp4"), many=False)


def as_kind(samples: npt.NDArray[np.float32], kind: type) -> npt.NDArray[np.generic]:
    """The same sound in samples of another type."""
    if not issubclass(kind, np.integer):
        return samples.astype(kind)
    limits = np.iinfo(kind)
    middle = (int(limits.min) + int(limits.max) + 1) // 2
    return np.rint(samples.astype(np.float64) * (int(limits.max) - middle) + middle).astype(kind)


@pytest.mark.defect(8)
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int16, np.int32, np.uint8])
@pytest.mark.parametrize("media", ["audio/flac", "audio/wav"])
def test_every_type_of_sample_is_as_long_and_as_loud(kind: type, media: str) -> None:
    heard = decode(encoded(Audio(as_kind(tone(16000)[:, 0], kind), 16000), media).body, LIMITS)
    np.testing.assert_allclose(heard.samples, tone(16000)[:, 0], atol=0.01)


def test_16_bits_come_back_as_they_were() -> None:
    samples = np.random.default_rng(0).integers(-32768, 32767, 16000, np.int16, endpoint=True)
    answer = encoded(Audio(samples, 16000), "audio/flac")
    assert answer.headers.keys() == {"x-compute-audio-length"}
    np.testing.assert_array_equal(np.rint(decode(answer.body, LIMITS).samples * 32768), samples)


@pytest.mark.parametrize("media", ["audio/flac", "audio/wav", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels(media: str, channels: int) -> None:
    heard = decode(encoded(Audio(tone(16000, 1, channels).T, 16000), media).body, LIMITS)
    assert heard.seconds == pytest.approx(1, abs=0.1)
    assert pitch(heard.samples, 16000) == pytest.approx(HERTZ, abs=1)


def test_what_is_too_loud_is_cut_and_told() -> None:
    answer = encoded(Audio(np.array([0.5, 3.0, -3.0, 1.0], np.float32), 16000), "audio/wav")
    assert answer.headers["x-warning"].startswith("50.00% of the samples were beyond full scale")
    np.testing.assert_allclose(decode(answer.body, LIMITS).samples, [0.5, 1, -1, 1], atol=1e-4)


def test_what_is_no_number_is_silence_and_told() -> None:
    answer = encoded(Audio(np.array([0.5, np.nan, np.inf, 0.25]), 16000), "audio/flac")
    assert "no numbers" in answer.headers["x-warning"]
    np.testing.assert_allclose(decode(answer.body, LIMITS).samples, [0.5, 0, 0, 0.25], atol=1e-4)


def test_no_sound_is_no_answer() -> None:
    with pytest.raises(InferenceFailed, match="no sound"):
        encoded(Audio(np.zeros((1, 0), np.float32), 16000), "audio/flac")


def test_a_long_ogg_is_written() -> None:
    """Written at once, libvorbis overruns its stack and takes the process with it."""
    heard = decode(encoded(Audio(tone(44100, 60)[:, 0], 44100), "audio/ogg").body, LIMITS)
    assert heard.seconds == pytest.approx(60)
