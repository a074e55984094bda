import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { errorCodes } from "../../src/http/error-codes.ts";
import { operations } from "../../src/http/operations.ts";
import { errorExamples, successExamples, type AnswerExample } from "./answer-examples.ts";
import { aServer, aTokenFile, bearer, usersConfig } from "./a-server.ts";
import { fakeHttpDependencies } from "./fake-http-dependencies.ts";

const page = "docs/http-answers.md";

interface GivenAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

async function answerTo(example: AnswerExample): Promise<GivenAnswer> {
  const { dependencies } = fakeHttpDependencies(example.given);
  const closed = { bearerTokenFile: aTokenFile(), webConfig: usersConfig };
  const { address } = await aServer(dependencies, example.isOpen === true ? {} : closed);
  const headers = { "content-type": "application/json", ...(example.headers ?? bearer) };
  return new Promise((resolve, reject) => {
    const options = { method: example.method ?? "POST", headers, agent: false };
    const sent = request(`http://${address}${example.path}`, options, (response) => {
      const status = response.statusCode ?? 0;
      const retryAfter = response.headers["retry-after"];
      text(response).then((body) => {
        resolve({ status, retryAfter, text: body });
      }, reject);
    });
    sent.on("error", reject);
    sent.end(example.body);
  });
}

/** What Node answers by itself to a request that never gets as far as a route. */
async function rawAnswerTo(sent: string): Promise<string> {
  const { dependencies } = fakeHttpDependencies();
  const settings = { bearerTokenFile: aTokenFile(), requestTimeoutSeconds: 0.3 };
  const { address } = await aServer(dependencies, settings);
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(Number(port), host);
    socket.on("data", (bytes) => (received += bytes.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(received);
    });
    socket.write(sent);
  });
}

const post = `POST /-/pause HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer.authorization}\r\n`;
const rawExamples: Readonly<Record<string, string>> = {
  "408": `${post}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  "431": `${post}X-Long: ${"x".repeat(17 * 1024)}\r\n\r\n`,
};

test("every success of the OpenAPI document has an example", () => {
  const documented = operations.flatMap(({ method, path, answers }) =>
    Object.keys(answers).map((status) => `${method} ${path} ${status}`),
  );
  expect(Object.keys(successExamples).sort()).toEqual(documented.sort());
});

/** Status and code of each line of the table of errors. */
function readDocumentedCodes(): string[] {
  const lines = readFileSync("docs/http.md", "utf8").matchAll(/^\| (\d{3}) +\| ([^|]+)\|/gm);
  return [...lines].flatMap(([, status = "", codes = ""]) =>
    [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => `${status} ${code}`),
  );
}

test("the table of errors, the OpenAPI document and the examples have the same codes", () => {
  const known = Object.entries(errorCodes).flatMap(([status, codes]) =>
    codes.map((code) => `${status} ${code}`),
  );
  expect(readDocumentedCodes().sort()).toEqual(known.sort());
  // The one guard that stands for all.
  expect(Object.keys(errorExamples).sort()).toEqual([...known, "409 lock_held"].sort());
});

test.each(Object.entries(successExamples))("%s is what the example gets", async (name, example) => {
  const { status } = await answerTo(example);
  expect(status).toBe(Number(name.split(" ").at(-1)));
});

test.each(Object.entries(errorExamples))("%s is what the example gets", async (name, example) => {
  const [status, code] = name.split(" ");
  const answer = await answerTo(example);
  expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
  expect([answer.status, answer.retryAfter]).toEqual([Number(status), status === "503" ? "10" : undefined]);
});

test.each(Object.entries(rawExamples))("%s is answered without a body", async (status, sent) => {
  const [head = "", body] = (await rawAnswerTo(sent)).split("\r\n\r\n");
  expect(head.split(" ")[1]).toBe(status);
  expect(body).toBe("");
});

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

async function renderExamples(examples: Readonly<Record<string, AnswerExample>>): Promise<string> {
  const sections = [];
  for (const [name, example] of Object.entries(examples)) {
    const answer = await answerTo(example);
    const [first = "", second = "", third] = name.split(" ");
    const title =
      third === undefined ? `${first} \`${second}\`` : `${third} \`${first.toUpperCase()} ${second}\``;
    const when = example.when === undefined ? "" : `Where ${example.when}.\n\n`;
    sections.push(
      `### ${title}\n\n${when}${renderRequest(example)}\n\n${renderAnswer(example.path, answer.text)}\n`,
    );
  }
  return sections.join("\n");
}

test("docs/http-answers.md shows each example with the answer that it gets", async () => {
  const rendered = `# Every answer over HTTP

<!-- Written by test/http/documented-answers.test.ts (\`npx vitest run -u\` with its path); do not edit. -->

One request for each answer; what it means is in [http.md](http.md). Where no header is shown, the request has \`Content-Type: application/json\` and the bearer token.

## Successes

${await renderExamples(successExamples)}

## Errors

408 (a request that takes longer than 30 s to arrive) and 431 (headers of more than 16 KiB) have no body, and the connection is closed.

${await renderExamples(errorExamples)}`;
  const options = { ...(await resolveConfig(page)), filepath: page };
  await expect(await format(rendered, options)).toMatchFileSnapshot(`../../${page}`);
});
