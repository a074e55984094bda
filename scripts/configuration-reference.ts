import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { Document, visit } from "yaml";
import type { z } from "zod";
import { toCodeNames } from "../src/config/code-names.ts";
import { configSchema } from "../src/config/config-schema.ts";
import { elementOf, keysOfSection } from "../src/config/schema-keys.ts";
import { replaceMarked } from "./faults-reference.ts";

const pagePath = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));

/** The page docs/configuration.md: between its marks everything that the schema says, around them text for people. */
export function renderConfigurationReference(): Promise<string> {
  const page = readFileSync(pagePath, "utf8");
  return format(replaceMarked(page, "keys", `${renderDefaults()}\n${renderTable()}`), {
    parser: "markdown",
    printWidth: 110,
  });
}

/** src/config/default-settings.ts: what the schema makes of an empty file. */
export function renderDefaultSettings(): Promise<string> {
  const settings = JSON.stringify(toCodeNames(configSchema.parse({})));
  const module = `// Generated from config-schema.ts by \`npm run docs:generate\`; do not edit.
import type { FileSettings } from "./sidecar-config.ts";

/** The settings of an empty file. Kept as data, so that a command without a file loads no schema library. */
export const defaultSettings: FileSettings = ${settings};
`;
  return format(module, { parser: "typescript", printWidth: 110 });
}

function renderDefaults(): string {
  const document = new Document(defaultsOf(configSchema));
  visit(document, {
    // A cron expression reads better quoted, also where YAML does not ask for it.
    Scalar(_key, node) {
      if (String(node.value).includes("*")) node.type = "QUOTE_DOUBLE";
    },
    Seq(_key, node) {
      node.flow = true;
    },
  });
  return `\`\`\`yaml\n${document.toString({ flowCollectionPadding: false })}\`\`\`\n`;
}

function defaultsOf(schema: z.core.$ZodType): object {
  const keys = [...(keysOfSection(schema) ?? [])].flatMap(([name, key]) => {
    const isSection = keysOfSection(key.schema) !== undefined;
    const value = isSection ? nonEmpty(defaultsOf(key.schema)) : key.defaultValue;
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(keys);
}

function nonEmpty(section: object): object | undefined {
  return Object.keys(section).length === 0 ? undefined : section;
}

function renderTable(): string {
  const rows = rowsOf(configSchema, "").map(
    ({ path, shown, description }) => `| \`${path}\` | ${shown} | ${description} |`,
  );
  return ["| key | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

interface Row {
  readonly path: string;
  readonly shown: string;
  readonly description: string;
}

/** A key of a list's elements is `list[].key`; it has no place in the file of defaults, and so shows none. */
function rowsOf(schema: z.core.$ZodType, prefix: string): Row[] {
  return [...(keysOfSection(schema) ?? [])].flatMap(([name, key]) => {
    const path = `${prefix}${name}`;
    if (keysOfSection(key.schema) !== undefined) return rowsOf(key.schema, `${path}.`);
    if (key.description === undefined) throw new Error(`${path} has no description in the schema`);
    const hasDefault = key.defaultValue !== undefined && !path.includes("[]");
    const shown = hasDefault ? `\`${showValue(key.defaultValue)}\`` : "none";
    const element = elementOf(key.schema);
    const below = element === undefined ? [] : rowsOf(element, `${path}[].`);
    return [{ path, shown, description: key.description }, ...below];
  });
}

function showValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
