from inference_common.tasks.image_generation import ImageToImageParams, Size


def test_the_wanted_size_may_be_said_as_older_clients_do() -> None:
    assert ImageToImageParams().size is None
    assert ImageToImageParams(width=3).size is None
    assert ImageToImageParams(width=3, height=2).size == (3, 2)
    assert ImageToImageParams(width=3, height=2, target_size=Size(width=5, height=4)).size == (5, 4)
