from inference_common.client import Client


def test_official_clients_are_told_by_their_user_agent() -> None:
    python = Client.of({"user-agent": "unknown/None; hf_hub/1.1.5; python/3.11", "accept": "image/png"})
    assert (python.python, python.javascript, python.accept) == ((1, 1, 5), None, "image/png")
    assert Client.of({"user-agent": "@huggingface/inference/4.13.30"}).javascript == (4, 13, 30)


def test_anyone_else_gets_the_default() -> None:
    assert Client.of({}) == Client()
    assert Client.of({"user-agent": "curl/8.5 hf_hub/x"}) == Client()


def test_versions_compare_as_numbers_and_only_where_there_is_one() -> None:
    assert Client(python=(1, 1, 4)).older_than(1, 1, 5)
    assert not Client(python=(1, 10, 0)).older_than(1, 9)
    assert not Client(javascript=(0, 1)).older_than(1)
    assert Client(javascript=(4, 4, 0)).javascript_older_than(4, 5)
    assert not Client(javascript=(4, 10)).javascript_older_than(4, 5)
    assert not Client(python=(0, 1)).javascript_older_than(1)
