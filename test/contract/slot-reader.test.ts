import { Linter } from "eslint";
import { expect, test } from "vitest";
// @ts-expect-error -- the configuration is JavaScript
import { unnotedReaders, unnotedSystemCalls } from "../../eslint.config.js";

const linter = new Linter();

function complaints(code: string): number {
  const patterns = [...(unnotedReaders as object[]), unnotedSystemCalls as object];
  const rules = { "no-restricted-imports": ["error", { patterns }] } as Linter.RulesRecord;
  const messages = linter.verify(code, [{ rules }]);
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  return messages.length;
}

test.each([
  'import { readEntry } from "../../platform/regular-file.ts";',
  'import { readRegularFile as read } from "../platform/regular-file.ts";',
  'import * as files from "../platform/regular-file.ts";',
  'import { readDirectory } from "../platform/directory.ts";',
  'import { isReallyInside } from "../../platform/contained-path.ts";',
  'import { readFileSync } from "node:fs";',
  'import { lstat } from "node:fs/promises";',
  'import { realpathSync, writeFileSync } from "fs";',
])("what reads a slot behind the back of its reader is refused: %s", (code) => {
  expect(complaints(code)).toBe(1);
});

test.each([
  'import { SlotReader } from "../platform/slot-reader.ts";',
  'import { readRange } from "../platform/regular-file.ts";',
  'import { isInside } from "../platform/contained-path.ts";',
  'import { writeFileSync } from "node:fs";',
])("what reads nothing by a path may be used: %s", (code) => {
  expect(complaints(code)).toBe(0);
});
