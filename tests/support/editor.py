"""An editor as far as a language server can tell: a real client that talks to `adc lsp` over its standard streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client
from support.command import ADC

LONGEST = 60
"""Seconds to wait for a server that does not answer."""


class Editor:
    """A client and what it was told. Positions are those of the editor: lines and UTF-16 units from 0."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.told: list[types.PublishDiagnosticsParams] = []
        self.versions: dict[str, int] = {}
        self._news = anyio.Event()
        client.protocol.fm.features.pop(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def hear(params: types.PublishDiagnosticsParams) -> None:
            self.told.append(params)
            self._news.set()
            self._news = anyio.Event()

    async def news(self, file: Path) -> None:
        """Wait until anything is told about the newest text of an open file."""
        newest = file.as_uri(), self.versions[file.as_uri()]
        with anyio.fail_after(LONGEST):
            while not any((each.uri, each.version) == newest for each in self.told):
                await self._news.wait()

    async def heard(self, file: Path, *codes: str, version: int | None = None) -> list[types.Diagnostic]:
        """The diagnostics of a file as soon as they are these, of the newest text if it is open."""
        wanted = version if version is not None else self.versions.get(file.as_uri())
        seen: list[list[str]] = []
        try:
            with anyio.fail_after(LONGEST):
                while True:
                    news = self._news
                    told = [each for each in self.told if each.uri == file.as_uri() and each.version == wanted]
                    seen = [[str(one.code) for one in each.diagnostics] for each in told]
                    if seen and seen[-1] == list(codes):
                        return list(told[-1].diagnostics)
                    await news.wait()
        except TimeoutError:
            raise AssertionError(f"heard {seen} instead of {list(codes)}") from None

    def open(self, file: Path, text: str | None = None) -> types.TextDocumentIdentifier:
        """Open a file, with its text on the disk or another one."""
        if text is None:
            text = file.read_bytes().decode()
        self.versions[file.as_uri()] = 1
        item = types.TextDocumentItem(file.as_uri(), "ad", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return types.TextDocumentIdentifier(file.as_uri())

    def change(self, file: Path, text: str, part: types.Range | None = None) -> None:
        """Replace a part of the text, or all of it."""
        self.versions[file.as_uri()] += 1
        change = (
            types.TextDocumentContentChangeWholeDocument(text)
            if part is None
            else types.TextDocumentContentChangePartial(part, text)
        )
        document = types.VersionedTextDocumentIdentifier(self.versions[file.as_uri()], file.as_uri())
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def close(self, file: Path) -> None:
        """Close a file."""
        del self.versions[file.as_uri()]
        document = types.TextDocumentIdentifier(file.as_uri())
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    async def completions(self, file: Path, position: types.Position) -> dict[str, types.CompletionItem]:
        """What can be typed at a position, by label."""
        params = types.CompletionParams(types.TextDocumentIdentifier(file.as_uri()), position)
        found = await self.client.text_document_completion_async(params)
        assert isinstance(found, list)
        return {item.label: item for item in found}

    async def hover(self, file: Path, position: types.Position) -> str:
        """What is told about a position; empty where nothing is."""
        params = types.HoverParams(types.TextDocumentIdentifier(file.as_uri()), position)
        found = await self.client.text_document_hover_async(params)
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value


def at(text: str, marked: str, *, plus: int | None = None) -> types.Position:
    """The position behind the first place where `marked` stands, or `plus` characters into it."""
    offset = text.index(marked) + (len(marked) if plus is None else plus)
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return types.Position(text.count("\n", 0, offset), len(line.encode("utf-16-le")) // 2)


def span(text: str, marked: str) -> types.Range:
    """The range of the first place where `marked` stands."""
    return types.Range(at(text, marked, plus=0), at(text, marked))


@asynccontextmanager
async def editor(folder: Path) -> AsyncIterator[Editor]:
    """An editor in a folder, with a server of its own that has to end well."""
    client = make_test_lsp_client()
    found = Editor(client)
    await client.start_io(*ADC, "lsp", cwd=folder)
    params = types.InitializeParams(capabilities=client_capabilities("visual-studio-code"), root_uri=folder.as_uri())
    await client.initialize_session(params)
    yield found
    await client.shutdown_session()
    assert client._server is not None
    assert client._server.returncode == 0
    await client.stop()  # type: ignore[no-untyped-call]
