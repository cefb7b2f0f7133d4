"""The catalogue of diagnostic codes. A code is never renumbered and never used for something else.

AD01xx  files and syntax        AD04xx  film and time
AD02xx  names                   AD05xx  models and casting
AD03xx  types and values        AD06xx  templates
                                AD07xx  answers of the models
"""

import re
from collections.abc import Mapping
from typing import NamedTuple


class Code(NamedTuple):
    """What a code stands for: a title of a few words and one line of meaning."""

    title: str
    meaning: str


FAMILIES: Mapping[str, str] = {
    "AD01": "files and syntax",
    "AD02": "names",
    "AD03": "types and values",
    "AD04": "film and time",
    "AD05": "models and casting",
    "AD06": "templates",
    "AD07": "answers of the models",
}
"""What the codes that begin like this are about."""

WARNINGS = frozenset(
    {"AD0140", "AD0208", "AD0413", "AD0414", "AD0416", "AD0420", "AD0421"}
    | {
        "AD0424",
        "AD0425",
        "AD0426",
        "AD0428",
        "AD0502",
        "AD0506",
        "AD0507",
        "AD0511",
        "AD0522",
        "AD0583",
        "AD0584",
        "AD0585",
    }
)
"""Codes that are told as warnings, always or in some places. All others are errors, and no comment can allow them."""

