import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommonDependencies } from "../http-dependencies.ts";
import { noSuch } from "../request-refusal.ts";
import { runbookInPath } from "../routes/requests.ts";
import { routesFor, type Route } from "../routes/route.ts";
import { html } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";

const { read } = routesFor<CommonDependencies>();

/** What an alert's `runbook_url` opens. */
export const runbookRoutes: readonly Route<CommonDependencies>[] = [
  read("/runbooks/:name", {
    summary: "The runbook of an alert",
    parameters: runbookInPath,
    answers: { 200: "text/html" },
    errors: [404],
    run: ({ dependencies: { runbooksDir, version }, parameters: { name } }) => {
      const text = readRunbook(join(runbooksDir, `${name}.md`));
      if (text === undefined) throw noSuch("runbook");
      return { 200: renderPage(name, text, version) };
    },
  }),
];

/** A file of the package, not of a slot. */
function readRunbook(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function renderPage(name: string, text: string, version: string): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${name}</title>
        <link rel="icon" href="../assets/icon.svg" />
        <link rel="stylesheet" href="../assets/page.css" />
      </head>
      <body>
        <main>${renderMarkdown(text)}</main>
        <footer><a href="../">The status page</a> <span class="quiet">version ${version}</span></footer>
      </body>
    </html>`.markup;
}
