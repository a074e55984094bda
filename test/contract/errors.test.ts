import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderErrorsReference } from "../../scripts/errors-reference.ts";
import { lendingRefusals } from "../../src/lending/lending-context.ts";
import {
  environmentErrors,
  lendingErrors,
  retiredErrorCodes,
  usageErrors,
  warningCodes,
} from "../../src/platform/error-codes.ts";

const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join("src", name), "utf8"))
  .join("\n");

/** The codes that `new CodedError(` or `new UsageError(` is called with. */
function codesThrown(kind: "Coded" | "Usage"): string[] {
  const calls = source.matchAll(new RegExp(`new ${kind}Error\\(\\s*["'\`](\\w+)["'\`]`, "g"));
  return [...new Set([...calls].map(([, code = ""]) => code))].sort();
}

test("docs/errors.md is what the lists say", async () => {
  const committed = readFileSync("docs/errors.md", "utf8");
  expect(committed, "run npm run docs:generate").toBe(await renderErrorsReference());
});

test("every code of a list is thrown, with the exit code of its list", () => {
  expect(codesThrown("Usage")).toEqual(Object.keys(usageErrors).sort());
  expect(codesThrown("Coded")).toEqual(Object.keys(environmentErrors).sort());
});

test("each reason of lending, and the one of an allocation without a slot, has a code", () => {
  const reasons = [...lendingRefusals, "none_available"].map((reason) => reason.toUpperCase());
  expect(Object.keys(lendingErrors).sort()).toEqual(reasons.sort());
});

test("every warning is given somewhere", () => {
  for (const code of Object.keys(warningCodes)) expect(source).toContain(`code: "${code}"`);
});

test("no code is in two lists, and none of an earlier version is used again", () => {
  const codes = [usageErrors, environmentErrors, lendingErrors, warningCodes].flatMap((table) =>
    Object.keys(table),
  );
  expect(new Set([...codes, ...retiredErrorCodes]).size).toBe(codes.length + retiredErrorCodes.length);
});
