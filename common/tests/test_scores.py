import numpy as np
import pytest
from inference_common.scores import activated, best_labels

LOGITS = np.array([[1.0, 2.0, -1.0], [1000.0, 0.0, -1000.0]], dtype=np.float32)


def test_softmax_sums_to_one_and_does_not_overflow() -> None:
    scores = activated(LOGITS, "softmax")
    np.testing.assert_allclose(scores.sum(axis=-1), [1, 1], atol=1e-6)
    np.testing.assert_allclose(scores[0, 1] / scores[0, 0], np.e, rtol=1e-5)
    assert scores[1].tolist() == [1, 0, 0]
    assert scores.dtype == np.float32


def test_sigmoid_scores_each_class_by_itself() -> None:
    scores = activated(LOGITS, "sigmoid")
    assert scores[0].tolist() == pytest.approx([0.731059, 0.880797, 0.268941], abs=1e-6)
    assert scores[1].tolist() == pytest.approx([1, 0.5, 0], abs=1e-6)


def test_none_leaves_the_logits() -> None:
    assert activated(LOGITS, "none") is LOGITS


def test_labels_are_best_first_and_those_without_a_name_are_numbered() -> None:
    scores = np.array([0.1, 0.5, 0.4])
    assert best_labels(scores, ["a", "b"], 2) == [{"label": "b", "score": 0.5}, {"label": "LABEL_2", "score": 0.4}]
    assert len(best_labels(scores, [], None)) == 3
