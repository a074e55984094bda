import { expect, test } from "vitest";
import { coloursOf } from "../../src/commands/terminal/colours.ts";
import { printable, printableJson } from "../../src/commands/terminal/printable.ts";
import { displayWidth, formatTable } from "../../src/commands/terminal/table.ts";
import { describeTerminal } from "../../src/commands/terminal/terminal.ts";

const hostile = "a\u001b[2Jb\u202ec\u0085d\u200be\nf\u2028g\u{e0041}h";

test.each([
  ["a terminal", { isTTY: true }, {}, true],
  ["a pipe", {}, {}, false],
  ["a terminal under NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, false],
  ["a terminal under an empty NO_COLOR", { isTTY: true }, { NO_COLOR: "" }, true],
  ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }, false],
  ["a pipe under FORCE_COLOR", {}, { FORCE_COLOR: "1" }, true],
  ["a terminal under FORCE_COLOR=0", { isTTY: true }, { FORCE_COLOR: "0" }, false],
  ["FORCE_COLOR and NO_COLOR together", {}, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
])("colours on %s", (_name, stream, env, hasColours) => {
  expect(describeTerminal(stream, env).hasColours).toBe(hasColours);
  expect(coloursOf({ hasColours }).red("x")).toBe(hasColours ? "\u001b[31mx\u001b[39m" : "x");
});

test("only a terminal has a width that tables are fitted to", () => {
  expect(describeTerminal({ columns: 100 }, {}).columns).toBeUndefined();
  expect(describeTerminal({ isTTY: true, columns: 100 }, {}).columns).toBe(100);
  expect(describeTerminal({ isTTY: true, columns: 100 }, { COLUMNS: "40" }).columns).toBe(40);
});

test("what a terminal would obey is shown by its number", () => {
  expect(printable(hostile)).toBe("a\\u{1b}[2Jb\\u{202e}c\\u{85}d\\u{200b}e\\u{a}f\\u{2028}g\\u{e0041}h");
});

test("JSON keeps the value and shows a terminal nothing that it would obey", () => {
  const text = printableJson({ branch: hostile });
  expect(JSON.parse(text)).toEqual({ branch: hostile });
  expect(text.split("\n")).toHaveLength(3);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

const rows = [
  ["workspace-demo-slot1", "available", "agent/a-rather-long-branch-name-that-goes-on-and-on"],
  ["workspace-demo-slot2", { text: "error", colour: "red" as const }, hostile],
];

function sortedCharacters(text: string): string {
  return Array.from(text.replaceAll(/\s/g, "")).toSorted().join("");
}

test("a table has its natural width where the output is no terminal", async () => {
  expect(
    await formatTable(
      { columns: undefined, hasColours: false },
      ["SLOT", "STATE"],
      rows.map((row) => row.slice(0, 2)),
    ),
  ).toBe("SLOT                  STATE\nworkspace-demo-slot1  available\nworkspace-demo-slot2  error");
});

test.each([24, 40, 60, 80])("a table fits into %i columns, and no character is lost", async (columns) => {
  const table = await formatTable({ columns, hasColours: false }, ["SLOT", "STATE", "BRANCH"], rows);
  const lines = table.split("\n");
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
  const given = [...["SLOT", "STATE", "BRANCH"], ...rows.flat()].map((cell) =>
    printable(typeof cell === "string" ? cell : cell.text),
  );
  expect(sortedCharacters(table)).toBe(sortedCharacters(given.join("")));
});

test("wide characters take two columns and combining marks none", () => {
  expect(displayWidth("作業")).toBe(4);
  expect(displayWidth("e\u0301")).toBe(1);
});

test("a coloured cell keeps its width", async () => {
  const table = await formatTable(
    { columns: 80, hasColours: true },
    ["A", "B"],
    [[{ text: "bad", colour: "red" }, "x"]],
  );
  expect(table).toContain("\u001b[31mbad\u001b[39m  x");
});
