import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startHttpServer } from "../../src/http/http-server.ts";
import { routes } from "../../src/http/routes/routes.ts";
import type { AnswerExample } from "./answer-examples.ts";
import { bearer, token, usersConfig } from "./credentials.ts";
import { fakeHttpDependencies } from "./fake-http-dependencies.ts";

export interface GivenAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** What a server over fakes answers to the example. It needs no test around it: docs/http-answers.md is made of these. */
export async function answerTo(example: AnswerExample): Promise<GivenAnswer> {
  const { dependencies } = fakeHttpDependencies(example.given);
  const directory = mkdtempSync(join(tmpdir(), "http-answer-"));
  const bearerTokenFile = join(directory, "token");
  writeFileSync(bearerTokenFile, token);
  const isOpen = example.isOpen === true;
  const settings = {
    listenAddresses: ["127.0.0.1:0"],
    telemetryPath: "/metrics",
    externalUrl: undefined,
    webConfig: isOpen ? undefined : { ...usersConfig, rateLimit: example.rateLimit },
    credentials: example.credentials ?? [],
    bearerTokenFile: isOpen ? undefined : bearerTokenFile,
  };
  const server = await startHttpServer(settings, dependencies, routes);
  try {
    return await send(server.addresses[0] ?? "", example);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true });
  }
}

function send(address: string, example: AnswerExample): Promise<GivenAnswer> {
  const headers = { "content-type": "application/json", ...(example.headers ?? bearer) };
  const options = { method: example.method ?? "POST", headers, agent: false };
  return new Promise((resolve, reject) => {
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
