from inference_common.metrics import Metrics
from prometheus_client.parser import text_string_to_metric_families


def values(metrics: Metrics) -> dict[str, float]:
    """Each sample by its name and labels, as a scraper reads them."""
    text = metrics.render()[0].decode()
    return {
        " ".join((sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items())))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics()
    metrics.observe_request("/", 200, 0.5)
    metrics.observe_request("/", 200, 0.25)
    metrics.observe_request("/", 424, 0.25)
    seen = values(metrics)
    assert seen["requests_total route=/ status=200"] == 2
    assert seen["requests_total route=/ status=424"] == 1
    assert seen["request_seconds_count route=/"] == 3
    assert seen["request_seconds_sum route=/"] == 1.0


def test_batches_and_waits_are_observed() -> None:
    metrics = Metrics()
    for name in ("org/a", "org/b"):
        metrics.of_model(name).observe_batch(3, 0.5)
        metrics.of_model(name).observe_queue(0.25)
    seen = values(metrics)
    assert seen["batch_size_sum"] == 6
    assert seen["batch_size_bucket le=2.0"] == 0
    assert seen["batch_size_bucket le=4.0"] == 2
    assert seen["inference_seconds_sum"] == 1.0
    assert seen["queue_seconds_sum"] == 0.5


def test_gauges_tell_the_present() -> None:
    metrics = Metrics()
    one = metrics.of_model("org/a")
    waiting = [1, 2]
    one.begin(lambda: len(waiting), lambda: 2.5)
    waiting.append(3)
    seen = values(metrics)
    assert seen["model_ready model=org/a"] == 1
    assert seen["queue_length model=org/a"] == 3
    assert seen["model_call_seconds model=org/a"] == 2.5
    one.forget()
    assert not any("org/a" in name for name in values(metrics))
    one.forget()  # of a model that never told anything


def test_two_commits_of_one_name_are_told_as_one_until_both_are_gone() -> None:
    metrics = Metrics()
    before, after = metrics.of_model("org/a"), metrics.of_model("org/a")
    before.begin(lambda: 2, lambda: 1.5)
    after.begin(lambda: 3, lambda: 0.5)
    assert values(metrics)["queue_length model=org/a"] == 5
    assert values(metrics)["model_call_seconds model=org/a"] == 1.5
    before.forget()
    assert values(metrics)["queue_length model=org/a"] == 3
    assert values(metrics)["model_ready model=org/a"] == 1
    after.forget()
    assert not any("org/a" in name for name in values(metrics))


def test_each_app_counts_for_itself() -> None:
    first, second = Metrics(), Metrics()
    first.of_model("org/a").begin(lambda: 7, lambda: 0.0)
    assert "queue_length model=org/a" not in values(second)


def test_the_media_type_is_prometheus_text() -> None:
    assert Metrics().render()[1].startswith("text/plain; version=")
