"""The parser: it never raises, its spans lie in the text, and literals mean what they say."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adc.compiler.catalogue import builtin
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.files import MemoryFiles
from adc.compiler.lexer import scan
from adc.compiler.mend import Mender
from adc.compiler.nodes import Duration, Level, Money, Number, Rate, Ratio, Resolution, Statement, String, Value, Word
from adc.compiler.parse import parse
from adc.compiler.pipeline import compile_spec
from adc.compiler.slips import meant
from adc.compiler.source import span_at

PIECES = (
    *("scene", "hook", "8s", "{", "}", "\n", '"a text"', '"""', '"', "\\", ",", "#", "$15", "9:16", "1080p", "30fps"),
    *("-14LUFS", "{{ maya }}", "“", ":", "10sec", "ad", "\t", " ", "café", "cast", "import", "-", "3", "0.5", "\x00"),
    *(
        "//",
        "/*",
        "*/",
        "<!--",
        "-->",
        "--",
        ";",
        "(",
        "]",
        "&",
        "'",
        "’",
        "`",
        "«",
        "=",
        "/",
        " s",
        "x",
        "€",
        "\u2028",
    ),
    *("\nscene hook 8s\n  cast maya\n", "and", "\u00a0", "\u200b", "YAML:\n", '{"a":', "\n}\n", "10 s", "16x9"),
)


def first(source: str) -> Statement:
    document, diagnostics = parse("main.ad", source)
    assert not diagnostics
    return document.statements[0]


def only(source: str) -> Value:
    (value,) = first(f"x {source}").values
    return value


def every_value(statements: tuple[Statement, ...]) -> list[Value]:
    found: list[Value] = []
    for statement in statements:
        found += (statement.keyword, *statement.values, *every_value(statement.block or ()))
    return found


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_parsed_with_spans_inside_it(source: str) -> None:
    document, diagnostics = parse("main.ad", source)
    for value in every_value(document.statements):
        assert source[value.span.start : value.span.end] == value.written
        assert value.span == span_at("main.ad", source, value.span.start, value.span.end)
    for diagnostic in diagnostics:
        span = diagnostic.span
        assert 0 <= span.start <= span.end <= len(source)
        assert span == span_at("main.ad", source, span.start, span.end)
        assert diagnostic.code.startswith("AD01") or diagnostic.code in ("AD0302", "AD0305")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\r", codec="utf-8"), max_size=60))
def test_a_text_comes_back_from_its_quotes_and_every_character_knows_its_place(content: str) -> None:
    escaped = content.replace("\\", "\\\\").replace('"', '\\"')
    for quote in ('"', '"""') if "\n" not in content else ('"""',):
        source = f"x {quote}{escaped}{quote}"
        document, diagnostics = parse("main.ad", source)
        assert not diagnostics
        (value,) = document.statements[0].values
        assert isinstance(value, String)
        if quote == '"':
            assert value.value == content
        assert len(value.offsets) == len(value.value)
        for character, place in zip(value.value, value.offsets, strict=True):
            assert character == source[place] or (source[place] == "\\" and source[place + 1] == character)


@given(st.integers(0, 10**9), st.integers(0, 999))
def test_durations_are_exact(whole: int, thousandths: int) -> None:
    value = only(f"{whole}.{thousandths:03}s")
    assert isinstance(value, Duration)
    assert value.seconds == whole + Fraction(thousandths, 1000)


@given(st.integers(0, 10**12))
def test_milliseconds_are_exact(amount: int) -> None:
    value = only(f"{amount}ms")
    assert isinstance(value, Duration)
    assert value.seconds * 1000 == amount


@given(st.decimals(0, 10**9, places=2))
def test_money_is_exact(amount: Decimal) -> None:
    value = only(f"${amount}")
    assert isinstance(value, Money)
    assert value.usd == amount


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("9:16", (Ratio, (9, 16))),
        ("1080p", (Resolution, 1080)),
        ("4k", (Resolution, 2160)),
        ("30fps", (Rate, 30)),
        ("-14LUFS", (Level, (Decimal(-14), "LUFS"))),
        ("-22.5dB", (Level, (Decimal("-22.5"), "dB"))),
        ("3", (Number, 3)),
        ("-0.5", (Number, Decimal("-0.5"))),
        ("brand.maya", (Word, "brand.maya")),
    ],
)
def test_typed_literals(source: str, expected: tuple[type, object]) -> None:
    kind, wanted = expected
    value = only(source)
    assert type(value) is kind
    match value:
        case Ratio(width=width, height=height):
            assert (width, height) == wanted
        case Level(amount=amount, unit=unit):
            assert (amount, unit) == wanted
        case Resolution(short_side=read) | Rate(fps=read) | Number(value=read) | Word(written=read):
            assert read == wanted
            assert type(read) is type(wanted)
        case _:
            pytest.fail(f"unexpected {value}")


