import { LineCounter, parseDocument, isMap, isNode, isScalar, isSeq, type Document } from "yaml";
import type { z } from "zod";
import { nearestNames } from "../platform/nearest-names.ts";
import { elementOf, keysOfSection } from "./schema-keys.ts";

export type YamlReading<Value> =
  /** `written` is the content without defaults. */
  | { readonly kind: "valid"; readonly value: Value; readonly written: unknown }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Reads YAML by a schema. Every problem is named at once, with its line. An empty file is an empty map. */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): YamlReading<z.output<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return {
      kind: "invalid",
      problems: document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${error.message}`),
    };
  const content: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const parsed = schema.safeParse(content);
  if (parsed.success) return { kind: "valid", value: parsed.data, written: content };
  const problems = parsed.error.issues
    .flatMap((issue) => describeIssue(issue, { document, lines, schema }))
    .toSorted((one, other) => one.line - other.line);
  return { kind: "invalid", problems: problems.map(({ line, message }) => `line ${line}: ${message}`) };
}

interface Place {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly schema: z.ZodType;
}

interface Problem {
  readonly line: number;
  readonly message: string;
}

function describeIssue(issue: z.core.$ZodIssue, { document, lines, schema }: Place): Problem[] {
  const describe = (path: readonly PropertyKey[], message: string): Problem => ({
    line: lineOf(path, document, lines),
    message: path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`,
  });
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => describe([...issue.path, key], `unknown key${nearestNames(key, known)}`));
  }
  return [describe(issue.path, messageOf(issue, document.getIn(issue.path)))];
}

/** What is expected, in the words of the page; a check of our own says so itself. */
function messageOf(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case "invalid_type": {
      if (issue.message.startsWith("expected ")) return issue.message;
      const expected = expectedTypes[issue.expected] ?? `a ${issue.expected}`;
      return found === undefined
        ? `missing: expected ${expected}`
        : `expected ${expected}, found ${nameOf(found)}`;
    }
    case "invalid_value":
      return `expected one of ${issue.values.map(String).join(", ")}, found ${nameOf(found)}`;
    case "too_small":
      if (issue.origin === "string") return "expected a text that is not empty";
      return `expected ${issue.inclusive === true ? "at least" : "more than"} ${issue.minimum}, found ${nameOf(found)}`;
    case "too_big":
      if (issue.origin === "string") return `expected at most ${issue.maximum} characters`;
      return `expected at most ${issue.maximum}, found ${nameOf(found)}`;
    default:
      return issue.message;
  }
}

const expectedTypes: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "keys with values",
  record: "keys with values",
  string: "a text",
};

/** A file may have anything in the wrong place. */
const mostShownCharacters = 100;

function nameOf(found: unknown): string {
  if (isMap(found)) return "keys with values";
  if (isSeq(found)) return "a list";
  return found === null ? "nothing" : JSON.stringify(found).slice(0, mostShownCharacters);
}

/** The keys of the section at a path, or none if there is no section. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let place: z.core.$ZodType | undefined = schema;
  for (const part of path) {
    if (place === undefined) return [];
    place = typeof part === "number" ? elementOf(place) : keysOfSection(place)?.get(String(part))?.schema;
  }
  return place === undefined ? [] : [...(keysOfSection(place)?.keys() ?? [])];
}

/** The line of the key that a path ends with, or of the nearest thing above it that is written. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number {
  const parent: unknown = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
    : undefined;
  const node: unknown = pair?.key ?? document.getIn(path, true);
  const offset = isNode(node) ? node.range?.[0] : undefined;
  if (offset !== undefined) return lines.linePos(offset).line;
  return path.length === 0 ? 1 : lineOf(path.slice(0, -1), document, lines);
}
