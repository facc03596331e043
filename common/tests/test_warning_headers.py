from inference_common.warning_headers import MAX_CHARACTERS, cut_warnings, warning_header, warnings_of_inputs


def test_nothing_to_warn_of_is_no_header() -> None:
    assert warning_header([]) == {}
    assert warnings_of_inputs([]) == warnings_of_inputs([(), ()]) == ()
    assert cut_warnings(3, 3) == ()


def test_warnings_are_told_once_each_in_one_line_of_ascii() -> None:
    assert warning_header(["a", "b", "a", "\u0153"]) == {"x-warning": "a; b; ?"}
    assert len(warning_header(["a" * 9000])["x-warning"]) == MAX_CHARACTERS


def test_of_several_inputs_each_warning_says_which_it_is_of() -> None:
    assert warnings_of_inputs([["a", "b"]]) == ["a", "b"]
    assert warnings_of_inputs([(), ["a"], ()]) == ["input 1: a"]
    assert warnings_of_inputs([["a"]] * 5) == ["input 0: a", "input 1: a", "input 2: a", "2 more inputs likewise"]


def test_a_cut_tells_how_much_is_read() -> None:
    assert cut_warnings(1300, 1200) == ["the text has 1,300 tokens, and its first 1,200 are read"]
    assert cut_warnings(9, 7, "last", "prompt") == ["the prompt has 9 tokens, and its last 7 are read"]
