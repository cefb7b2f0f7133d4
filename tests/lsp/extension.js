// The extension in a VS Code of which only what it uses is there: node extension.js EXTENSION ADC SPEC
// It opens the spec, and prints as JSON what the editor was told about it and what it was offered at its end.

const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL, fileURLToPath } = require("node:url");

const [extension, adc, spec] = process.argv.slice(2);

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}
class Range {
  constructor(start, end, line, character) {
    Object.assign(this, line === undefined ? { start, end } : { start: new Position(start, end), end: new Position(line, character) });
  }
}
class Uri {
  constructor(text) {
    this.text = text;
    this.scheme = "file";
    this.fsPath = fileURLToPath(text);
  }
  toString() {
    return this.text;
  }
  static parse(text) {
    return new Uri(text);
  }
  static file(name) {
    return new Uri(pathToFileURL(name).href);
  }
}

const text = fs.readFileSync(spec, "utf8");
const document = {
  uri: Uri.file(spec),
  languageId: "ad",
  version: 1,
  isClosed: false,
  getText: () => text,
};

const disposable = { dispose() {} };
let tell;
const told = new Promise((resolve) => (tell = resolve));
const messages = [];
let provider;

// Anything that the client's library touches and this test does not look at: callable, constructible, and empty.
function nothing(known = {}) {
  return new Proxy(class {}, {
    get(target, name) {
      if (name in known) return known[name];
      if (name === "prototype" || name === Symbol.toPrimitive) return target[name];
      if (name === "then") return undefined;
      return typeof name === "string" && /^on[A-Z]|^register|^create/.test(name) ? () => nothing(disposable) : nothing();
    },
    apply: () => undefined,
  });
}

const vscode = nothing({
  Position,
  Range,
  Uri,
  Diagnostic: class {
    constructor(range, message, severity) {
      Object.assign(this, { range, message, severity });
    }
  },
  CompletionItem: class {
    constructor(label) {
      this.label = label;
    }
  },
  CompletionList: class {
    constructor(items) {
      this.items = items;
    }
  },
  MarkdownString: class {},
  CancellationTokenSource: class {
    token = { isCancellationRequested: false, onCancellationRequested: () => disposable };
    cancel() {}
    dispose() {}
  },
  EventEmitter: class {
    event = () => disposable;
    fire() {}
    dispose() {}
  },
  version: "1.100.0",
  env: { appName: "a test", language: "en" },
  languages: nothing({
    match: (_selector, each) => (each.languageId === "ad" ? 10 : 0),
    createDiagnosticCollection: () => ({ ...disposable, set: (_uri, found) => tell(found), delete() {}, clear() {} }),
    registerCompletionItemProvider: (_selector, found) => {
      provider = found;
      return disposable;
    },
  }),
  workspace: nothing({
    isTrusted: true,
    textDocuments: [document],
    workspaceFolders: undefined,
    notebookDocuments: [],
    getConfiguration: () => ({ get: (name, other) => (name === "path" ? adc : other) }),
  }),
  window: nothing({
    visibleTextEditors: [],
    activeTextEditor: undefined,
    tabGroups: { all: [], onDidChangeTabs: () => disposable },
    showErrorMessage: async (message) => void messages.push(message),
  }),
});

const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));

async function main() {
  const { activate, deactivate } = require(path.join(extension, "extension.js"));
  await activate({ subscriptions: [] });
  let wrong = [];
  let offered = [];
  if (!messages.length) {
    wrong = await told;
    const lines = text.split("\n");
    const position = new Position(lines.length - 1, lines.at(-1).length);
    const token = { isCancellationRequested: false, onCancellationRequested: () => disposable };
    const found = await provider.provideCompletionItems(document, position, token, { triggerKind: 0 });
    offered = (found.items ?? found).map((each) => each.label.label ?? each.label);
  }
  await deactivate();
  console.log(JSON.stringify({ told: wrong.map((each) => each.message), offered, messages }));
  process.exit(0);
}

main();
