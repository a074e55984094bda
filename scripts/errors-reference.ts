import { format } from "prettier";
import {
  environmentErrors,
  lendingErrors,
  usageErrors,
  warningCodes,
  type ErrorDescription,
} from "../src/platform/error-codes.ts";

const introduction = `# Errors

<!-- Generated from src/platform/error-codes.ts by \`npm run docs:generate\`; do not edit. -->

An error ends a command with a line on standard error that begins with one of these codes. The library throws an error with that \`code\`. Codes are stable and never reused; the text after them can change. An expected outcome is not an error: a guard that refuses, a lock that is held or an anomaly is part of a command's result ([recovery.md](recovery.md), [pool.md](pool.md), [reasons.md](reasons.md)). HTTP has its own codes ([http.md](http.md)).
`;

const lendingIntroduction = `If a method of the library cannot make its change, it throws a \`LendingError\` with one of these codes; its \`reason\` is the same word in lower case. \`allocate\`, \`release\` and the \`pool\` commands print the code and end with exit code 1.`;

const warningIntroduction = 'Warnings of the Node.js process (`process.on("warning")`). The work goes on.';

/** The page docs/errors.md. */
export function renderErrorsReference(): Promise<string> {
  const sections = [
    ["Wrong usage or configuration (exit code 2)", "", usageErrors],
    ["A broken environment (exit code 1)", "", environmentErrors],
    ["A slot or pool that was not changed (exit code 1)", lendingIntroduction, lendingErrors],
    ["Warnings", warningIntroduction, warningCodes],
  ] as const;
  const page = sections.map(([title, text, table]) => `## ${title}\n\n${text}\n\n${renderTable(table)}`);
  return format([introduction, ...page].join("\n\n"), { parser: "markdown", printWidth: 110 });
}

function renderTable(table: Readonly<Record<string, ErrorDescription>>): string {
  const rows = Object.entries(table).map(
    ([code, { meaning, action }]) => `| \`${code}\` | ${meaning} | ${action} |`,
  );
  return ["| code | means | what to do |", "| --- | --- | --- |", ...rows].join("\n");
}
