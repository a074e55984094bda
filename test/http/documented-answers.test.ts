import { readFileSync } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { HttpDependencies } from "../../src/http/http-dependencies.ts";
import { aServer, aTokenFile, basic, bearer, usersConfig } from "./a-server.ts";
import { fakeHttpDependencies } from "./fake-http-dependencies.ts";

interface Example {
  readonly path: string;
  readonly method?: "GET";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly given?: Partial<HttpDependencies>;
  readonly isOpen?: boolean;
}

const { recoveries } = fakeHttpDependencies().dependencies;
const pause = JSON.stringify({ name: "disk", reason: "a new disk" });

/** A request for every code of docs/http.md. */
const examples: Readonly<Record<string, Example>> = {
  malformed: { path: "/-/pause", body: '{"name":1}' },
  too_deep: { path: "/-/pause", body: "[".repeat(33) },
  expired: { path: "/-/pause", body: pause.replace("}", ',"expires_at":"2020-01-01T00:00:00Z"}') },
  unauthorized: { path: "/-/reload", headers: { authorization: "Bearer wrong" } },
  writes_disabled: { path: "/-/reload", isOpen: true },
  remediation_disabled: { path: "/api/v1/alerts", given: { isRemediationEnabled: () => false } },
  bad_origin: { path: "/-/reload", headers: { ...bearer, origin: "https://evil.example" } },
  bad_host: { path: "/-/reload", headers: { ...basic("ann", "secret"), host: "rebound.example" } },
  bad_form_token: {
    path: "/",
    headers: { ...basic("ann", "secret"), "content-type": "application/x-www-form-urlencoded" },
    body: "action=resume&pause=disk",
  },
  not_found: { path: "/api/v1/slots/workspace-demo-slot99", method: "GET" },
  not_waiting: {
    path: "/api/v1/recoveries/rec-1/approve",
    given: {
      recoveries: {
        ...recoveries,
        approve: () => Promise.resolve({ kind: "not_waiting", status: "finished" }),
      },
    },
  },
  duplicate: { path: "/-/pause", body: pause, given: { pause: () => ({ kind: "duplicate" }) } },
  too_many: { path: "/-/pause", body: pause, given: { pause: () => ({ kind: "full" }) } },
  too_large: { path: "/-/pause", body: " ".repeat(1024 * 1024 + 1) },
  unsupported_media_type: {
    path: "/-/pause",
    body: "x",
    headers: { ...bearer, "content-type": "text/plain" },
  },
  config_invalid: {
    path: "/-/reload",
    given: { reload: () => Promise.resolve({ kind: "invalid", problems: ["line 1"] }) },
  },
  internal: {
    path: "/api/v1/salvages",
    method: "GET",
    given: { salvages: () => Promise.reject(new Error()) },
  },
  not_ready: { path: "/api/v1/slots", method: "GET", given: { snapshot: () => undefined } },
  overloaded: {
    path: "/api/v1/alerts",
    body: "{}",
    given: { receiveAlerts: () => ({ kind: "overloaded" }) },
  },
};

/** Status and code of each line of the table of errors. */
function readDocumented(): [code: string, status: number][] {
  const lines = readFileSync("docs/http.md", "utf8").matchAll(/^\| (\d{3}) +\| ([^|]+)\|/gm);
  return [...lines].flatMap(([, status, codes = ""]) =>
    [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => [code, Number(status)] as [string, number]),
  );
}

async function answerTo(example: Example): Promise<{ status: number; text: string }> {
  const { dependencies } = fakeHttpDependencies(example.given);
  const closed = { bearerTokenFile: aTokenFile(), webConfig: usersConfig };
  const { address } = await aServer(dependencies, example.isOpen === true ? {} : closed);
  const headers = { "content-type": "application/json", ...(example.headers ?? bearer) };
  return new Promise((resolve, reject) => {
    const options = { method: example.method ?? "POST", headers, agent: false };
    const sent = request(`http://${address}${example.path}`, options, (response) => {
      const status = response.statusCode ?? 0;
      text(response).then((body) => {
        resolve({ status, text: body });
      }, reject);
    });
    sent.on("error", reject);
    sent.end(example.body);
  });
}

test("every documented code has an example here, and every example is documented", () => {
  expect(Object.keys(examples).sort()).toEqual(
    readDocumented()
      .map(([code]) => code)
      .sort(),
  );
});

test.each(readDocumented())("%s is answered with %i", async (code, status) => {
  const example = examples[code];
  if (example === undefined) throw new Error(`no example of ${code}`);
  const answer = await answerTo(example);
  expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
  expect(answer.status).toBe(status);
});
