import pytest
from inference_common import errors
from inference_common.errors import ErrorDetail, InferenceError, InvalidRequest, ModelLoading, Overloaded


def classes() -> list[type[InferenceError]]:
    return [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, InferenceError)]


@pytest.mark.parametrize("error", classes())
def test_the_docstring_draws_the_tree_as_it_is(error: type[InferenceError]) -> None:
    assert errors.__doc__ is not None
    line = next(line for line in errors.__doc__.splitlines() if f" {error.__name__} " in f"{line} ")
    assert error is InferenceError or str(error.status) in line


def test_the_error_is_one_string_and_details_stand_apart() -> None:
    assert InvalidRequest("no").body() == {"error": "no", "error_type": "validation"}
    body = InvalidRequest("no", details=[ErrorDetail("why", "inputs.0")]).body()
    assert body["errors"] == [{"message": "why", "loc": "inputs.0"}]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "validation"),
        (413, "validation"),
        (424, "generation"),
        (429, "overloaded"),
        (504, "incomplete_generation"),
    ],
)
def test_the_kinds_that_the_python_client_knows(status: int, kind: str) -> None:
    found = {error.error_type for error in classes() if error.status == status}
    assert found == {kind}


def test_retry_after_is_whole_seconds() -> None:
    assert Overloaded("full", retry_after=3).headers() == {"retry-after": "3"}
    loading = ModelLoading("wait", estimated_time=0.2)
    assert loading.headers() == {"retry-after": "1"}
    assert loading.body()["estimated_time"] == 0.2
