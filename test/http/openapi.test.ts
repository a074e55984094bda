import { connect } from "node:net";
import { expect, test } from "vitest";
import type { HttpDependencies } from "../../src/http/http-dependencies.ts";
import { openapiDocument } from "../../src/http/openapi-document.ts";
import { operations, type Operation } from "../../src/http/operations.ts";
import type { OperationOutcome, PoolOperations } from "../../src/http/pool-operations.ts";
import { parseNotification } from "../../src/remediation/notification.ts";
import { burstNotification } from "../kit/alert-burst.ts";
import { OpenapiCheck, type GivenAnswer } from "../kit/openapi-check.ts";
import { aServer, aTokenFile, bearer, usersConfig } from "./a-server.ts";
import { aRecovery, fakeHttpDependencies } from "./fake-http-dependencies.ts";

const check = new OpenapiCheck(openapiDocument("0.1.0"));

const bodies: Readonly<Record<NonNullable<Operation["body"]>, object>> = {
  slotRecovery: {},
  recovery: {},
  isolation: { reason: "a bad disk" },
  pause: { name: "disk", reason: "a bad disk" },
  resume: { name: "disk" },
  poolCreation: { repo_name: "fresh" },
  removal: {},
  prune: {},
  nothing: {},
  alertmanager: { version: "4", alerts: [] },
};

function nameOf({ method, path }: Operation): string {
  return `${method} ${path}`;
}

/** The path with parts that the fakes know. */
function exampleOf({ path }: Operation): string {
  const id = path.includes("/recoveries/") ? "rec-1" : "workspace-demo-slot1";
  return path.replace("{id}", id).replace("{name}", "demo");
}

interface Sending {
  readonly given?: Partial<HttpDependencies>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly path?: string;
  readonly settings?: Parameters<typeof aServer>[1];
}

async function answerOf(operation: Operation, sending: Sending = {}): Promise<GivenAnswer> {
  const { dependencies } = fakeHttpDependencies(sending.given);
  const { get } = await aServer(dependencies, sending.settings ?? { bearerTokenFile: aTokenFile() });
  const body = operation.body === undefined ? undefined : JSON.stringify(bodies[operation.body]);
  const response = await get(sending.path ?? exampleOf(operation), {
    method: operation.method.toUpperCase(),
    headers: sending.headers ?? { ...bearer, "content-type": "application/json" },
    body: sending.body ?? body ?? null,
  });
  const contentType = response.headers.get("content-type") ?? "";
  return { operation: nameOf(operation), status: response.status, contentType, text: await response.text() };
}

/** As the document has it, and with this status. */
function expectDocumented(answer: GivenAnswer, status: number): void {
  expect(check.problemsOf(answer)).toEqual([]);
  expect(answer.status, answer.text).toBe(status);
}

const withStatus = (status: number) =>
  operations.filter((operation) => check.listed().includes(`${nameOf(operation)} ${status}`));
const named = (list: readonly Operation[]) =>
  list.map((operation) => [nameOf(operation), operation] as const);

const { recoveries, operations: poolOperations } = fakeHttpDependencies().dependencies;

function outcomeOfAll(outcome: OperationOutcome): PoolOperations {
  const names = Object.keys(poolOperations).filter((name) => name !== "listLocks");
  const same = Object.fromEntries(names.map((name) => [name, () => Promise.resolve(outcome)]));
  return { ...poolOperations, ...same };
}

/** Dependencies that know nothing of what is asked for. */
const knowsNothing: Partial<HttpDependencies> = {
  operations: outcomeOfAll({ kind: "not_found", detail: "no such" }),
  isolate: () => Promise.resolve({ kind: "not_found" }),
  pause: () => ({ kind: "not_found" }),
  resume: () => ({ kind: "not_found" }),
  recoveries: {
    list: () => [],
    get: () => undefined,
    submit: () => Promise.resolve({ kind: "not_found" }),
    approve: () => Promise.resolve({ kind: "not_found" }),
    reject: () => Promise.resolve({ kind: "not_found" }),
  },
  snapshot: () => ({ ...fakeHttpDependencies().dependencies.snapshot()!, pools: [] }),
};

const refusal = { kind: "refused", reason: "lock_held", detail: "pid 7 holds it" } as const;
const refusesAll: Partial<HttpDependencies> = {
  operations: outcomeOfAll(refusal),
  isolate: () => Promise.resolve(refusal),
  pause: () => ({ kind: "duplicate" }),
  recoveries: {
    ...recoveries,
    submit: () => Promise.resolve(refusal),
    approve: () => Promise.resolve({ kind: "not_waiting", status: "finished" }),
    reject: () => Promise.resolve({ kind: "not_waiting", status: "finished" }),
  },
};

