import { connect } from "node:net";
import { expect, test } from "vitest";
import type { HttpDependencies } from "../../src/http/http-dependencies.ts";
import { isForMachines, openapiDocument, openapiPath } from "../../src/http/openapi-document.ts";
import type { OperationOutcome, PoolOperations } from "../../src/http/pool-operations.ts";
import { routes } from "../../src/http/routes/routes.ts";
import { parseNotification } from "../../src/remediation/alerts/notification.ts";
import { burstNotification } from "../kit/alert-burst.ts";
import { OpenapiCheck, type GivenAnswer } from "../kit/openapi-check.ts";
import { successExamples } from "./answer-examples.ts";
import { aServer, aTokenFile } from "./a-server.ts";
import { basic, bearer, usersConfig } from "./credentials.ts";
import { fakeHttpDependencies } from "./fake-http-dependencies.ts";

const served = routes.filter(isForMachines);
const check = new OpenapiCheck(openapiDocument("0.1.0", routes));
type SidecarRoute = (typeof served)[number];

function nameOf(route: SidecarRoute): string {
  return `${route.method} ${openapiPath(route)}`;
}

const successesOf = ({ answers }: SidecarRoute) =>
  Object.keys(answers)
    .map(Number)
    .filter((status) => status < 300);

/** A request that the route answers with this status, by default with its last success. */
function exampleOf(route: SidecarRoute, status = Math.max(...successesOf(route))) {
  return successExamples[`${nameOf(route)} ${status}`]!;
}

interface Sending {
  readonly given?: Partial<HttpDependencies>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly path?: string;
  readonly settings?: Parameters<typeof aServer>[1];
}

async function answerOf(route: SidecarRoute, sending: Sending = {}): Promise<GivenAnswer> {
  const { dependencies } = fakeHttpDependencies(sending.given);
  const { get } = await aServer(dependencies, sending.settings ?? { bearerTokenFile: aTokenFile() });
  const example = exampleOf(route);
  const response = await get(sending.path ?? example.path, {
    method: route.method.toUpperCase(),
    headers: sending.headers ?? { ...bearer, "content-type": "application/json" },
    body: sending.body ?? example.body ?? null,
  });
  const contentType = response.headers.get("content-type") ?? "";
  return { operation: nameOf(route), status: response.status, contentType, text: await response.text() };
}

/** As the document has it, and with this status. */
function expectDocumented(answer: GivenAnswer, status: number): void {
  expect(check.problemsOf(answer)).toEqual([]);
  expect(answer.status, answer.text).toBe(status);
}

const named = (list: readonly SidecarRoute[]) => list.map((route) => [nameOf(route), route] as const);
const withStatus = (status: number) =>
  named(served.filter((route) => check.listed().includes(`${nameOf(route)} ${status}`)));

const { recoveries, operations: poolOperations } = fakeHttpDependencies().dependencies;

function outcomeOfAll(outcome: OperationOutcome<never>): PoolOperations {
  const names = Object.keys(poolOperations).filter((name) => name !== "listLocks");
  const same = Object.fromEntries(names.map((name) => [name, () => Promise.resolve(outcome)]));
  return { ...poolOperations, ...same };
}

/** Dependencies that know nothing of what is asked for. */
const knowsNothing: Partial<HttpDependencies> = {
  operations: outcomeOfAll({ kind: "not_found", detail: "no such" }),
  pause: () => ({ kind: "not_found" }),
  resume: () => ({ kind: "not_found" }),
  recoveries: {
    list: () => [],
    get: () => undefined,
    submit: () => Promise.resolve({ kind: "not_found" }),
    decide: () => ({ kind: "not_found" }),
  },
  snapshot: () => ({ ...fakeHttpDependencies().dependencies.snapshot()!, pools: [] }),
};

const refusal = { kind: "refused", reason: "lock_held", detail: "pid 7 holds it" } as const;
const refusesAll: Partial<HttpDependencies> = {
  operations: outcomeOfAll(refusal),
  pause: () => ({ kind: "duplicate" }),
  recoveries: {
    ...recoveries,
    submit: () => Promise.resolve(refusal),
    decide: () => ({ kind: "not_waiting", state: "finished" }),
  },
};

const successes = served.flatMap((route) =>
  successesOf(route).map((status) => [nameOf(route), status, route] as const),
);

test.each(successes)("%s answers %i as documented", async (_name, status, route) => {
  const { given = {}, body = "" } = exampleOf(route, status);
  expectDocumented(await answerOf(route, { given, ...(body === "" ? {} : { body }) }), status);
});

test.each(withStatus(400))("%s answers 400 as documented", async (_name, route) => {
  const undecodable = route.path.replace(/:\w+/, "%ff");
  const wrong = route.body === undefined ? { path: undecodable } : { body: "{" };
  expectDocumented(await answerOf(route, wrong), 400);
});

test.each(named(served))("%s answers 401 as documented", async (_name, route) => {
  expectDocumented(await answerOf(route, { headers: {}, settings: { webConfig: usersConfig } }), 401);
});

