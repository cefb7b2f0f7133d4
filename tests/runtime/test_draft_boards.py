"""Where things stand on a drafted board: words under the slate, names and cards clear of each other, notes unbroken."""

import pytest
from PIL import Image

from adc.runtime.draft.board import Board, Rect
from adc.runtime.draft.framing import LEAST, cover, widened
from adc.runtime.draft.layout import board_for
from adc.runtime.draft.notes import SEPARATOR, set_notes
from adc.runtime.draft.sheet import Line, Member, Sheet
from adc.runtime.media.typography import REGULAR, font

SIZES = [(540, 960), (960, 540), (540, 540), (540, 676)]
LONG = "Maya Brooks sets Glow Serum on the sill, turns her bare face to the sun, then looks back at us and smiles"
NOTES = (
    ("camera", "handheld selfie at arm's length, slow push-in"),
    ("light", "soft window light from the left"),
    ("mood", "honest and warm, like a video message to a friend"),
)


def sheet(people: int = 1, *, spoken: bool = False, title: str = "hook", start: Image.Image | None = None) -> Sheet:
    faces = [Member(f"Person {n}", Image.new("RGB", (400, 500), (170, 120, 90)), thing=False) for n in range(people)]
    bottle = Member("Glow Serum", Image.new("RGB", (300, 300), (220, 180, 120)), thing=True)
    return Sheet(
        title=title,
        model="Any Model 1",
        view="",
        setting="a small bright bathroom, morning, a plant and a folded towel by the sink",
        action=LONG,
        notes=NOTES,
        cast=(*faces, bottle),
        lines=(Line("Maya Brooks", "No filter. No foundation. I just leave the house now.", spoken),),
        start=start,
        end=None,
        continues=start is not None,
    )


def apart(one: Rect, other: Rect) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def luma(board: Board, box: Rect) -> tuple[int, int]:
    low, high = board.ground.y.crop(box).getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    return low, high


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("spoken", [True, False])
def test_the_slate_and_the_words_stand_apart(size: tuple[int, int], *, spoken: bool) -> None:
    board = board_for(sheet(spoken=spoken), size, "8")
    unit = board.measures.unit
    left, right = board.measures.margin, board.measures.margin + round(150 * unit)
    lines = luma(board, (left, round(28 * unit), right, round(80 * unit)))
    between = luma(board, (left, round(84 * unit), left + round(60 * unit), round(100 * unit)))
    assert lines[1] - lines[0] > 120, "the slate cannot be read"
    if not board.measures.tall:
        assert between[1] - between[0] < 40, "the words of the scene begin in the slate"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize("spoken", [True, False])
def test_cards_and_the_first_frame_keep_clear_of_each_other(
    size: tuple[int, int], people: int, *, spoken: bool
) -> None:
    board = board_for(sheet(people, spoken=spoken, start=Image.new("RGB", size, (90, 90, 90))), size, "8")
    main, card = (window.place for window in board.windows)
    assert apart(card, board.inset)
    assert board.inset[1] >= 92 * board.measures.unit, "the first frame stands in the slate"
    assert all(0 <= place <= most for place, most in zip(card, (*size, *size), strict=True))
    middle = (main[0] + main[2]) / 2
    if people == 2:
        assert abs((card[0] + card[2]) / 2 - middle) <= 2, "the card hides one of the two"
    else:
        assert card[0] > middle


@pytest.mark.parametrize("width", [260, 355, 411, 472, 900])
@pytest.mark.parametrize("most_lines", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_notes_break_only_between_notes(width: int, most_lines: int, count: int) -> None:
    block = set_notes(NOTES[:count], width, [15, 14, 13], most_lines)
    assert 1 <= len(block.lines) <= most_lines
    for line in block.lines:
        assert block.face.getlength(line) <= width
        assert line[0] not in " ·"
        assert line[-1] not in " ·,"
        for note in line.split(SEPARATOR):
            name, _, text = note.partition(": ")
            whole = dict(NOTES)[name.lower()]
            assert whole == text or whole.startswith(f"{text},"), "a note is cut within a clause"


def test_notes_that_fit_are_whole_and_as_large_as_they_can_be() -> None:
    block = set_notes(NOTES[:2], 900, [15, 14, 13], 2)
    assert block.lines == (
        "Camera: handheld selfie at arm's length, slow push-in · Light: soft window light from the left",
    )
    assert block.face.size == 15
    assert set_notes((), 400, [15], 2).lines == ()


def test_a_clause_that_is_longer_than_a_line_ends_in_an_ellipsis() -> None:
    (line,) = set_notes([("camera", "one very long movement without any comma in it at all")], 160, [13], 2).lines
    assert line.endswith("…")
    assert font(13, REGULAR).getlength(line) <= 160


def test_a_wide_frame_shows_most_of_an_upright_picture() -> None:
    picture = Image.new("RGB", (400, 500), (200, 200, 200))
    picture.paste((250, 0, 0), (150, 150, 250, 330))
    wide = widened(picture, (960, 540))
    assert wide.width / wide.height == pytest.approx(960 / (540 / LEAST), rel=0.01)
    framed = cover(wide, (960, 540))
    face = framed.getchannel("G").point([255 if level < 100 else 0 for level in range(256)]).getbbox()
    assert face is not None
    assert 0 < face[1] < face[3] < 540, "the face is cut"
    assert framed.getpixel((3, 270)) == pytest.approx((200, 200, 200), abs=2)
    assert widened(picture, (540, 960)) is picture
