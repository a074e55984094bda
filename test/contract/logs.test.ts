import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join("src", name), "utf8"))
  .join("\n");

/** The events with which `logger.warn(` and its like are called; `fleet.` of one that is put together. */
const logged = [
  ...source.matchAll(
    /[lL]ogger\.(?:debug|info|warn|error)\(\s*(?:\{[^;]*?\}|[\w.]+),\s*["`](\w+\.(?:\w+)?)(?:["`]|\$\{)/g,
  ),
].map(([, event = ""]) => event);

/** Events, and with `.…` the first words of all that begin so; `.finished` belongs to the event before it. */
function documentedEvents(): { names: string[]; families: string[] } {
  const cells = [...readFileSync("docs/logs.md", "utf8").matchAll(/^\| (`[a-z_]+\.[^|]*)\|/gm)];
  const names: string[] = [];
  for (const [, cell = ""] of cells)
    for (const [, name = ""] of cell.matchAll(/`([^`]+)`/g))
      names.push(name.startsWith(".") ? `${names.at(-1)?.split(".")[0] ?? ""}${name}` : name);
  return {
    names,
    families: names.filter((name) => name.endsWith(".…")).map((name) => name.slice(0, -1)),
  };
}

test("every event that is logged is in docs/logs.md", () => {
  expect(new Set(logged).size).toBeGreaterThan(40);
  const { names, families } = documentedEvents();
  const isDocumented = (event: string): boolean =>
    names.includes(event) ||
    families.some((family) => event.startsWith(family)) ||
    // Put together from a closed set, of which each is a row.
    (event.endsWith(".") && names.some((name) => name.startsWith(event)));
  expect([...new Set(logged)].filter((event) => !isDocumented(event))).toEqual([]);
});
