import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { errorCodes } from "../../src/http/error-codes.ts";
import { errorExamples, successExamples } from "./answer-examples.ts";
import { aServer, aTokenFile } from "./a-server.ts";
import { answerTo } from "./answer-to.ts";
import { bearer } from "./credentials.ts";
import { fakeHttpDependencies } from "./fake-http-dependencies.ts";

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
  expect([answer.status, answer.retryAfter]).toEqual([
    Number(status),
    status === "503" || status === "429" ? "10" : undefined,
  ]);
});

test.each(Object.entries(rawExamples))("%s is answered without a body", async (status, sent) => {
  const [head = "", body] = (await rawAnswerTo(sent)).split("\r\n\r\n");
  expect(head.split(" ")[1]).toBe(status);
  expect(body).toBe("");
});
