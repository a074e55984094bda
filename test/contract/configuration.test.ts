import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { z } from "zod";
import { createRemediationPolicies } from "../../src/serve/config/remediation-policies.ts";
import {
  renderConfigurationReference,
  renderDefaultSettings,
} from "../../scripts/configuration-reference.ts";
import { createConfigJsonSchema } from "../../src/config/config-json-schema.ts";
import { configSchema } from "../../src/config/config-schema.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { remediationModes } from "../../src/remediation/alerts/policy.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/configuration.md", import.meta.url)), "utf8");
const [everyDefault = "", ...examples] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
  ([, block = ""]) => block,
);
const rows = [...page.matchAll(/^\| `([^`]+)` +\| (?:`([^`]+)`|none) +\|/gm)].map(([, key = "", value]) => ({
  key,
  value,
}));

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-configuration-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function load(text: string) {
  const configFile = join(directory, "sidecar.yaml");
  writeFileSync(configFile, text);
  return loadConfig({ flags: { configFile }, env: {}, homeDirectory: directory });
}

/** The keys that hold values, in dotted form; `[]` for each element of a list of sections. */
function keysOf(schema: z.core.$ZodType, path: string): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return keysOf(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return keysOf(schema.in, path);
  if (schema instanceof z.ZodArray) {
    const elements = keysOf(schema.element, `${path}[]`);
    return [path, ...elements.filter((key) => key !== `${path}[]`)];
  }
  if (!(schema instanceof z.ZodObject)) return [path];
  return Object.entries(schema.shape).flatMap(([name, inner]) =>
    keysOf(inner as z.core.$ZodType, path === "" ? name : `${path}.${name}`),
  );
}

function valueAt(document: unknown, key: string): unknown {
  return key.split(".").reduce<unknown>((value, name) => {
    const inner = z.record(z.string(), z.unknown()).safeParse(value);
    return inner.success ? inner.data[name] : undefined;
  }, document);
}

test("the page and the defaults in code are what the schema says", async () => {
  expect(page, "run npm run docs:generate").toBe(await renderConfigurationReference());
  const committed = readFileSync(new URL("../../src/config/default-settings.ts", import.meta.url), "utf8");
  expect(committed, "run npm run docs:generate").toBe(await renderDefaultSettings());
});

test("an editor's JSON Schema takes the same documents, and names every key with its meaning", () => {
  const schema = createConfigJsonSchema();
  const validate = new Ajv2020({ strict: false }).compile(schema);
  for (const example of [everyDefault, ...examples])
    expect({ example, isValid: validate(parse(example)), errors: validate.errors }).toMatchObject({
      isValid: true,
    });
  expect(validate({ recovery: { budget: 3 } })).toBe(false);
  expect(validate({ recovery: { cooldown: "soon" } })).toBe(false);
  expect(validate({ salvage: { max_bytes: "20 GB" } })).toBe(false);
  const described = JSON.stringify(schema).match(/"description":/g) ?? [];
  expect(described.length).toBe(rows.length);
});

test("the page has one row for every key that the schema knows, and none for another", () => {
  expect(rows.map(({ key }) => key).sort()).toEqual(keysOf(configSchema, "").sort());
});

test("the file of all defaults changes nothing", async () => {
  expect(await load(everyDefault)).toEqual({ kind: "valid", config: createDefaultConfig(directory) });
});

test.each(rows)("the default of $key is $value", ({ key, value }) => {
  const written = valueAt(parse(everyDefault), key);
  if (written === undefined) expect(value).toBeUndefined();
  else expect(value).toBe(typeof written === "string" ? written : JSON.stringify(written));
});

test.each(examples)("an example is a valid configuration with valid policies: %s", async (example) => {
  const loaded = await load(example);
  expect(loaded.kind).toBe("valid");
  if (loaded.kind === "valid") expect(createRemediationPolicies(loaded.config).length).toBeGreaterThan(0);
});

test("a fleet's queue without a connection string is refused, and not replaced by the local one", async () => {
  expect(await load("queue: { driver: postgres }")).toMatchObject({
    kind: "invalid",
    problems: [expect.stringContaining("queue.postgres.connection_string_file")],
  });
});

/** The keys that a document gives a value, in the form of the page's rows. */
function keysSetIn(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((element) => keysSetIn(element, `${path}[]`))];
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    keysSetIn(inner, path === "" ? name : `${path}.${name}`),
  );
}

test.each(rows)("$key has an example", ({ key }) => {
  const keys = [everyDefault, ...examples].flatMap((example) => keysSetIn(parse(example)));
  expect(keys).toContain(key);
});

test("every mode has an example", () => {
  const modes = examples.flatMap((example) =>
    [...example.matchAll(/\bmode: (\w+)/g)].map(([, mode]) => mode),
  );
  expect([...new Set(modes)].sort()).toEqual([...remediationModes].sort());
});
