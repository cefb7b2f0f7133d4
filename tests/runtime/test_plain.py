"""A plain command line means the same whoever reads it, and what is not plain is left to the parser."""

from itertools import chain, combinations

import pytest

from adc.runtime.cli.arguments import parser
from adc.runtime.cli.plain import FLAGS, plain


@pytest.mark.parametrize("command", FLAGS)
def test_it_means_what_the_parser_says(command: str) -> None:
    flags = sorted(FLAGS[command])
    for some in chain.from_iterable(combinations(flags, number) for number in range(len(flags) + 1)):
        for words in ([command, "a.ad", *some], [command, *some, "a.ad"]):
            found = plain(words)
            assert found is not None
            assert vars(found) == vars(parser().parse_args(words))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "plan",
        "plan a.ad b.ad",
        "plan a.ad --set city=Denver",
        "plan --dra a.ad",
        "plan -h",
        "plan -- -a.ad",
        "plan --json=1 a.ad",
        "build a.ad --max-cost 3",
        "check a.ad",
        "--version",
    ],
)
def test_anything_else_is_not_plain(words: str) -> None:
    assert plain(words.split()) is None
    assert plain(["plan", ""]) is None
