from pathlib import Path

import pytest
from conftest import Connect
from inference_common.discover import discover
from inference_common.openapi import ForeignRoute, document
from inference_common.routes.docs import FOREIGN
from inference_common.schema import Schemas
from inference_common.tasks import TASKS
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from orjson import loads

ANSWERED = [route for route in FOREIGN if route.task.name in discover("toys.pipelines").tasks]


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_described_and_its_examples_are_as_described(name: str) -> None:
    task = TASKS[name]
    described = document("org/model", [task], None, "1")
    validate(described)
    content = described["paths"][f"/pipeline/{name}/org/model"]["post"]["requestBody"]["content"]
    body = content["application/json"]
    validator = Draft202012Validator({**body["schema"], "components": described["components"]})
    assert body["examples"]
    for example in body["examples"].values():
        validator.validate(example["value"])
    for payload in task.good:
        if payload.body[:1] in (b"{", b"[", b'"'):
            validator.validate(loads(payload.body))
        else:
            assert any(media.partition("/")[2] in ("*", "plain", "octet-stream") for media in content)


def test_every_status_that_is_answered_is_told() -> None:
    task = TASKS["feature-extraction"]
    responses = document("m", [task], None, "1")["paths"]["/pipeline/feature-extraction/m"]["post"]["responses"]
    assert {"200", "400", "404", "413", "415", "424", "429", "500", "503", "504"} <= set(responses)
    assert responses["429"]["description"] == "Overloaded"


def test_parts_of_schemas_are_shared() -> None:
    schemas = Schemas()
    task = TASKS["text-classification"]
    task.output.content(schemas, batches=True)
    assert "Label" in schemas.components


def test_a_server_tells_its_own_tasks(connect: Connect) -> None:
    client = connect()
    described = client.get("/openapi.json").json()
    validate(described)
    assert described["info"]["title"] == "toy"
    posts = [path for path, item in described["paths"].items() if "post" in item]
    assert posts == ["/", "/pipeline/text-ranking/toy", "/v1/embeddings", "/rerank"]
    answer = client.post("/", json=loads(TASKS["feature-extraction"].good[0].body)).json()
    schema = described["paths"]["/"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": described["components"]}).validate(answer)


@pytest.mark.parametrize("route", ANSWERED, ids=[route.path for route in ANSWERED])
def test_routes_of_other_apis_are_described_as_they_answer(connect: Connect, route: ForeignRoute) -> None:
    client = connect(task=route.task.name)
    described = client.get("/openapi.json").json()
    validate(described)
    operation = described["paths"][route.path]["post"]
    asked, answered = (
        Draft202012Validator({**part["content"]["application/json"]["schema"], "components": described["components"]})
        for part in (operation["requestBody"], operation["responses"]["200"])
    )
    for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
        asked.validate(example["value"])
        answer = client.post(
            route.path, json={**example["value"], "stream": False} if route.task.events else example["value"]
        )
        assert answer.status_code == 200, answer.text
        answered.validate(answer.json())


def test_routes_of_other_apis_are_told_only_where_their_task_is(connect: Connect) -> None:
    told = connect(task="sentence-similarity").get("/openapi.json").json()["paths"]
    assert not {route.path for route in FOREIGN} & set(told)


def test_until_the_model_is_loaded_the_library_s_tasks_are_told(connect: Connect, model_folder: Path) -> None:
    (model_folder / "load_seconds").write_text("1")
    described = connect(wait=False).get("/openapi.json").json()
    posts = [path for path, item in described["paths"].items() if "post" in item]
    assert "/" not in posts
    assert "/pipeline/sentence-similarity/toy" in posts
