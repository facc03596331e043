import pytest
from inference_common import Settings
from pydantic import ValidationError


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_ID", "org/name")
    monkeypatch.setenv("PORT", "81")
    monkeypatch.setenv("TASK", "")
    settings = Settings()
    assert (settings.model_id, settings.port, settings.task) == ("org/name", 81, None)


def test_the_token_is_never_shown() -> None:
    assert "hf_secret" not in repr(Settings(hf_token="hf_secret"))  # type: ignore[arg-type]


def test_a_request_that_could_never_be_queued_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="MAX_QUEUE"):
        Settings(max_inputs=10, max_queue=9)
