import { randomUUID } from "node:crypto";

/**
 * A number of a record that JavaScript cannot hold: the neighbour's Python reads and writes whole numbers of any length,
 * NaN and Infinity. It is kept as it stands in the file.
 */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): number | null {
    const nearest = Number(this.text);
    return Number.isFinite(nearest) ? nearest : null;
  }
}

/** Most records have none of these, and are read without a second look. */
const maybeInexact = /NaN|Infinity|\d{16}/;
const tokens = /"(?:[^"\\]|\\.)*"|(?:NaN|-?Infinity)\b(?!\s*:)|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** Pure: what the neighbour reads in the text of a record. @throws SyntaxError */
export function parseRecordText(text: string): unknown {
  if (!maybeInexact.test(text)) return JSON.parse(text);
  // Nobody who writes a record can know it.
  const mark = randomUUID();
  const marked = text.replace(tokens, (token) => (isInexact(token) ? `"${mark}${token}"` : token));
  return JSON.parse(marked, (_name, value: unknown) =>
    typeof value === "string" && value.startsWith(mark) ? new ExactNumber(value.slice(mark.length)) : value,
  );
}

function isInexact(token: string): boolean {
  if (/^-?\d+$/.test(token)) return !Number.isSafeInteger(Number(token));
  return /^(?:NaN|-?Infinity)$/.test(token);
}

/** Pure: the text of a record, with two spaces and a final newline as every program of the pool writes it. */
export function formatRecord(fields: Readonly<Record<string, unknown>>): string {
  const mark = randomUUID();
  function keepExact(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
    const own = this[name];
    return own instanceof ExactNumber ? `${mark}${own.text}` : value;
  }
  const text = JSON.stringify(fields, keepExact, 2);
  return `${text.replaceAll(new RegExp(`"${mark}([^"]*)"`, "g"), "$1")}\n`;
}
