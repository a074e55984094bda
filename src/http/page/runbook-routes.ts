import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommonDependencies } from "../http-dependencies.ts";
import { noSuch } from "../request-refusal.ts";
import { runbookInPath } from "../routes/requests.ts";
import { routesFor, type Route } from "../routes/route.ts";
import { renderDocument, type Document } from "./document.ts";
import { renderMarkdown } from "./markdown.ts";

const { read } = routesFor<CommonDependencies>();

/** A person who comes from an alert sees this page alone: without the configuration, the commands look at other pools. */
const howToRunCommands =
  "Run the commands on the host of the pool, as the pool's user. If `serve` has a configuration, give them the same one: " +
  "`--config.file FILE`, or the variable `REPO_POOL_SIDECAR_CONFIG_FILE`.";

/** What an alert's `runbook_url` opens, and what a reason links to. */
export const runbookRoutes: readonly Route<CommonDependencies>[] = [
  read("/runbooks/:name", {
    summary: "The runbook of an alert",
    parameters: runbookInPath,
    answers: { 200: "text/html" },
    errors: [404],
    run: ({ dependencies: { runbooksDir, version }, parameters: { name } }) => ({
      200: showRunbook(join(runbooksDir, `${name}.md`), { root: "../", title: name, version }),
    }),
  }),
  read("/reasons", {
    summary: "What each reason means, and which steps repair it",
    answers: { 200: "text/html" },
    errors: [404],
    run: ({ dependencies: { runbooksDir, version } }) => ({
      200: showFile(join(runbooksDir, "..", "reasons.md"), { root: "./", title: "Reasons", version }),
    }),
  }),
];

/** @throws RequestRefusal 404 */
function showRunbook(path: string, frame: Omit<Document, "main">): string {
  const text = readDocument(path).replace(/^# .*\n/, (heading) => `${heading}\n${howToRunCommands}\n`);
  return renderDocument({ ...frame, main: renderMarkdown(text) });
}

/** @throws RequestRefusal 404 */
function showFile(path: string, frame: Omit<Document, "main">): string {
  return renderDocument({ ...frame, main: renderMarkdown(readDocument(path)) });
}

/** A file of the package, not of a slot. @throws RequestRefusal 404 */
function readDocument(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw noSuch("document");
  }
}