CODES: Mapping[str, Code] = {
    "AD0101": Code("file not found", "A file that the spec names does not exist."),
    "AD0102": Code("file outside the project", "A path leads out of the project's folder, or is absolute."),
    "AD0103": Code("file is not UTF-8", "A spec is text in UTF-8; this file holds other bytes."),
    "AD0104": Code("empty file", "The file holds no statement."),
    "AD0105": Code("file cannot be read", "The path is a folder, or the system refuses to read it."),
    "AD0106": Code("character without a meaning", "A character that is no part of the language."),
    "AD0107": Code("text not closed", 'A text begins with a quote and never ends. Long texts take """ on both sides.'),
    "AD0108": Code("unknown escape", r"A text knows two escapes: \" for a quote and \\ for a backslash."),
    "AD0109": Code("block not closed", "A `{` has no `}`."),
    "AD0110": Code("stray brace", "A `}` closes nothing."),
    "AD0111": Code("misplaced block", "A `{` stands at the end of the statement that it belongs to."),
    "AD0112": Code("statement without a keyword", "Every statement begins with a word that says what it is."),
    "AD0113": Code("misplaced comma", "Commas part the items of a list: `cast maya, serum`."),
    "AD0114": Code("two statements on a line", "A line end ends a statement; the next begins on a line of its own."),
    "AD0115": Code("blocks too deep", "Blocks are nested far deeper than the language ever needs."),
    "AD0116": Code("import cycle", "A file imports itself, straight or through others."),
    "AD0117": Code("not a picture", "The file is no whole PNG, JPEG or WebP picture."),
    "AD0118": Code("not a recording", "The file is no sound in a known format."),
    "AD0119": Code("block not opened", "A declaration is followed by indented statements, and its `{` is missing."),
    "AD0120": Code("another language", "The file is YAML, JSON or prose; a spec has a form of its own."),
    "AD0121": Code("braces around a name", "`{{ }}` puts a name into a text; outside of texts names stand bare."),
    "AD0140": Code("nothing to allow", "A comment allows a warning that its line does not give."),
    "AD0141": Code("unknown code", "A comment allows a code that does not exist."),
    "AD0142": Code("errors cannot be allowed", "A comment allows a code that is always an error."),
    "AD0123": Code("not the manifest of a pack", "The file that `pack` names is no manifest that `adc pack` writes."),
    "AD0201": Code("unknown name", "Nothing with this name is declared."),
    "AD0202": Code("declared twice", "Two declarations share a name."),
    "AD0203": Code("unknown statement", "The keyword does not exist, or not at this place."),
    "AD0204": Code("written twice", "A statement that may stand once in its block stands there again."),
    "AD0205": Code("wrong kind of name", "The name is declared, but as something else than is needed here."),
    "AD0206": Code("unusable name", "Names are letters, digits and underscores; a few words are taken."),
    "AD0207": Code("named twice", "A list names the same thing again."),
    "AD0208": Code("unused declaration", "Something is declared here and used nowhere in the film."),
    "AD0210": Code("unknown choice of the build", "`--set` or `--variant` names what the spec does not declare."),
    "AD0301": Code("wrong type of value", "The statement takes another type of value."),
    "AD0302": Code("wrong number of values", "The statement takes more or fewer values."),
    "AD0303": Code("value out of range", "The value has the right type and an impossible size."),
    "AD0304": Code("unknown choice", "The statement takes one of a few words, and this is none of them."),
    "AD0305": Code("unreadable value", "A number with a unit that the language does not know."),
    "AD0306": Code("not a colour", 'Colours are written as texts: `"#f4efe8"`.'),
    "AD0307": Code("picture too small", "Models refuse reference pictures with a side under 300 pixels."),
    "AD0308": Code("picture too heavy", "Models refuse reference pictures of more than 10 MB."),
    "AD0309": Code("unexpected block", "This statement has no block."),
    "AD0310": Code("text without words", "A text that is there to be read, shown or spoken holds no words."),
    "AD0311": Code("picture too large", "A picture of more than 50 million pixels cannot be drawn safely."),
    "AD0312": Code("letter not in the font", "Cards are set in Noto Sans, which does not have this letter."),
    "AD0313": Code(
        "picture of a size or shape that is refused", "The model takes no picture as large or as long as this."
    ),
    "AD0401": Code("no ad", "A spec that is built declares what it delivers: `ad NAME { … }`."),
    "AD0402": Code("two ads", "A spec declares exactly one `ad`."),
    "AD0403": Code("empty film", "The spec has neither a scene nor a card."),
    "AD0404": Code("durations do not add up", "An ad or a scene does not last as long as what it is made of."),
    "AD0405": Code("misplaced transition", "A transition stands between two scenes or cards, one between each two."),
    "AD0406": Code("nothing to continue", "`transition continue` joins two scenes; a card cannot be continued."),
    "AD0407": Code("frame not made yet", "`start frame of` names a scene that plays earlier."),
    "AD0408": Code("empty scene", "A scene says nothing about what is to be seen."),
    "AD0409": Code("speaker not in the cast", "Who speaks on camera has to be in the scene's cast."),
    "AD0410": Code("shorter than a frame", "The scene or card is too short to be seen at the film's rate."),
    "AD0411": Code("misplaced declaration", "`ad`, scenes, cards and transitions stand in the file that is built."),
    "AD0412": Code("two first frames", "A scene that continues another cannot have a start frame of its own."),
    "AD0413": Code("statement without effect", "`prompt` replaces the composed prompt, so this statement is not used."),
    "AD0414": Code("blank card", "The card shows nothing but its background."),
    "AD0415": Code("pack without a reference", "Views are made from one photo of the character: its `reference`."),
    "AD0416": Code("too much to say", "The lines of the scene cannot be spoken in the time that it lasts."),
    "AD0420": Code("long chain", "Each clip of a chain starts from the last frame of the one before, and faces drift."),
    "AD0421": Code(
        "lettering in a prompt", "Models draw letters badly; text on screen is a `super`, set here and free."
    ),
    "AD0422": Code("super out of time", "A super begins and ends while its scene is on screen."),
    "AD0423": Code("supers on top of each other", "Two supers stand at the same place at the same time."),
    "AD0424": Code("no time to read", "The text is on screen for less time than people need to read it."),
    "AD0425": Code("text too wide", "The text cannot be set in a readable size where no platform covers it."),
    "AD0426": Code("said already", "The style says this already, and the model would read it twice."),
    "AD0427": Code("refused by a platform", "The film breaks a limit of a platform that it is made for."),
    "AD0428": Code("discouraged by a platform", "The platform takes the film and shows it badly."),
    "AD0429": Code("cross-fade too long", "The cross-fades around a scene or card take up all of its time."),
    "AD0440": Code("nothing to morph", "`transition morph` joins two scenes; a card has no clip to morph."),
    "AD0441": Code("frames in a circle", "A scene needs a frame of another, which cannot be made without the first."),
    "AD0442": Code("morph into itself", "The scenes around a morph meet in one frame; it would change nothing."),
    "AD0443": Code("said in no shot", "A line of a scene with shots stands in the shot in which it is said."),
    "AD0444": Code("looks of no picture", "`looks auto` describes the `reference`, and there is none."),
    "AD0445": Code("too few photos", "A LoRA is trained on four different photos or more."),
    "AD0501": Code("no model for this", "No model of the catalogue, or not the one named, can make what is asked."),
    "AD0502": Code("pictures not shown to the model", "The start frame alone carries the faces of the cast."),
    "AD0503": Code("unknown option", "`set` names an option that the model does not have, or that is not free."),
    "AD0504": Code("request refused", "The request breaks a limit of the model's endpoint."),
    "AD0505": Code("two speakers, one voice", "A mute model's clip gets a single voice laid over its lips."),
    "AD0506": Code("price not known", "Nobody knows what this purchase costs, so no budget can be kept with it."),
    "AD0507": Code("seed without effect", "The model that makes the scene takes no seed; `take` asks for another try."),
    "AD0511": Code("picture shown to nobody", "A picture that gives a look is in no request of the film."),
    "AD0520": Code(
        "not an endpoint", "An endpoint is named by its owner and its name: `fal-ai/wan/v2.2/image-to-video`."
    ),
    "AD0521": Code(
        "model that does not fit together", "Statements of a `model` contradict each other, or one is missing."
    ),
    "AD0522": Code("price not told", "A `model` without a price counts as nothing, and the budget cannot see it."),
    "AD0510": Code("over the budget", "The plan costs more than `budget` allows."),
    "AD0580": Code("cut-out of no picture", "`cutout` takes the background out of the `reference`, and there is none."),
    "AD0581": Code("effect out of time", "An effect begins and ends while its scene plays."),
    "AD0582": Code("picture of nobody", "A card shows the `reference` of somebody or something that has none."),
    "AD0583": Code("nothing to enlarge", "`upscale` makes clips as large as the film, and these are."),
    "AD0584": Code("size of a clip not known", "Nobody knows how large the model's clips are, so none is enlarged."),
    "AD0585": Code("nothing to hear", "Captions are timed by what is said, and nobody says anything."),
    "AD0601": Code("template not understood", "What stands between the braces is not a template."),
    "AD0602": Code("unknown name in a template", "Nothing with this name can be put into a text."),
    "AD0603": Code("unknown filter", "The template uses a filter or test that does not exist."),
    "AD0604": Code(
        "template out of bounds",
        "Templates of a spec fill in names and shape words; they neither load, call nor repeat.",
    ),
    "AD0605": Code("texts in a circle", "A text names another that needs the first, so neither can be put together."),
    "AD0606": Code("words to come", "`looks auto` is written by a model later; only prompts can wait for its words."),
    "AD0701": Code("refused by the model", "The model's endpoint does not take a value that it was sent."),
    "AD0702": Code("refused by a filter", "A filter refused the words, a picture, or what the model made of them."),
    "AD0703": Code("file refused by the model", "The model cannot use a picture, sound or clip that it was sent."),
}

_WRITTEN = re.compile(r"(?:AD)?0*([0-9]{1,4})", re.IGNORECASE)


def code_for(word: str) -> str | None:
    """The code that `word` means: `AD0103`, in small letters too, or `0103`, or `103`. None where there is none."""
    written = _WRITTEN.fullmatch(word.strip())
    code = f"AD{int(written[1]):04}" if written else ""
    return code if code in CODES else None


def nearest_code(word: str) -> str:
    """The hint that names the code that was meant: written otherwise, or with two digits in the wrong order."""
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    near = next(filter(None, map(code_for, (word, *swapped))), None)
    return f"did you mean `{near}`?" if near else "`adc explain` lists all codes"
