import { format } from "prettier";
import { z } from "zod";
import { isForMachines } from "../src/http/openapi-document.ts";
import type { Route } from "../src/http/routes/route.ts";
import { errorExamples, successExamples, type AnswerExample } from "../test/http/answer-examples.ts";
import { answerTo } from "../test/http/answer-to.ts";

/** The routes of one role, and the fields of what they are sent: for docs/http.md and docs/fleet.md. */
export function renderRoutes(routes: readonly Route<never>[]): Promise<string> {
  const rows = routes.map(
    (route) => `| ${nameOf(route)} | ${route.access} | ${route.summary} | ${statusesOf(route).join(", ")} |`,
  );
  const bodies = routes.flatMap((route) => {
    const fields = isForMachines(route) && route.body !== undefined ? describeFields(route.body) : [];
    return fields.length === 0 ? [] : [`- ${nameOf(route)}: ${fields.join(", ")}`];
  });
  const table = `| route | access | does | answers |\n| --- | --- | --- | --- |\n${rows.join("\n")}`;
  const list =
    bodies.length === 0 ? "" : `\n\nWhat is sent; \`?\` marks what may be left out:\n\n${bodies.join("\n")}`;
  return format(table + list, { parser: "markdown", printWidth: 110 });
}

function nameOf({ method, path }: Route<never>): string {
  return `\`${method.toUpperCase()} ${path}\``;
}

/** Those that every route has (401, 500 and so on) are left out. */
function statusesOf({ answers, errors = [] }: Route<never>): string[] {
  return [...Object.keys(answers), ...errors.map(String)].sort();
}

function describeFields(body: z.ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(body, { io: "input" });
  return Object.keys(properties).map((field) => `\`${field}\`${required.includes(field) ? "" : "?"}`);
}

/** The page docs/http-answers.md. */
export async function renderAnswers(): Promise<string> {
  const page = `# Every answer over HTTP

<!-- Generated from test/http/answer-examples.ts by \`npm run docs:generate\`; do not edit. -->

One request for each answer; [http.md](http.md) says what it means. If no header is shown, the request has \`Content-Type: application/json\` and the bearer token.

## Successes

${await renderExamples(successExamples)}

## Errors

408 (a request that takes longer than 30 s to arrive) and 431 (headers of more than 16 KiB) have no body, and the connection is closed.

${await renderExamples(errorExamples)}`;
  return format(page, { parser: "markdown", printWidth: 110 });
}

async function renderExamples(examples: Readonly<Record<string, AnswerExample>>): Promise<string> {
  const sections = [];
  for (const [name, example] of Object.entries(examples)) {
    const answer = await answerTo(example);
    const [first = "", second = "", third] = name.split(" ");
    const title =
      third === undefined ? `${first} \`${second}\`` : `${third} \`${first.toUpperCase()} ${second}\``;
    const when = example.when === undefined ? "" : `If ${example.when}.\n\n`;
    const shown = renderAnswer(example.path, answer.text);
    sections.push(`### ${title}\n\n${when}${renderRequest(example)}\n\n${shown}\n`);
  }
  return sections.join("\n");
}

function renderRequest({ method = "POST", path, headers, body, shownBody = body }: AnswerExample): string {
  const shown = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const lines = [`${method} ${path}`, ...shown, ...(shownBody === undefined ? [] : ["", shownBody])];
  return `\`\`\`http\n${lines.join("\n")}\n\`\`\``;
}

function renderAnswer(path: string, answer: string): string {
  // This page is no place for the whole document.
  if (path.endsWith("openapi.json")) return "The document.";
  return answer.startsWith("{") || answer.startsWith("[")
    ? `\`\`\`json\n${answer}\n\`\`\``
    : `\`\`\`text\n${answer.trim()}\n\`\`\``;
}
