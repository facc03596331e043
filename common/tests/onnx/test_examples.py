from inference_common.onnx.examples import PICTURES, SIZES, TEXTS, batches, sounds


def test_batches_differ_in_size_and_in_their_longest() -> None:
    assert [len(one) for one in batches(TEXTS)] == list(SIZES)
    for longest in (
        [max(map(len, one)) for one in batches(TEXTS)],
        [max(map(len, one)) for one in batches(sounds(100))],
        [max(picture.shape[0] for picture in one) for one in batches(PICTURES)],
    ):
        assert len(set(longest)) == len(longest)
