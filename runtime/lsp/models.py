"""Models and their options in words: what each takes, makes and costs, straight from the catalogue."""

from collections.abc import Iterator, Mapping

from adc.compiler.catalogue import Catalogue, Endpoint, PriceRule, Role
from adc.compiler.price import amounts
from adc.compiler.settings import Setting, settings
from adc.compiler.units import unit_price_text

ROLES: Mapping[str, tuple[Role, ...]] = {
    "scene": ("clip",),
    "shot": ("clip",),
    "keyframe": ("still",),
    "voice": ("voice",),
    "music": ("music",),
    "lora": ("training",),
    "effect": ("sound",),
    "upscale": ("upscale",),
    "cutout": ("cutout",),
    "looks": ("description",),
    "captions": ("transcription",),
}
"""What may be named by `using` in a block, behind a keyframe, or in a statement that asks for something itself."""


def models_for(place: str, catalogue: Catalogue) -> dict[str, list[Endpoint]]:
    """The endpoints by model that can be named there; all models where the place is none of `ROLES`."""
    roles = ROLES.get(place)
    found: dict[str, list[Endpoint]] = {}
    for endpoint in catalogue.endpoints:
        if roles is None or endpoint.role in roles:
            found.setdefault(endpoint.model, []).append(endpoint)
    return found


def in_brief(endpoints: list[Endpoint]) -> str:
    """What the endpoints of a model cost and take together, on one line."""
    takes = dict.fromkeys(word for endpoint in endpoints for word in _takes(endpoint))
    return "; ".join((price_words([endpoint.price for endpoint in endpoints]), ", ".join(takes) or "words only"))


def page(name: str, endpoints: tuple[Endpoint, ...]) -> str:
    """A model in Markdown: each endpoint with what it takes, makes and costs."""
    return f"**model `{name}`**\n\n" + "\n".join(_lines(endpoints))


def _lines(endpoints: tuple[Endpoint, ...]) -> Iterator[str]:
    for endpoint in endpoints:
        takes = ", ".join(_takes(endpoint)) or "words only"
        since = endpoint.price.as_of or endpoint.as_of
        costs = price_words([endpoint.price]) + (f" (as of {since})" if since else "")
        yield f"- `{endpoint.id}`: {endpoint.use.rstrip('.')}. Takes {takes}; makes {endpoint.makes}; {costs}"


def _takes(endpoint: Endpoint) -> list[str]:
    takes = endpoint.takes
    words = [f"up to {takes.references} references"] if takes.references else []
    words += ["a start frame"] if takes.start_frame != "no" else []
    words += ["an end frame"] if takes.end_frame != "no" else []
    words += ["speech"] if takes.speech else []
    if takes.seconds:
        least, most = takes.seconds[0], takes.seconds[-1]
        words.append(f"{least} s" if least == most else f"{least} to {most} s")
    return words


def price_words(rules: list[PriceRule]) -> str:
    """`$0.10 a second`, `about $0.05 to $0.40 a second`; `price unknown` where nobody says."""
    known = [rule for rule in rules if rule.mark != "unknown"]
    found = sorted(amount for rule in known for amount, _ in amounts(rule.usd, rule.by))
    if not found:
        return "price unknown"
    least, most = unit_price_text(found[0]), unit_price_text(found[-1])
    about = "about " if any(rule.mark == "estimated" for rule in known) else ""
    return f"{about}{least if least == most else f'{least} to {most}'} a {known[0].unit}"


def options(endpoints: list[Endpoint]) -> dict[str, tuple[Endpoint, Setting]]:
    """What can be `set` of these endpoints: each option by its name, from the first that has it."""
    found: dict[str, tuple[Endpoint, Setting]] = {}
    for endpoint in endpoints:
        for setting in settings(endpoint):
            found.setdefault(setting.name, (endpoint, setting))
    return found


def option_words(setting: Setting) -> str:
    """`number, from 0 to 1, default 0.5`."""
    words: list[str] = [setting.kind]
    if setting.choices:
        words = ["one of " + ", ".join(f"`{choice}`" for choice in setting.choices)]
    if setting.least is not None and setting.most is not None:
        words.append(f"from {setting.least} to {setting.most}")
    elif setting.least is not None:
        words.append(f"at least {setting.least}")
    elif setting.most is not None:
        words.append(f"at most {setting.most}")
    if setting.longest is not None:
        words.append(f"at most {setting.longest:,} characters")
    if setting.default is not None:
        default = setting.default
        words.append(f"default `{str(default).lower() if isinstance(default, bool) else default}`")
    return ", ".join(words)


def choices(setting: Setting) -> list[str]:
    """The values of an option that has a few, as a spec writes them: texts stand between quotes."""
    if setting.kind == "true or false":
        return ["true", "false"]
    return [f'"{choice}"' if setting.kind == "text" else choice for choice in setting.choices]
