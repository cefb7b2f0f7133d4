"""Running the local handlers on real files, as the executor would."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from adc.compiler.plan import Json, Ref, Step, StepKind, StepRef
from adc.runtime.ports import Handler, Made, Workspace


def workspace(folder: Path, files: Mapping[str, Path], note: Callable[[str], None] = lambda _text: None) -> Workspace:
    """An empty folder, and the files that steps have made by the steps' ids."""
    folder.mkdir(parents=True, exist_ok=True)

    def path_of(ref: Ref) -> Path:
        assert isinstance(ref, StepRef)
        return files[ref.step]

    return Workspace(folder, "key", path_of, lambda ref: str(path_of(ref)), note)


def ref(step: str, output: str) -> Json:
    """A reference to a step's output."""
    return StepRef(step, output).to_json()


def film_step(
    segments: Sequence[tuple[str, int, int]],
    *,
    size: tuple[int, int] = (160, 284),
    rate: int = 30,
    voices: Sequence[tuple[str, int, int]] = (),
    stills: Sequence[str] = (),
    fades: Mapping[str, tuple[str, int]] | None = None,
    **more: Json,
) -> Step:
    """The film of segments (id, frames, skip); files are named `ID.clip`, or `ID.card` for those among `stills`.

    `fades` are kind and frames by the id of the segment that fades in; `more` are further arguments of the step.
    """
    items: list[Json] = []
    for name, frames, skip in segments:
        item: dict[str, Json] = {"id": name, "frames": frames}
        if name in stills:
            item["image"] = ref(f"{name}.card", "image")
        else:
            item |= {"video": ref(f"{name}.clip", "video"), "skip": skip}
        if fades and name in fades:
            item["fade"] = {"kind": fades[name][0], "frames": fades[name][1]}
        items.append(item)
    spoken: list[Json] = [{"audio": ref(name, "audio"), "at": at, "frames": frames} for name, at, frames in voices]
    return step("film", "film.master", "video", {
        "width": size[0], "height": size[1], "rate": rate, "segments": items, "voices": spoken,
        **more,
    })  # fmt: skip


def step(kind: StepKind, name: str, output: str, arguments: dict[str, Json]) -> Step:
    """A local step."""
    return Step(name, kind, None, arguments, output, "a test")  # type: ignore[arg-type]


async def made_by(handler: Handler, task: Step, place: Workspace) -> Path:
    """Run the handler; the one file that it made."""
    made: Made = await handler.run(task, place)
    assert list(made.files) == [task.output]
    assert made.receipt.engine == handler.engine(task).name
    assert made.files[task.output].parent == place.folder
    return made.files[task.output]
