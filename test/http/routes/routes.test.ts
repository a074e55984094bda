import { expect, test } from "vitest";
import { z } from "zod";
import { roles } from "../../../src/http/auth/role.ts";
import { gatewayRoutes } from "../../../src/http/gateway/gateway-routes.ts";
import { isForMachines, openapiDocument, openapiPath } from "../../../src/http/openapi-document.ts";
import type { Route } from "../../../src/http/routes/route.ts";
import { routes } from "../../../src/http/routes/routes.ts";
import { successExamples } from "../answer-examples.ts";
import { aServer, aTokenFile, errorCode } from "../a-server.ts";
import { usersConfig } from "../credentials.ts";
import { fakeHttpDependencies } from "../fake-http-dependencies.ts";

const nameOf = ({ method, path }: Route<never>) => `${method.toUpperCase()} ${path}`;
const both: readonly Route<never>[] = [...routes, ...gatewayRoutes];
const each = both.map((route) => [nameOf(route), route] as const);

/** With names that the fakes know. */
function examplePath({ path }: Route<never>): string {
  const id = path.includes("/recoveries/") ? "rec-1" : "workspace-demo-slot1";
  return path.replace(":id", id).replace(":name", "demo");
}

function propertiesOf(schema: z.ZodType | undefined): string[] {
  return Object.keys((schema && z.toJSONSchema(schema, { io: "input" }).properties) ?? {});
}

test("no two routes of a table answer the same request", () => {
  for (const table of [routes, gatewayRoutes]) expect(new Set(table.map(nameOf)).size).toBe(table.length);
});

test.each(each)("%s says in one line what it does, and what it answers", (_name, { summary, answers }) => {
  expect(summary).toMatch(/^[A-Z][^\n|]{8,110}$/);
  expect(Object.keys(answers).filter((status) => Number(status) < 300)).not.toEqual([]);
});

test.each(each)("%s declares who may use it, and reading alone is open", (_name, { method, access }) => {
  expect(roles).toContain(access);
  expect(access === "read").toBe(method === "get");
});

test.each(each)(
  "%s names every part of its path that is not fixed, and so do its parameters",
  (_name, route) => {
    const named = [...route.path.matchAll(/:(\w+)/g)].map(([, part]) => part);
    expect(propertiesOf(route.parameters)).toEqual(named);
  },
);

test.each(each.filter(([, { body, isForm, access }]) => body && isForm !== true && access === "operate"))(
  "%s refuses a body with a field that it does not know",
  (_name, { body }) => {
    const unknown = body?.safeParse({ no_such_field: true }).error?.issues ?? [];
    expect(unknown.map(({ code }) => code)).toContain("unrecognized_keys");
  },
);

test.each([
  ["a sidecar", routes],
  ["a gateway", gatewayRoutes],
])("the OpenAPI document of %s has every route for machines and no other", (_role, table) => {
  const described = Object.entries(openapiDocument("0.1.0", table).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const served = table.filter(isForMachines).map((route) => `${route.method} ${openapiPath(route)}`);
  expect(described.sort()).toEqual(served.sort());
});

test("every success of a route for machines has an example in docs/http-answers.md", () => {
  const successes = routes.filter(isForMachines).flatMap((route) =>
    Object.keys(route.answers)
      .filter((status) => Number(status) < 300)
      .map((status) => `${route.method} ${openapiPath(route)} ${status}`),
  );
  expect(Object.keys(successExamples).sort()).toEqual(successes.sort());
});

test.each(routes.map((route) => [nameOf(route), route] as const))("%s is reachable", async (_name, route) => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies, { webConfig: usersConfig });
  const method = route.method.toUpperCase();
  // Without credentials a path that is served answers 401, and one that is not 404.
  expect((await get(examplePath(route), { method })).status).toBe(401);
  expect((await get(`/none${examplePath(route)}`, { method })).status).toBe(404);
});

const changes = routes
  .filter(({ access }) => access !== "read")
  .map((route) => [route.method.toUpperCase(), examplePath(route)] as const);

test.each(changes)(
  "%s %s answers 403 writes_disabled if no authentication is configured",
  async (method, path) => {
    const { dependencies } = fakeHttpDependencies();
    const { get } = await aServer(dependencies);
    const response = await get(path, { method });
    expect([response.status, await errorCode(response)]).toEqual([403, "writes_disabled"]);
  },
);

test.each(changes)("%s %s answers 401 to a loopback request without credentials", async (method, path) => {
  const { dependencies, calls } = fakeHttpDependencies();
  const { get } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const response = await get(path, { method });
  expect([response.status, await errorCode(response)]).toEqual([401, "unauthorized"]);
  expect(calls.filter(({ name }) => name !== "onRejected")).toEqual([]);
});
