import pytest
from conftest import Connect
from inference_common.tasks import TASKS

PATHS = ["/", "/models/toy", "/models/toy/pipeline/feature-extraction", "/pipeline/feature-extraction/toy"]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_answers_with_the_model(connect: Connect, path: str) -> None:
    answer = connect().post(path, json={"inputs": ["abc", "a b"]})
    assert answer.json() == [[3, 1], [3, 2]]
    assert answer.headers["x-compute-characters"] == "6"
    assert answer.headers["x-compute-tokens"] == "3"
    assert answer.headers["x-compute-type"] == "cpu"
    assert float(answer.headers["x-total-time"]) >= float(answer.headers["x-inference-time"]) >= 0


def test_another_model_is_not_answered_for(connect: Connect) -> None:
    answer = connect().post("/models/org/other", json={"inputs": "a"})
    assert answer.status_code == 404
    assert "'org/other'" in answer.json()["error"]


def test_another_task_of_the_same_weights_is_answered(connect: Connect) -> None:
    client = connect()
    inputs = {"query": "abc", "texts": ["x", "ab"]}
    ranked = [{"index": 1, "score": 2.0}, {"index": 0, "score": 0.0}]
    assert client.post("/pipeline/text-ranking/toy", json={"inputs": inputs}).json() == ranked
    missing = client.post("/pipeline/sentence-similarity/toy", json={"inputs": inputs})
    assert missing.status_code == 404
    assert "it answers: feature-extraction, text-ranking" in missing.json()["error"]


def test_raw_text_takes_its_parameters_from_the_query(connect: Connect) -> None:
    client = connect()
    assert client.post("/?dimensions=1", content="a b").json() == [3]
    assert client.post("/?truncation_direction=left", content="a b").status_code == 200
    assert client.post("/?dimension=1", content="a b").status_code == 400
    several = client.post("/?dimensions=1&dimensions=2", content="a b")  # a name that stands there twice is a list
    assert (several.status_code, "dimensions" in several.json()["error"]) == (400, True)


@pytest.mark.defect(7)
def test_the_model_s_failure_is_a_424_and_what_json_lacks_is_null(connect: Connect) -> None:
    client = connect()
    failed = client.post("/", json={"inputs": "fail"})
    assert failed.status_code == 424
    assert "ValueError" in failed.json()["error"]
    assert client.post("/", json={"inputs": "nan"}).json() == [None, None]


@pytest.mark.parametrize("bad", TASKS["feature-extraction"].bad)
def test_bad_payloads_get_their_status_and_a_reason(connect: Connect, bad: object) -> None:
    from inference_common.task import BadPayload

    assert isinstance(bad, BadPayload)
    headers = {} if bad.payload.content_type is None else {"content-type": bad.payload.content_type}
    answer = connect().post("/", content=bad.payload.body, headers=headers)
    assert answer.status_code == bad.status
    assert bad.mentions in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["models/toy", "models/toy/pipeline/feature-extraction", "pipeline/feature-extraction/toy"]
)
def test_as_the_hubs_own_inference_is_addressed(connect: Connect, path: str) -> None:
    client = connect()
    assert client.post(f"/hf-inference/{path}", json={"inputs": "abc"}).json() == [3, 1]
    assert client.post("/hf-inference/models/other", json={"inputs": "abc"}).status_code == 404
