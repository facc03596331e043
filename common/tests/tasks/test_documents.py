import pytest
from inference_common.codecs.json import validate_params
from inference_common.errors import InvalidRequest
from inference_common.tasks.documents import DocumentQuestionAnsweringParams

CAT, DOG = [0, 0, 10, 20], [10.5, 0, 1000, 20]


@pytest.mark.parametrize("given", [[["cat", CAT], ["dog", DOG]], ["cat", CAT, "dog", DOG]])
def test_words_come_in_pairs_or_by_turns(given: object) -> None:
    params = validate_params(DocumentQuestionAnsweringParams, {"word_boxes": given})
    assert params.word_boxes == (("cat", (0, 0, 10, 20)), ("dog", (10.5, 0, 1000, 20)))
    assert hash(params) == hash(params.model_copy())


@pytest.mark.parametrize(
    "given",
    [
        [["cat", [0, 0, 10]]],
        [["cat", [0, 0, 10, -1]]],
        [["cat", [11, 0, 10, 20]]],
        [["cat", [0, 21, 10, 20]]],
        [["cat", CAT, DOG]],
        [[CAT, "cat"]],
        ["cat", CAT, "dog"],
        {"cat": CAT},
        [["", CAT]],
        [["cat", [0, 0, 10, None]]],
    ],
)
def test_other_word_boxes_are_refused(given: object) -> None:
    with pytest.raises(InvalidRequest, match="word_boxes"):
        validate_params(DocumentQuestionAnsweringParams, {"word_boxes": given})
