import type { Labels } from "./notification.ts";

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
 * JavaScript's regular expressions backtrack. A pattern may hold three unbounded repetitions, none of
 * a group, over at most 256 characters. Optional parts and choices (`a?a?`, `(a|a)(a|a)`) are not yet
 * counted: long chains of them can still take exponential time, so patterns must come from the operator.
 */
export const matcherLimits = { patternLength: 256, repetitionCount: 3, matchedLength: 256 } as const;

const matcherPattern = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;
const quotedPattern = /^"((?:[^"\\\n]|\\["\\n])*)"$/;

/** Alertmanager's syntax: `label="value"`; the quotes may be left out of a plain value. */
export function parseMatcher(text: string): MatcherParsing {
  const parts = matcherPattern.exec(text);
  const operator = matcherOperators.find((known) => known === parts?.[2]);
  if (parts === null || operator === undefined) return invalid('expected label="value"');
  const value = parseValue(parts[3] ?? "");
  if (value === undefined) return invalid("the value's quotes or escapes are not closed");
  const label = parts[1] ?? "";
  if (operator === "=" || operator === "!=") {
    return { kind: "valid", matcher: { label, operator, value, pattern: undefined } };
  }
  const danger = patternProblem(value);
  if (danger !== undefined) return invalid(danger);
  try {
    const pattern = new RegExp(`^(?:${value})$`, "su");
    return { kind: "valid", matcher: { label, operator, value, pattern } };
  } catch {
    return invalid("the regular expression cannot be read");
  }
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

/** What a pattern holds that could take more than polynomial time, or that Alertmanager would not take. */
function patternProblem(source: string): string | undefined {
  if (source.length > matcherLimits.patternLength) {
    return `the regular expression is longer than ${matcherLimits.patternLength} characters`;
  }
  const bare = source
    .replace(/\\[1-9k]/g, "\u0000")
    .replace(/\\./gs, "e")
    .replace(/\[\^?\]?[^\]]*\]/g, "c");
  if (bare.includes("\u0000")) return "back references are not supported";
  if (/\(\?(?!:)/.test(bare)) return "look-around and named groups are not supported";
  if (/\)[*+{]/.test(bare)) return "a repeated group is not supported";
  if (/\{\d*,?\d*\}/.test(bare)) return "counted repetition is not supported";
  const repetitions = bare.match(/[*+]/g)?.length ?? 0;
  if (repetitions <= matcherLimits.repetitionCount) return undefined;
  return `more than ${matcherLimits.repetitionCount} repetitions`;
}
