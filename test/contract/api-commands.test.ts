import { expect, test } from "vitest";
import { listCommands } from "../../scripts/cli-reference.ts";
import { openapiPath } from "../../src/http/openapi-document.ts";
import { routes } from "../../src/http/routes/routes.ts";

/** The operation that does what a command does; what changes nothing of the pools needs none. */
const operationOfCommand: Readonly<Record<string, string>> = {
  recover: "post /api/v1/recoveries",
  isolate: "post /api/v1/slots/{id}/isolate",
  "recoveries approve": "post /api/v1/recoveries/{id}/approve",
  "recoveries reject": "post /api/v1/recoveries/{id}/reject",
  pause: "post /-/pause",
  resume: "post /-/resume",
  "pool create": "post /api/v1/pools",
  "pool remove": "post /api/v1/pools/{name}/remove",
  "pool add-slot": "post /api/v1/pools/{name}/slots",
  "pool remove-slot": "post /api/v1/slots/{id}/remove",
  allocate: "post /api/v1/pools/{name}/allocate",
  release: "post /api/v1/slots/{id}/release",
  heartbeat: "post /api/v1/slots/{id}/heartbeat",
  "locks clean": "post /api/v1/locks/clean",
  "locks unlock": "post /api/v1/slots/{id}/unlock",
  "salvage prune": "post /api/v1/salvages/prune",
};

const changeNothingHere = [
  ...["check", "discover", "status", "slots", "history", "why", "pool list", "locks list", "recoveries list"],
  ...[
    "salvage list",
    "salvage show",
    "config check",
    "config schema",
    "sources presets",
    "alertmanager-config",
  ],
  // By paths of the host, as `hold`.
  ...["salvage save", "reclaim"],
  // It writes to a directory of the operator's choice.
  "salvage restore",
  // By paths of the host, which no request names: it writes to the state directory alone.
  "hold",
  // Programs of their own.
  ...["serve", "demo"],
];

test("every command that changes something has its operation, and every other one is known to change nothing", async () => {
  const commands = (await listCommands()).map(({ words }) => words);
  expect([...Object.keys(operationOfCommand), ...changeNothingHere].sort()).toEqual(commands.sort());
  const served = routes.map((route) => `${route.method} ${openapiPath(route)}`);
  expect(served).toEqual(expect.arrayContaining(Object.values(operationOfCommand)));
});
