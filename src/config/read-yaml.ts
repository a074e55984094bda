import { LineCounter, parseDocument, isMap, isScalar, type Document } from "yaml";
import type { z } from "zod";

export type YamlReading<Value> =
  | { readonly kind: "valid"; readonly value: Value }
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
  if (parsed.success) return { kind: "valid", value: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, document, lines));
  return { kind: "invalid", problems };
}

function describeIssue(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string[] {
  const describe = (path: readonly PropertyKey[], message: string): string => {
    const line = lineOf(path, document, lines);
    return `${line === undefined ? "" : `line ${line}: `}${path.map(String).join(".")}: ${message}`;
  };
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => describe([...issue.path, key], "unknown key"));
  return [describe(issue.path, issue.message)];
}

/** The line of the key that a path ends with, or of the nearest thing above it. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number | undefined {
  const parent: unknown = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
    : undefined;
  const node: unknown = pair?.key ?? document.getIn(path, true);
  const offset = isScalar(node) || isMap(node) ? node.range?.[0] : undefined;
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
