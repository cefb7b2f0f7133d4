"""How long words take to be said, as far as their letters tell, in the languages that ads are mostly written in.

A person reads an advertisement at some fifteen letters a second, blanks and stops included: a hundred and fifty words
of English a minute. The voice will be faster or slower than that; these numbers find the line that nobody can say in
its time.

Other languages are measured in the same coin: `letters` counts what English would have needed, so that one letter
stands for the same time everywhere. Two studies say how they compare. Pellegrino, Coupé and Marsico, "A
cross-language perspective on speech information rate" (Language 87, 2011), give syllables a second read aloud without
pauses: English 6.2, German 6.0, Italian 7.0, French 7.2, Spanish 7.8, Japanese 7.8, Mandarin 5.2. Trauzettel-Klosinski
and Dietz, "Standardized assessment of reading performance" (IOVS 53, 2012), had texts of one content read aloud in
seventeen languages, Portuguese, Chinese and Japanese among them, and count words, syllables and letters a minute. The
paces below lie between the two, rounded to half a letter. Korean syllables, which neither measures, are taken to be
said as quickly as Japanese ones, with room for those that end in consonants.

Which language a line is in is told by its script, and in Latin letters by its commonest words. Where that leaves
doubt it is English, whose pace is in the middle.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Final
from unicodedata import east_asian_width

from adc.compiler.definitions import Line, Script, Text
from adc.compiler.frozen import frozen

PACE = 15
"""Letters a second of an unhurried voice."""

BRISK = 18
"""Letters a second of a brisk one, nearly two hundred words a minute. What needs more sounds rushed."""

FASTEST = 25
"""Letters a second beyond which speech is no longer understood: the small print at the end of a radio spot."""


@frozen
class Language:
    """A language in Latin letters: letters a second of an unhurried voice, and how it is told from others.

    `common` are words that hardly a sentence does without and that English does not have; `own` are letters that the
    others of the table seldom write.
    """

    name: str
    pace: Fraction
    common: frozenset[str]
    own: frozenset[str] = frozenset()


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


ENGLISH: Final = Language(
    "English",
    Fraction(PACE),
    _words("the and of to is it in that you for was with this my your i on are have not they at be we our what just"),
)

LANGUAGES: Final = (
    ENGLISH,
    Language(
        "Spanish",
        Fraction(15),
        _words("el los las una y que es en por con para mi tu su lo del al más pero como muy ya cuando está yo"),
        frozenset("ñ¿¡"),
    ),
    Language(
        "German",
        Fraction(27, 2),
        _words("der das und ist ich nicht ein eine zu mit auf für den dem sie wir es von meine auch hat sich aber"),
        frozenset("ßäöü"),
    ),
    Language(
        "French",
        Fraction(16),
        _words("le les des une et est je pas que dans mon ma ce cette vous nous il elle avec du au mes très qui"),
        frozenset("œêèëïîûç"),
    ),
    Language(
        "Italian",
        Fraction(14),
        _words("il gli di che è non un con mi si la le della nel sono ho mia mio più ma anche questo ogni alla"),
        frozenset("ìò"),
    ),
    Language(
        "Portuguese",
        Fraction(27, 2),
        _words("os um uma não em com para eu meu minha da na por mais você foi está isso ele muito todas todos"),
        frozenset("ãõ"),
    ),
)
"""Told apart in this order where two are equally likely."""

_KANA, _HANGUL, _HAN = 2, 3, 4
"""Letters that a syllable of kana or Hangul and a Chinese character stand for; in Japanese that is two syllables."""

_WIDE = 2
"""The same for any other wide letter: mostly a stop, which is a pause."""

_SIGNS = 2
"""How many of its words or letters a line must have before it is taken to be in a language other than English."""

_TAG = re.compile(r"\{\{(.*?)\}\}|\{[%#].*?[%#]\}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")


def shown(text: Text, script: Script) -> str:
    """The words of a text, near enough to be measured: names as they are shown, and no other part of the template."""
    names = {name: who.display for name, who in script.characters.items()}
    names |= {name: thing.display for name, thing in script.products.items()}
    for name, param in script.params.items():
        names[name] = param.value.value if isinstance(param.value, Text) else param.value
    for name, variant in script.variants.items():
        choice = variant.choices.get(variant.chosen, "")
        names[name] = choice.value if isinstance(choice, Text) else choice
    said = _TAG.sub(lambda tag: names.get((tag[1] or "").partition("|")[0].strip(), ""), text.value)
    return " ".join(said.split())


def words(line: Line, script: Script) -> str:
    """What is said, near enough to be measured."""
    return shown(line.text, script)


def letters(lines: Iterable[Line], script: Script) -> int:
    """How many letters of English the lines take the time of, in whatever language they are."""
    return _weigh("\n".join(words(line, script) for line in lines))


def language(said: str) -> Language:
    """The language that words in Latin letters are most likely in."""
    tokens = _WORD.findall(said.casefold())
    signs = {
        each.name: sum(token in each.common for token in tokens) + sum(letter in each.own for letter in said.casefold())
        for each in LANGUAGES
    }
    likeliest = max(LANGUAGES, key=lambda each: signs[each.name])
    return likeliest if signs[likeliest.name] >= _SIGNS else ENGLISH


def rest(spoken: int, seconds: Fraction) -> Fraction:
    """Seconds left for voice-overs in a scene whose lines on camera have `spoken` letters: those are said first."""
    return max(Fraction(0), seconds - Fraction(spoken, PACE))


@lru_cache(maxsize=4096)
def _weigh(said: str) -> int:
    weights = [_wide(letter) for letter in said if letter != "\n"]
    return sum(weights) + ceil(weights.count(0) * PACE / language(said).pace)


def _wide(letter: str) -> int:
    """What a letter of a script of syllables stands for; 0 for letters of other scripts."""
    point = ord(letter)
    if 0x3041 <= point <= 0x30FF or 0xFF66 <= point <= 0xFF9F:
        return _KANA
    if 0xAC00 <= point <= 0xD7A3:
        return _HANGUL
    if 0x3400 <= point <= 0x4DBF or 0x4E00 <= point <= 0x9FFF or 0x20000 <= point <= 0x2FFFF or letter == "々":
        return _HAN
    return _WIDE if east_asian_width(letter) in "WF" else 0
