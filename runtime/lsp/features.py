"""What the editor may ask, each request in a few lines."""

import asyncio
from collections.abc import Iterable

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from adc.compiler.catalogue import Catalogue
from adc.compiler.format import format_text
from adc.compiler.index import Link
from adc.compiler.place import outline
from adc.runtime.lsp.completion import TRIGGERS, completions
from adc.runtime.lsp.findings import mends
from adc.runtime.lsp.hover import hover
from adc.runtime.lsp.names import definition, references
from adc.runtime.lsp.server import SpecServer
from adc.runtime.lsp.shape import folds, symbols
from adc.runtime.lsp.specs import Reading, importers
from adc.runtime.lsp.view import View

_CODE_ACTIONS = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
_COMPLETIONS = types.CompletionOptions(trigger_characters=list(TRIGGERS))


class Refused(JsonRpcException):
    """A request that cannot be done as asked; the message is for whoever asked."""

    CODE = types.LSPErrorCodes.RequestFailed.value
    MESSAGE = "refused"


def create(catalogue: Catalogue) -> SpecServer:
    """A server that answers everything below."""
    server = SpecServer(catalogue)
    for register in (_documents, _reading, _names, _layout):
        register(server)
    return server


def _documents(server: SpecServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.opened(params.text_document.uri, params.text_document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        path = server.path(params.text_document.uri)
        for change in params.content_changes:
            part = change.range if isinstance(change, types.TextDocumentContentChangePartial) else None
            server.buffers.open[path] = server.buffers.open[path].changed(part, change.text)
        server.changed(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(_params: types.DidSaveTextDocumentParams) -> None:
        server.refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(_params: types.DidChangeWatchedFilesParams) -> None:
        server.refresh()

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        for task in server.tasks.values():
            task.cancel()
        await asyncio.gather(*server.tasks.values(), return_exceptions=True)
        server.threads.shutdown(cancel_futures=True)


def _reading(server: SpecServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(params: types.HoverParams) -> types.Hover | None:
        view = server.view(params.text_document.uri, params.position)
        found = hover(view) if view else None
        if view is None or found is None:
            return None
        text, start, end = found
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), view.lines.range(start, end))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, _COMPLETIONS)
    def on_completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        view = server.view(params.text_document.uri, params.position)
        return completions(view) if view else []

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, _CODE_ACTIONS)
    def on_code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        lines = server.buffers.lines(server.path(params.text_document.uri))
        asked = params.context.diagnostics
        return list(mends(params.text_document.uri, outline(lines.text), lines, asked)) if lines else []


def _names(server: SpecServer) -> None:
    def link_at(view: View | None) -> Link | None:
        return view.reading.index.link_at(view.name, view.offset) if view else None

    def readings(view: View, link: Link) -> Iterable[Reading]:
        """The specs that can see what a link stands for, the view's own first."""
        yield view.reading
        home = view.reading.outside(link.declared.path)
        for path in importers(home, server.buffers):
            if path != view.spec.path:
                yield server.reading(server.spec(path))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(params: types.DefinitionParams) -> types.Location | None:
        view = server.view(params.text_document.uri, params.position)
        place = definition(view) if view else None
        return server.place(place) if place else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(params: types.ReferenceParams) -> list[types.Location]:
        view = server.view(params.text_document.uri, params.position)
        link = link_at(view)
        if view is None or link is None:
            return []
        declaration = params.context.include_declaration
        found = references(view, link.declared, readings(view, link), with_declaration=declaration)
        return [server.place(place) for place in found]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def on_prepare_rename(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        view = server.view(params.text_document.uri, params.position)
        link = link_at(view)
        if view is None or link is None:
            return None
        return types.PrepareRenamePlaceholder(view.lines.range(link.start, link.end), link.declared.name)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def on_rename(params: types.RenameParams) -> types.WorkspaceEdit:
        view = server.view(params.text_document.uri, params.position)
        link = link_at(view)
        if view is None or link is None:
            raise Refused("what stands here is not a name that a spec declares")
        concerned = list(readings(view, link))
        for reading in concerned:
            reason = reading.index.unusable(link.declared, params.new_name)
            if reason:
                raise Refused(reason)
        changes: dict[str, list[types.TextEdit]] = {}
        for place in references(view, link.declared, concerned):
            location = server.place(place)
            changes.setdefault(location.uri, []).append(types.TextEdit(location.range, params.new_name))
        return types.WorkspaceEdit(changes=changes)


def _layout(server: SpecServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def on_formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        lines = server.buffers.lines(server.path(params.text_document.uri))
        if lines is None:
            return []
        new = format_text(lines.text)
        if new == lines.text:
            return []
        return [types.TextEdit(lines.range(0, len(lines.text)), new.replace("\n", lines.line_end))]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        lines = server.buffers.lines(server.path(params.text_document.uri))
        return symbols(outline(lines.text), lines) if lines else []

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def on_folds(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        lines = server.buffers.lines(server.path(params.text_document.uri))
        return folds(outline(lines.text), lines) if lines else []
