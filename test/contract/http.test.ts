import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replaceMarked } from "../../scripts/faults-reference.ts";
import { renderAnswers, renderRoutes } from "../../scripts/http-reference.ts";
import { gatewayRoutes } from "../../src/http/gateway/gateway-routes.ts";
import { routes } from "../../src/http/routes/routes.ts";

test.each([
  ["docs/http.md", routes],
  ["docs/fleet.md", gatewayRoutes],
])("%s has the table of routes that is served", async (file, table) => {
  const page = readFileSync(file, "utf8");
  expect(page, "run npm run docs:generate").toBe(replaceMarked(page, "routes", await renderRoutes(table)));
});

test("docs/http-answers.md shows each example with the answer that it gets", async () => {
  expect(readFileSync("docs/http-answers.md", "utf8"), "run npm run docs:generate").toBe(
    await renderAnswers(),
  );
});
