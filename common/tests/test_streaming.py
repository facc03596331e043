import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from inference_common import streaming
from inference_common.errors import InferenceFailed, InferenceTimeout, Overloaded
from inference_common.generation import Piece, TextGenerationParams
from inference_common.metrics import Metrics
from inference_common.source import FolderSource
from inference_common.streaming import Streams
from inference_common.unread import MAX_CHUNKS
from inference_common.worker import ModelThread
from toys.pipelines.text_generation import ToyGeneration

Scenario = Callable[[Streams, ToyGeneration], Awaitable[None]]
THREE = TextGenerationParams(max_new_tokens=3)
ENDLESS = TextGenerationParams(max_new_tokens=100_000)


def play(folder: Path, scenario: Scenario, *, max_queue: int = 100, max_open: int = 8) -> ToyGeneration:
    toy = ToyGeneration(FolderSource(folder), "cpu")

    async def run() -> None:
        thread = ModelThread()
        await scenario(Streams(thread, Metrics().of_model("toy"), max_queue=max_queue, max_open=max_open), toy)
        await asyncio.sleep(0.01)  # what was cancelled has ended
        await thread.run(lambda: None)  # what was posted has run
        thread.stop()

    asyncio.run(run())
    return toy


async def words(streams: Streams, toy: ToyGeneration, text: str, params: TextGenerationParams = THREE) -> list[str]:
    pieces = [piece async for piece in streams.stream(toy, text, params)]
    assert [isinstance(piece, Piece) and piece.whole is not None for piece in pieces[:-1]] == [False] * len(pieces[:-1])
    assert pieces[-1].whole is not None
    return [piece.token.text for piece in pieces if isinstance(piece, Piece)]


def test_open_streams_take_turns(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        assert await asyncio.gather(words(streams, toy, "a"), words(streams, toy, "b")) == [[" a"] * 3, [" b"] * 3]

    toy = play(model_folder, scenario)
    assert toy.stepped == ["a", "b"] * 3
    assert toy.open == 0


def test_no_more_are_open_than_the_pipeline_takes(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        await asyncio.gather(*(words(streams, toy, text) for text in "abc"))

    assert play(model_folder, scenario).stepped == ["a", "b"] * 3 + ["c"] * 3


def test_no_more_are_open_than_the_server_takes(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        await asyncio.gather(*(words(streams, toy, text) for text in "ab"))

    assert play(model_folder, scenario, max_open=1).stepped == ["a"] * 3 + ["b"] * 3


def test_a_full_queue_refuses(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        busy = [asyncio.ensure_future(words(streams, toy, "sleep0.05")) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded, match="1 inputs wait"):
            await words(streams, toy, "c")
        with pytest.raises(Overloaded, match="1 inputs wait") as caught:
            await streams.collect(toy, ["c", "d"], THREE, [1, 1])
        assert caught.value.retry_after == 1
        await asyncio.gather(*busy)

    play(model_folder, scenario, max_queue=1, max_open=1)


def test_a_caller_that_left_stops_its_stream_at_once(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        left = asyncio.ensure_future(words(streams, toy, "sleep0.01", ENDLESS))
        await asyncio.sleep(0.05)
        left.cancel()
        said = len(toy.stepped)
        await asyncio.sleep(0.1)
        assert said <= len(toy.stepped) <= said + 1
        assert toy.open == 0

    play(model_folder, scenario)


def test_a_reader_that_stops_reading_stops_the_model(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        stream = streams.stream(toy, "a", ENDLESS)
        await anext(stream)
        await made(toy, MAX_CHUNKS + 1)
        await anext(stream)
        await made(toy, MAX_CHUNKS + 2)
        await asyncio.sleep(0.05)
        assert len(toy.stepped) == MAX_CHUNKS + 2
        await stream.aclose()

    assert play(model_folder, scenario).open == 0


async def made(toy: ToyGeneration, count: int) -> None:
    """Return once so many words were said."""
    while len(toy.stepped) < count:
        await asyncio.sleep(0.005)


def test_a_reader_that_is_behind_keeps_its_place_until_another_waits_for_it(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "MAX_LAG_SECONDS", 0.02)

    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        behind = [streams.stream(toy, "a", ENDLESS) for _ in range(2)]
        for stream in behind:
            await anext(stream)
        await made(toy, 2 * MAX_CHUNKS + 2)
        await asyncio.sleep(0.1)
        assert toy.open == 2
        assert await words(streams, toy, "b") == [" b"] * 3  # though both places were taken
        with pytest.raises(InferenceTimeout, match="not read while others waited"):
            _ = [piece async for piece in behind[0]]
        await anext(behind[1])  # whose place was not needed
        await behind[1].aclose()

    assert play(model_folder, scenario).open == 0


def test_callers_take_turns_for_places(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        many = asyncio.ensure_future(streams.collect(toy, ["m"] * 6, THREE, [1] * 6, "one"))
        await asyncio.sleep(0)
        few = asyncio.ensure_future(streams.collect(toy, ["f"], THREE, [1], "another"))
        await few
        assert not many.done()
        await many

    assert "".join(play(model_folder, scenario, max_open=1).stepped) == "mmm" + "mmm" + "fff" + "mmm" * 4


def test_whoever_waits_for_little_finds_room_in_a_full_queue(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        many = asyncio.ensure_future(streams.collect(toy, ["sleep0.01"] * 8, THREE, [1] * 8, "one"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await streams.collect(toy, ["c"] * 3, THREE, [1] * 3, "one")
        await streams.collect(toy, ["c"], THREE, [1], "another")
        await many

    play(model_folder, scenario, max_queue=8, max_open=1)


def test_whole_answers_come_in_order_and_tell_their_times(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        answers = await streams.collect(toy, ["a", "sleep0.02", "c"], THREE, [1, 1, 1])
        assert [answer.output.text for answer in answers] == [" a a a", " sleep0.02" * 3, " c c c"]
        assert answers[1].ran > 0.05
        assert answers[2].queued > 0

    assert play(model_folder, scenario).open == 0


def test_whole_answers_whose_caller_left_stop(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        left = asyncio.ensure_future(streams.collect(toy, ["sleep0.01"] * 5, ENDLESS, [1] * 5))
        await asyncio.sleep(0.05)
        left.cancel()
        await asyncio.sleep(0.1)
        said = len(toy.stepped)
        await asyncio.sleep(0.1)
        assert len(toy.stepped) == said
        assert toy.open == 0

    play(model_folder, scenario)


def test_a_model_that_fails_fails_its_own_caller(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        with pytest.raises(InferenceFailed, match="ValueError: this word cannot be said"):
            await words(streams, toy, "a fail")
        with pytest.raises(InferenceFailed, match="ValueError: this word cannot be said"):
            await streams.collect(toy, ["a", "a fail"], THREE, [1, 1])
        assert await words(streams, toy, "b") == [" b"] * 3

    assert play(model_folder, scenario).open == 0


def test_a_pipeline_that_loses_the_whole_is_found_out(model_folder: Path) -> None:
    async def scenario(streams: Streams, toy: ToyGeneration) -> None:
        with pytest.raises(InferenceFailed, match="without its whole answer"):
            await streams.collect(toy, [""], THREE, [1])

    play(model_folder, scenario)