test.each(withStatus(403))("%s answers 403 as documented", async (_name, route) => {
  const forAlerts = [{ user: "ann", role: "webhook" }] as const;
  const asSender = {
    settings: { webConfig: usersConfig, credentials: forAlerts },
    headers: basic("ann", "secret"),
  };
  expectDocumented(await answerOf(route, route.access === "read" ? asSender : { settings: {} }), 403);
});

test.each(withStatus(429))("%s answers 429 as documented", async (_name, route) => {
  const rateLimit = { intervalMilliseconds: 1000, burst: 0 };
  expectDocumented(await answerOf(route, { settings: { webConfig: { ...usersConfig, rateLimit } } }), 429);
});

test.each(withStatus(404))("%s answers 404 as documented", async (_name, route) => {
  expectDocumented(await answerOf(route, { given: knowsNothing }), 404);
});

test.each(withStatus(409))("%s answers 409 as documented", async (_name, route) => {
  expectDocumented(await answerOf(route, { given: refusesAll }), 409);
});

test.each(withStatus(413))("%s answers 413 as documented", async (_name, route) => {
  expectDocumented(await answerOf(route, { body: " ".repeat(1024 * 1024 + 1) }), 413);
});

test.each(withStatus(415))("%s answers 415 as documented", async (_name, route) => {
  const headers = { ...bearer, "content-type": "text/plain" };
  expectDocumented(await answerOf(route, { headers, body: "x" }), 415);
});

test.each(withStatus(422))("%s answers 422 as documented", async (_name, route) => {
  const reload = () => Promise.resolve({ kind: "invalid", problems: ["line 1"] } as const);
  expectDocumented(await answerOf(route, { given: { reload } }), 422);
});

test("what fails inside is answered with 500 as documented", async () => {
  const listing = served.find(({ path }) => path === "/api/v1/salvages")!;
  const salvages = () => Promise.reject(new Error("the disk is gone"));
  expectDocumented(await answerOf(listing, { given: { salvages } }), 500);
});

const notReady = ["/-/ready", "/api/v1/anomalies", "/api/v1/pools", "/api/v1/slots", "/api/v1/slots/:id"];

test.each(named(served.filter(({ method, path }) => method === "get" && notReady.includes(path))))(
  "%s answers 503 as documented before the first collection",
  async (_name, route) => {
    const given = { snapshot: () => undefined, notReadyReason: () => "the first collection has not ended" };
    expectDocumented(await answerOf(route, { given }), 503);
  },
);

test.each(withStatus(408))("%s answers 408 as documented", async (_name, route) => {
  const { dependencies } = fakeHttpDependencies();
  const settings = { bearerTokenFile: aTokenFile(), requestTimeoutSeconds: 0.2 };
  const { address } = await aServer(dependencies, settings);
  const [host, port] = address.split(":");
  const received = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connect(Number(port), host);
    socket.on("data", (bytes) => (text += bytes.toString()));
    socket.on("close", () => {
      resolve(text);
    });
    socket.write(
      `${route.method.toUpperCase()} ${exampleOf(route).path} HTTP/1.1\r\nHost: a\r\n` +
        `Authorization: ${bearer.authorization}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    );
  });
  const [head = "", text = ""] = received.split("\r\n\r\n");
  const status = Number(head.split(" ")[1]);
  expectDocumented({ operation: nameOf(route), status, contentType: "", text }, 408);
});

test.each(named(served.filter(({ body }) => body !== undefined)))(
  "%s takes what the document lets be sent, and refuses what it does not",
  async (name, route) => {
    const sent = JSON.parse(exampleOf(route).body ?? "{}") as object;
    const unknownField = { ...sent, version: 4, no_such_field: true };
    expect(check.isAllowedBody(name, sent)).toBe(true);
    expect(check.isAllowedBody(name, unknownField)).toBe(false);
    const receiveAlerts = (payload: unknown) => {
      const parsing = parseNotification(payload);
      return parsing.kind === "valid"
        ? ({ kind: "accepted", decisions: [] } as const)
        : ({ kind: "malformed", detail: parsing.detail } as const);
    };
    const sending = { given: { receiveAlerts }, body: JSON.stringify(unknownField) };
    expectDocumented(await answerOf(route, sending), 400);
  },
);

test("the document lets Alertmanager's own payload be sent, and none with too many alerts or other types", () => {
  const notification = JSON.parse(burstNotification(0, ["workspace-demo-slot1"], new Date())) as {
    alerts: object[];
  };
  const isAllowed = (body: unknown) => check.isAllowedBody("post /api/v1/alerts", body);
  expect(isAllowed(notification)).toBe(true);
  const [alert = {}] = notification.alerts;
  expect(isAllowed({ ...notification, alerts: Array.from({ length: 10_001 }, () => alert) })).toBe(false);
  expect(isAllowed({ ...notification, alerts: [{ ...alert, labels: { slot: 1 } }] })).toBe(false);
});
