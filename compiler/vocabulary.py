"""The words of the language as tables: which statements a declaration has, and how each is written.

`usage` is what a diagnostic shows as the right form, and what an editor offers.
"""

from collections.abc import Iterable, Mapping

from adc.compiler.frozen import field, frozen


@frozen
class Table:
    """The statements of one place. Those in `many` may be repeated; those in `blocks` have, or may have, a block.

    `habits` are words that people write for a statement out of habit, with the one that they mean.
    """

    place: str
    usage: Mapping[str, str]
    many: frozenset[str] = frozenset()
    blocks: Mapping[str, "Table"] = field(default_factory=dict)
    habits: Mapping[str, str] = field(default_factory=dict)


def _habits(**words: str) -> dict[str, str]:
    """`rate="fps framerate"` as `{"fps": "rate", "framerate": "rate"}`."""
    return {word: statement for statement, habits in words.items() for word in habits.split()}


_CUTOUT = "cut_out cutout_image remove_background no_background transparent"

AD = Table(
    "`ad`",
    {
        "duration": "duration 30s",
        "size": "size 1080p 9:16",
        "rate": "rate 30fps",
        "budget": "budget $15",
        "style": "style phone",
        "captions": "captions bold",
        "upscale": "upscale using topaz",
        "music": 'music "soft lo-fi, hopeful, no vocals"',
        "loudness": "loudness -14LUFS",
        "deliver": "deliver 9:16, 1:1",
        "platform": "platform tiktok, reels",
    },
    blocks={
        "music": Table(
            "`music`",
            {
                "level": "level -22dB",
                "duck": "duck 9dB",
                "using": "using stable_audio",
                "set": "set num_inference_steps 8",
            },
            many=frozenset({"set"}),
            habits=_habits(level="volume loudness gain", duck="ducking", using="model"),
        )
    },
    habits=_habits(
        duration="length time seconds runtime",
        size="resolution ratio aspect aspect_ratio format dimensions",
        rate="fps framerate frame_rate frames",
        budget="cost price max_cost limit",
        captions="caption subtitles subtitle",
        upscale="upscaling enlarge enhance superresolution",
        music="song soundtrack audio sound track",
        deliver="deliverables outputs output formats aspects ratios",
        platform="platforms channel channels network",
    ),
)

CHARACTER = Table(
    "`character`",
    {
        "reference": 'reference "refs/maya.png"',
        "photos": 'photos "refs/maya/*.jpg"',
        "looks": 'looks "late twenties, freckles"',
        "wears": 'wears "cream knit sweater"',
        "voice": "voice warm",
        "cutout": "cutout using birefnet",
        "pack": "pack front, three_quarter, profile, smile",
        "lora": "lora { … }",
    },
    blocks={
        "lora": Table(
            "`lora`",
            {
                "photos": 'photos "refs/maya/*.jpg"',
                "trigger": 'trigger "MAYAB"',
                "steps": "steps 1000",
                "using": "using flux_lora_fast_training",
                "set": "set create_masks true",
            },
            many=frozenset({"set"}),
            habits=_habits(photos="images pictures reference", trigger="token word", using="model"),
        )
    },
    habits=_habits(
        reference="image picture photo img ref face portrait",
        photos="images pictures",
        looks="look description describe appearance age face_description details",
        wears="wear clothes clothing outfit costume wardrobe",
        cutout=_CUTOUT,
        pack="views angles",
    ),
)

PRODUCT = Table(
    "`product`",
    {
        "reference": 'reference "refs/serum.png"',
        "photos": 'photos "refs/serum/*.jpg"',
        "looks": 'looks "amber glass dropper bottle"',
        "cutout": "cutout using birefnet",
    },
    habits=_habits(
        reference="image picture photo img ref packshot",
        photos="images pictures",
        looks="look description describe appearance details",
        cutout=_CUTOUT,
    ),
)

STYLE = Table(
    "`style`",
    {
        "look": 'look "shot on a phone, soft window light"',
        "avoid": 'avoid "text, watermark"',
        "reference": 'reference "refs/look.jpg"',
    },
    habits=_habits(
        look="looks description prompt",
        avoid="negative negative_prompt not without exclude",
        reference="image picture photo ref",
    ),
)

VOICE = Table(
    "`voice`",
    {"using": "using eleven_v3", "id": 'id "Rachel"', "set": "set stability 0.5"},
    many=frozenset({"set"}),
    habits=_habits(using="model provider engine", id="name voice voice_id"),
)

MODEL = Table(
    "`model`",
    {
        "makes": "makes video",
        "lengths": "lengths 5s, 10s",
        "aspects": "aspects 9:16, 16:9",
        "resolutions": "resolutions 720p, 1080p",
        "references": "references 4",
        "start": "start required",
        "end": "end optional",
        "speech": "speech yes",
        "price": "price $0.05 per second",
        "longest_prompt": "longest_prompt 2000 characters",
        "send": 'send start "image_url"',
        "set": "set enable_safety_checker true",
        "output": 'output "video"',
    },
    many=frozenset({"send", "set"}),
    habits=_habits(
        makes="type kind",
        lengths="length duration durations",
        aspects="aspect ratio ratios",
        resolutions="resolution size",
        price="cost",
        send="argument arg input",
    ),
)

