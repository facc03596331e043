import pytest
from inference_common.http import names


def test_lists_with_commas_are_read() -> None:
    assert names.hosts(" A.org, *.b.org ,,[::1],localhost") == ["a.org", "*.b.org", "[::1]", "localhost"]
    assert names.origins("https://A.org, http://b.org:8080,null") == ["https://a.org", "http://b.org:8080", "null"]


def test_a_star_is_any() -> None:
    assert names.hosts("a.org, *") == ()
    assert names.origins("https://a.org, *") == ["*"]


@pytest.mark.parametrize("setting", ["a.*", "*a.org", "http://a.org", "a/b", "a b"])
def test_what_matches_no_host_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="neither a host name"):
        names.hosts(setting)


@pytest.mark.parametrize("setting", ["a.org", "https://a.org/", "https://a.org/b", "https://", "https://*.a.org/"])
def test_what_no_browser_sends_is_no_origin(setting: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        names.origins(setting)
