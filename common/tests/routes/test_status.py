from conftest import Connect


def test_programs_are_greeted_and_told(connect: Connect) -> None:
    client = connect(max_inputs=7)
    assert client.get("/").json() == {"ok": "ok"}
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready"}
    info = client.get("/info").json()
    assert (info["model"], info["state"], info["limits"]["max_inputs"]) == ("toy", "ready", 7)


def test_metrics_count_what_was_answered(connect: Connect) -> None:
    client = connect()
    client.post("/", json={"inputs": "a"})
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "inference_seconds" in answer.text
    assert 'status="200"' in answer.text
