import type { Labels } from "./notification.ts";
import { asOneOf } from "../../platform/stored-fields.ts";

export const matcherOperators = ["=~", "!~", "!=", "="] as const;
export type MatcherOperator = (typeof matcherOperators)[number];

export interface Matcher {
  readonly label: string;
  readonly operator: MatcherOperator;
  readonly value: string;
  /** Only of `=~` and `!~`; anchored at both ends. */
  readonly pattern: RegExp | undefined;
}

export type MatcherParsing =
  | { readonly kind: "valid"; readonly matcher: Matcher }
  | { readonly kind: "invalid"; readonly detail: string };

/**
 * JavaScript's regular expressions backtrack, Alertmanager's do not: a pattern can be written that takes
 * exponential time here. Patterns therefore come from the operator's own file alone, never from an alert.
 */
export const matcherLimits = { patternLength: 256, matchedLength: 1024 } as const;

const matcherPattern = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;
const quotedPattern = /^"((?:[^"\\\n]|\\["\\n])*)"$/;

/** Alertmanager's syntax: `label="value"`; the quotes may be left out of a plain value. */
export function parseMatcher(text: string): MatcherParsing {
  const parts = matcherPattern.exec(text);
  const operator = asOneOf(matcherOperators, parts?.[2]);
  if (parts === null || operator === undefined) return invalid('expected label="value"');
  const value = parseValue(parts[3] ?? "");
  if (value === undefined) return invalid("the value's quotes or escapes are not closed");
  const label = parts[1] ?? "";
  if (operator === "=" || operator === "!=") {
    return { kind: "valid", matcher: { label, operator, value, pattern: undefined } };
  }
  if (value.length > matcherLimits.patternLength) {
    return invalid(`the regular expression is longer than ${matcherLimits.patternLength} characters`);
  }
  const pattern = compilePattern(value);
  if (pattern === undefined) return invalid("the regular expression cannot be read");
  return { kind: "valid", matcher: { label, operator, value, pattern } };
}

/** An absent label has the empty value. A value too long for a regular expression satisfies neither kind. */
export function isMatched(matcher: Matcher, labels: Labels): boolean {
  const value = labels.get(matcher.label) ?? "";
  if (matcher.pattern === undefined) return (value === matcher.value) === (matcher.operator === "=");
  if (value.length > matcherLimits.matchedLength) return false;
  return matcher.pattern.test(value) === (matcher.operator === "=~");
}

function invalid(detail: string): MatcherParsing {
  return { kind: "invalid", detail };
}

function parseValue(text: string): string | undefined {
  const quoted = quotedPattern.exec(text);
  if (quoted !== null) {
    return (quoted[1] ?? "").replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return /["{},\s\\]/.test(text) ? undefined : text;
}

/** Go's `(?i)` at the start is understood, and escapes of plain characters (`\-`), as Alertmanager does. */
function compilePattern(source: string): RegExp | undefined {
  const ignoresCase = source.startsWith("(?i)");
  const anchored = `^(?:${ignoresCase ? source.slice("(?i)".length) : source})$`;
  const flags = ignoresCase ? "is" : "s";
  return compileWith(anchored, `${flags}u`) ?? compileWith(anchored, flags);
}

function compileWith(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
