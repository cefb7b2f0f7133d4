"""The rooms' arrows: who may import whom, read from the code's own import statements."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("compiler", "runtime", "grammar", "schemas")

_EFFECTS = {
    "asyncio",
    "anyio",
    "httpx",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "time",
}
"""Modules that the pure compiler has no business with: network, process, clock, environment, chance."""

_VALUES = {
    "catalogue",
    "changes",
    "choices",
    "derivations",
    "diagnostics",
    "diff",
    "digest",
    "files",
    "frozen",
    "pins",
    "plan",
    "price",
    "request",
    "rewording",
    "source",
    "units",
}
"""The compiler's values that the runtime may use."""

_SEEN_BY_TESTS = tuple(
    f"adc.runtime.{name}" for name in ("cli.locked", "disk", "errors", "forecast", "lock", "reporters", "testing")
)
"""What tests of ads have of the runtime: files and locks are read, plans are told, and nothing is made."""


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, dotted."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def python_files(folder: Path) -> list[Path]:
    """The Python files of a room."""
    found = sorted(folder.rglob("*.py"))
    assert found, f"no code in {folder}"
    return found


def test_the_compiler_never_imports_the_runtime(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for file in python_files(repository / "compiler")
        for module in imports(file)
        if module.startswith("adc.runtime")
    ]
    assert wrong == []


def test_the_compiler_is_pure(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for file in python_files(repository / "compiler")
        if file.name != "data.py"  # the one door to what ships beside the code
        for module in imports(file)
        if module.partition(".")[0] in _EFFECTS
    ]
    assert wrong == []


def test_the_runtime_uses_only_the_compilers_values(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for file in python_files(repository / "runtime")
        if file.parent.name not in ("cli", "lsp", "testing")  # the compiler's faces: to a terminal, an editor, a test
        for module in imports(file)
        if module.startswith("adc.compiler.") and module.split(".")[2] not in _VALUES
    ]
    assert wrong == []


def test_the_language_server_reads_and_never_runs(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for file in python_files(repository / "runtime" / "lsp")
        for module in imports(file)
        if module.startswith("adc.runtime.") and module.split(".")[2] not in ("disk", "lsp", "version")
    ]
    assert wrong == []


def test_tests_of_ads_compile_and_never_run(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for file in python_files(repository / "runtime" / "testing")
        for module in imports(file)
        if module.startswith("adc.runtime.") and not module.startswith(_SEEN_BY_TESTS)
    ]
    assert wrong == []


def test_only_the_command_line_knows_the_command_line(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for file in python_files(repository / "runtime")
        if file.parent.name != "cli" and file.name != "__main__.py"
        for module in imports(file)
        if module.startswith("adc.runtime.cli")
        and not (file.parent.name == "testing" and module.startswith("adc.runtime.cli.locked"))
    ]
    assert wrong == []


def test_nothing_imports_the_tests_or_the_specs(repository: Path) -> None:
    wrong = [
        f"{file.relative_to(repository)}: {module}"
        for room in ROOMS
        for file in sorted((repository / room).rglob("*.py"))
        for module in imports(file)
        if module.partition(".")[0] in ("tests", "specs", "support")
    ]
    assert wrong == []


def test_every_file_opens_with_its_idea(repository: Path) -> None:
    silent = [
        str(file.relative_to(repository))
        for room in ROOMS
        for file in sorted((repository / room).rglob("*.py"))
        if (text := file.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []
