from inference_common.units import MIB, limit_mib, needed_mib


def test_what_does_not_fit_never_reads_as_if_it_did() -> None:
    assert (needed_mib(2000 * MIB + 1), limit_mib(2000 * MIB + 1)) == ("2,001 MiB", "2,000 MiB")
    assert needed_mib(2 * MIB) == limit_mib(2 * MIB) == "2 MiB"
