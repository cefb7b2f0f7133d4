"""The first spec of somebody who has none: three answers to the texts of a small project.

It needs no picture. The person is kept the same by words that every model is told, which a photo can replace later; a
comment at that place says how.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adc.compiler.format import format_text
from adc.compiler.intended import quoted
from adc.compiler.letters import has
from adc.compiler.mentions import ALWAYS, is_name
from adc.compiler.resolve import TAKEN

LOOKS = "about thirty, dark curly hair, a warm and open face"
"""A person of whom only the name is known."""

CARD_SECONDS = 3
LONGEST_SCENE = 8
SECONDS = range(7, 36)
"""How long the ad may be: one to four scenes of four to eight seconds, and a card."""

SHAPES = ("9:16", "1:1", "16:9")
"""Shapes that video models make."""

_SCENES = (
    (
        "hook",
        "looks straight at us and holds {thing} up to the lens",
        "says",
        "Okay. I did not expect this one to work.",
    ),
    ("proof", "tries {thing} for the first time, hands in close-up", "voiceover", "This is what surprised me."),
    (
        "change",
        "goes about the day, relaxed, {thing} within reach",
        "voiceover",
        "And now it is just there, every day.",
    ),
    ("smile", "looks back at us and smiles, {thing} in one hand", "voiceover", "You will see what I mean."),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the ad is for, who speaks in it and how that person looks, how long it is and which shape it has."""

    product: str = "Glow Serum"
    speaker: str = "Maya"
    looks: str = LOOKS
    seconds: int = 15
    shape: str = "9:16"


def first_spec(answers: Answers) -> Mapping[str, str]:
    """The files of the project, path to content. The first is the spec."""
    person = _name(answers.speaker, "host")
    thing = _name(answers.product, "item", {person})
    ad = _words(answers.product) or "first_ad"
    library = f"cast/{person}.ad"
    spec = f"""\
# An ad for {answers.product}: change any word, and only what depends on it is made again.
import "{library}"

ad {ad} {quoted(answers.product)} {{
duration {answers.seconds}s # the sum of the scenes and the card
size 1080p {answers.shape}
budget $15 # a plan that costs more is an error
}}

product {thing} {quoted(answers.product)} {{
looks "plain packaging with its name on the label"
}}
{_scenes(person, thing, answers.seconds - CARD_SECONDS)}
{_card(thing, answers.product)}"""
    cast = f"""\
# {answers.speaker}, for every ad that imports this file.

character {person} {quoted(answers.speaker)} {{
looks {_template(answers.looks)}
wears "cream knit sweater"
# With a photo the face is the same in every scene: reference "../refs/{person}.jpg"
}}
"""
    return {f"{ad}.ad": format_text(spec), library: format_text(cast)}


def _scenes(person: str, thing: str, seconds: int) -> str:
    """As many scenes as are needed, none longer than a model's clip; the first ones take what is left over."""
    count = -(-seconds // LONGEST_SCENE)
    shortest, longer = divmod(seconds, count)
    written = ""
    for number, (name, action, statement, line) in enumerate(_SCENES[:count]):
        does = action.format(thing=f"{{{{ {thing} }}}}")
        written += f"""
scene {name} {shortest + (number < longer)}s {{
cast {person}, {thing}
setting "a bright kitchen, morning"
action "{{{{ {person} }}}} {does}"
camera "handheld, at eye level, slow push-in"
{statement} {person} "{line}"
}}
"""
    return written


def _card(thing: str, product: str) -> str:
    """The end card; it names the product where the cards' font has the letters."""
    headline = f"{{{{ {thing} }}}}" if all(has(letter) for letter in product) else "See for yourself"
    return f"""\
card offer {CARD_SECONDS}s {{
headline "{headline}"
button "Shop now"
}}
"""


def _name(shown: str, otherwise: str, taken: Collection[str] = ()) -> str:
    """A name for what is shown as `shown`, unlike every other and every word of the language."""
    name = _words(shown) or otherwise
    usable = name not in TAKEN and name not in ALWAYS and name not in taken and is_name(name)
    return name if usable else f"{name}_{otherwise}"


def _words(shown: str) -> str:
    """The words of a text joined by underscores, accents taken off; empty where that is no name."""
    decomposed = unicodedata.normalize("NFKD", shown.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter) and letter not in "'’")
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", bare)).strip("_")[:40].rstrip("_")
    return name if name.isidentifier() and name.isprintable() else ""


def _template(text: str) -> str:
    """A template that reads as `text`: braces that would begin a tag are put in as texts."""
    return quoted(re.sub(r"\{(?=[{%#])", "{{ '{' }}", text))