def test_a_statement_has_a_keyword_lists_and_a_block() -> None:
    statement = first('scene hook 8s { cast maya, serum\n says maya "Hello." }  # a comment')
    assert statement.keyword.written == "scene"
    assert statement.block is not None
    cast, says = statement.block
    assert [[value.written for value in listed] for listed in cast.lists] == [["maya", "serum"]]
    assert [[value.written for value in listed] for listed in says.lists] == [["maya"], ['"Hello."']]
    assert cast.block is None


def test_a_block_of_nothing_is_a_block() -> None:
    assert first("ad glow { }").block == ()
    assert first("ad glow {\n\n}").block == ()
    assert first("ad glow").block is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"""one line"""', "one line"),
        ('"""\n    calm\n      and slow\n\n    light\n    """', "calm\n  and slow\n\nlight"),
        ('"""first\n    second"""', "first\nsecond"),
        ('"""\n  a \\"quoted\\" word\n"""', 'a "quoted" word'),
        ('""""""', ""),
        ('"""\n"""', ""),
    ],
)
def test_long_texts_are_dedented(source: str, value: str) -> None:
    read = only(source)
    assert isinstance(read, String)
    assert read.value == value


def test_deep_nesting_ends_in_one_diagnostic() -> None:
    _, diagnostics = parse("main.ad", "a {\n" * 5000)
    assert sum(diagnostic.code == "AD0115" for diagnostic in diagnostics) == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_what_is_sound_is_not_touched_by_mending(source: str) -> None:
    _, diagnostics = parse("main.ad", source)
    if not diagnostics:
        mended: list[Diagnostic] = []
        tokens = Mender("main.ad", meant("main.ad", source, mended.append), mended.append).mend()
        assert mended == []
        assert [(token.type, token.start_pos) for token in tokens] == [
            (token.type, token.start_pos) for token in scan(source)
        ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("blank", ["  ", "\t", "\u00a0"])
def test_line_ends_tabs_and_a_byte_order_mark_change_nothing(line_end: str, mark: str, blank: str) -> None:
    lines = ("ad glow", "", "scene hook 8s {", '  action  "she smiles"', '  camera  """slow', '    push-in"""', "}")
    written = line_end.join(line.replace("  ", blank) for line in lines) + line_end
    good = compile_spec("main.ad", MemoryFiles({"main.ad": (mark + written).encode()}), builtin())
    plain = compile_spec("main.ad", MemoryFiles({"main.ad": "\n".join(lines).encode()}), builtin())
    assert good.diagnostics == ()
    assert good.plan is not None
    assert plain.plan is not None
    assert [step.arguments for step in good.plan.steps] == [step.arguments for step in plain.plan.steps]
    wrong = (mark + written.replace("camera", "kamera")).encode()
    (diagnostic,) = compile_spec("main.ad", MemoryFiles({"main.ad": wrong}), builtin()).diagnostics
    assert (diagnostic.code, diagnostic.span.line, diagnostic.span.column) == ("AD0203", 5, 1 + len(blank))


@pytest.mark.parametrize(
    "source",
    [
        *('"' * 60_000, "'a" * 40_000, "‘" * 60_000, "“" * 60_000, "«" * 60_000, "`" * 60_001, "/*" * 40_000),
        *("<!--\n" * 20_000, "{" * 40_000, "}" * 40_000, "scene a 8s\n x\n" * 8_000, "1" * 100_000, " " * 200_000),
        *("1,1" * 30_000, "a: b\n" * 20_000, "{{ a }}" * 15_000, '"a\n' * 20_000, ":" * 60_000, "cast a/b " * 10_000),
        *("1 " + " " * 100_000 + "x", "-" * 60_000, "(" * 60_000, '"""' + "\\" * 80_001, "#\n" * 50_000, "é;" * 30_000),
    ],
    ids=lambda source: repr(source[:6]),
)
def test_no_text_takes_more_than_its_length(source: str) -> None:
    """Each was chosen against a part of lexer or mender that might look at the rest of the text again and again.

    There is no clock in here: a text of that size that is read in squares would not end within the patience of anyone.
    """
    document, _ = parse("main.ad", source)
    assert document.path == "main.ad"
