import pytest
from inference_common.tasks.image import ZeroShotImageClassificationParams
from pydantic import ValidationError


@pytest.mark.parametrize("given", [["a house", "a cat"], "a house,a cat", "a house , a cat,"])
def test_labels_are_a_list_or_a_string(given: object) -> None:
    params = ZeroShotImageClassificationParams.model_validate({"candidate_labels": given})
    assert params.candidate_labels == ("a house", "a cat")
    assert hash(params) == hash(ZeroShotImageClassificationParams(candidate_labels=("a house", "a cat")))


@pytest.mark.parametrize("given", [[], "", ",", ["a", ""], ["a", 7], 7, None, {"a": 1}, ["a"] * 1001])
def test_what_holds_no_labels_is_refused(given: object) -> None:
    with pytest.raises(ValidationError, match="candidate_labels"):
        ZeroShotImageClassificationParams.model_validate({"candidate_labels": given})


@pytest.mark.parametrize("template", ["a photo", "", "{0}", "{label}", 7])
def test_a_template_without_a_place_is_refused(template: object) -> None:
    with pytest.raises(ValidationError, match="hypothesis_template"):
        ZeroShotImageClassificationParams.model_validate({"candidate_labels": "a", "hypothesis_template": template})


@pytest.mark.parametrize("given", [["a" * 1001], "," + "a" * 1001, "a," * 1_000_000])
def test_long_labels_are_refused(given: object) -> None:
    with pytest.raises(ValidationError, match="candidate_labels"):
        ZeroShotImageClassificationParams.model_validate({"candidate_labels": given})


def test_a_long_template_is_refused() -> None:
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        ZeroShotImageClassificationParams.model_validate(
            {"candidate_labels": "a", "hypothesis_template": "{}" + "a" * 1000}
        )