const successes = operations.flatMap((operation) =>
  Object.keys(operation.answers).map((status) => [nameOf(operation), Number(status), operation] as const),
);

test.each(successes)("%s answers %i as documented", async (_name, status, operation) => {
  const isPlanned = status === 200 && 202 in operation.answers;
  const planned = { kind: "planned", recovery: aRecovery({ dryRun: true }) } as const;
  const given = isPlanned ? { recoveries: { ...recoveries, submit: () => Promise.resolve(planned) } } : {};
  expectDocumented(await answerOf(operation, { given }), status);
});

test.each(named(withStatus(400)))("%s answers 400 as documented", async (_name, operation) => {
  const undecodable = operation.path.replace(/\{\w+\}/, "%ff");
  const wrong = operation.body === undefined ? { path: undecodable } : { body: "{" };
  expectDocumented(await answerOf(operation, wrong), 400);
});

test.each(named(operations))("%s answers 401 as documented", async (_name, operation) => {
  expectDocumented(await answerOf(operation, { headers: {}, settings: { webConfig: usersConfig } }), 401);
});

test.each(named(withStatus(403)))("%s answers 403 as documented", async (_name, operation) => {
  expectDocumented(await answerOf(operation, { settings: {} }), 403);
});

test.each(named(withStatus(404)))("%s answers 404 as documented", async (_name, operation) => {
  expectDocumented(await answerOf(operation, { given: knowsNothing }), 404);
});

test.each(named(withStatus(409)))("%s answers 409 as documented", async (_name, operation) => {
  expectDocumented(await answerOf(operation, { given: refusesAll }), 409);
});

test.each(named(withStatus(413)))("%s answers 413 as documented", async (_name, operation) => {
  expectDocumented(await answerOf(operation, { body: " ".repeat(1024 * 1024 + 1) }), 413);
});

test.each(named(withStatus(415)))("%s answers 415 as documented", async (_name, operation) => {
  const headers = { ...bearer, "content-type": "text/plain" };
  expectDocumented(await answerOf(operation, { headers, body: "x" }), 415);
});

test.each(named(withStatus(422)))("%s answers 422 as documented", async (_name, operation) => {
  const reload = () => Promise.resolve({ kind: "invalid", problems: ["line 1"] } as const);
  expectDocumented(await answerOf(operation, { given: { reload } }), 422);
});

test("what fails inside is answered with 500 as documented", async () => {
  const listing = operations.find(({ path }) => path === "/api/v1/salvages")!;
  const salvages = () => Promise.reject(new Error("the disk is gone"));
  expectDocumented(await answerOf(listing, { given: { salvages } }), 500);
});

const notReady = ["/-/ready", "/api/v1/anomalies", "/api/v1/pools", "/api/v1/slots", "/api/v1/slots/{id}"];

test.each(named(operations.filter(({ method, path }) => method === "get" && notReady.includes(path))))(
  "%s answers 503 as documented before the first collection",
  async (_name, operation) => {
    const given = { snapshot: () => undefined, isReady: () => false };
    expectDocumented(await answerOf(operation, { given }), 503);
  },
);

test.each(named(withStatus(408)))("%s answers 408 as documented", async (_name, operation) => {
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
      `${operation.method.toUpperCase()} ${exampleOf(operation)} HTTP/1.1\r\nHost: a\r\n` +
        `Authorization: ${bearer.authorization}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    );
  });
  const [head = "", text = ""] = received.split("\r\n\r\n");
  const status = Number(head.split(" ")[1]);
  expectDocumented({ operation: nameOf(operation), status, contentType: "", text }, 408);
});

const withBody = operations.flatMap((operation) =>
  operation.body === undefined ? [] : [[nameOf(operation), operation.body, operation] as const],
);

test.each(withBody)(
  "%s takes what the document lets be sent, and refuses what it does not",
  async (name, body, operation) => {
    const unknownField = { ...bodies[body], version: 4, no_such_field: true };
    expect(check.isAllowedBody(name, bodies[body])).toBe(true);
    expect(check.isAllowedBody(name, unknownField)).toBe(false);
    const receiveAlerts = (payload: unknown) => {
      const parsing = parseNotification(payload);
      return parsing.kind === "valid"
        ? ({ kind: "accepted", decisions: [] } as const)
        : ({ kind: "malformed", detail: parsing.detail } as const);
    };
    const sending = { given: { receiveAlerts }, body: JSON.stringify(unknownField) };
    expectDocumented(await answerOf(operation, sending), 400);
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