SHOT = Table(
    "`shot`",
    {
        "using": "using kling_o1",
        "cast": "cast maya, serum",
        "setting": 'setting "a small bright bathroom"',
        "action": 'action "{{ maya }} lifts {{ serum }}"',
        "camera": 'camera "slow push-in"',
        "light": 'light "morning sun"',
        "mood": 'mood "hopeful"',
        "sound": 'sound "a tap drips"',
        "prompt": 'prompt "{{ maya }} smiles"',
        "says": 'says maya "I almost gave up."',
        "voiceover": 'voiceover maya "Two drops."',
        "effect": 'effect "a cork pops" from 1s for 2s',
        "super": 'super "Day 30" at top from 1s for 3s',
        "avoid": 'avoid "text, watermark"',
        "reference": 'reference "refs/look.jpg"',
        "style": "style phone",
        "start": 'start "refs/first.png"',
        "end": 'end "refs/last.png"',
        "seed": "seed 7",
        "take": "take 2",
        "upscale": "upscale using topaz",
        "set": "set cfg_scale 0.5",
    },
    many=frozenset({"says", "voiceover", "effect", "super", "set"}),
    habits=_habits(
        using="model engine",
        cast="character characters actor actors people person who props product products",
        setting="location place background where scenery set_design",
        action="description describe what happens visual video shows content",
        camera="shot_type lens movement motion framing angle",
        light="lighting lights",
        mood="tone feeling atmosphere",
        sound="audio ambience",
        effect="sfx foley sound_effect soundeffect",
        upscale="upscaling enlarge enhance",
        says="say said speaks dialogue dialog speech line lines talks",
        voiceover="vo narrator narration narrates offscreen voice_over",
        super="text title caption captions subtitle subtitles overlay lower_third",
        avoid="negative negative_prompt without",
        reference="image picture photo ref",
        start="start_frame first_frame begin",
        end="end_frame last_frame",
    ),
)

SCENE = Table(
    "`scene`",
    {**SHOT.usage, "shot": "shot 4s { … }"},
    many=SHOT.many | {"shot"},
    blocks={"shot": SHOT},
    habits=SHOT.habits,
)

CARD = Table(
    "`card`",
    {
        "background": 'background "#f4efe8"',
        "headline": 'headline "Glow Serum"',
        "line": 'line "20% off your first bottle"',
        "button": 'button "Shop now"',
        "logo": 'logo "refs/logo.png"',
        "image": 'image "refs/bottle.png"',
    },
    many=frozenset({"line"}),
    habits=_habits(
        background="color colour bg background_color backdrop",
        headline="title heading header h1",
        line="text subtitle subline tagline body super caption description",
        button="cta call_to_action",
        image="picture photo product packshot reference",
    ),
)

TOP = Table(
    "a file",
    {
        "import": 'import "cast/maya.ad"',
        "ad": 'ad glow_serum "Glow Serum" { … }',
        "param": 'param city "Denver"',
        "variant": 'variant opener { doubt "…" }',
        "character": 'character maya "Maya Brooks" { … }',
        "product": 'product serum "Glow Serum" { … }',
        "style": "style phone { … }",
        "voice": "voice warm { … }",
        "model": 'model wan "fal-ai/wan" { … }',
        "scene": "scene hook 8s { … }",
        "card": "card offer 3s { … }",
        "transition": "transition continue",
    },
    many=frozenset({"import", "param", "variant", "character", "product", "style", "voice", "model"})
    | {"scene", "card", "transition"},
    blocks={
        "ad": AD,
        "character": CHARACTER,
        "product": PRODUCT,
        "style": STYLE,
        "voice": VOICE,
        "model": MODEL,
        "scene": SCENE,
        "card": CARD,
    },
    habits=_habits(
        **{"import": "include use require from load"},
        ad="video film spot commercial project",
        param="var variable let const input define parameter",
        variant="variants option options ab choice",
        character="actor actress person people characters talent",
        product="item object prop packshot products",
        scene="clip sequence scenes",
        card="endcard end_card title_card slide outro titlecard endslate slate",
        transition="join cross_fade",
    ),
)

TABLES = (
    *(TOP, AD, CHARACTER, PRODUCT, STYLE, SCENE, CARD, VOICE, MODEL),
    *(*AD.blocks.values(), *CHARACTER.blocks.values(), SHOT),
)

VIEWS = ("front", "three_quarter", "profile", "smile", "neutral", "back")
"""What a `pack` may hold."""

PLACES = ("top", "center", "bottom", "top_left", "top_right", "bottom_left", "bottom_right")
"""Where a `super` may stand."""

CAPTIONS = ("plain", "bold", "karaoke", "boxed")
"""Styles of captions."""

_SIDES = ("left", "right", "up", "down")
_CORNERS = ("tl", "tr", "bl", "br")
FADES = (
    *("dissolve", "fade", "fade_black", "fade_white", "fade_grays"),
    *(f"{kind}_{side}" for kind in ("wipe", "slide", "smooth") for side in _SIDES),
    *(f"{kind}_{corner}" for kind in ("wipe", "diag") for corner in _CORNERS),
    *("circle_open", "circle_close", "circle_crop", "rect_crop", "horz_open", "horz_close", "vert_open", "vert_close"),
    *("hl_slice", "hr_slice", "vu_slice", "vd_slice", "h_blur", "squeeze_h", "squeeze_v"),
    *("distance", "pixelize", "radial", "zoom_in"),
)
"""Cross-fades: the names of ffmpeg's xfade filter, its words parted by underscores."""

TRANSITIONS = ("cut", "continue", "morph", *FADES)
"""What may stand between two scenes."""


def likeliest(word: str, options: Iterable[str]) -> str:
    """The hint that names the option most like `word`, or an empty one."""
    import difflib  # only a mistake needs it

    plain = {option.casefold(): option for option in sorted(options)}
    near = difflib.get_close_matches(word.casefold(), plain, n=1)
    return f"did you mean `{plain[near[0]]}`?" if near else ""
