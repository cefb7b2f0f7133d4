// Starts `adc lsp` for .ad files and keeps it running; everything else is the language server's.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const command = vscode.workspace.getConfiguration("adc").get("path", "adc");
  client = new LanguageClient(
    "adc",
    "ad",
    { command, args: ["lsp"] },
    { documentSelector: [{ scheme: "file", language: "ad" }, { scheme: "untitled", language: "ad" }] },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `The language server cannot be started as \`${command} lsp\`: ${error?.message ?? error} ` +
        "Install adc with its server, `pip install 'adc[lsp]'`, or set adc.path.",
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("adc.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("adc.path") && restart()),
  );
  if (vscode.workspace.isTrusted) {
    await start();
  } else {
    context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(start));
  }
}

module.exports = { activate, deactivate: stop };
