const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text of a slot as a terminal may show it: control, direction and other invisible characters made visible. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Lines for a terminal: a line break inside one cannot start another. */
export function printableLines(lines: readonly string[]): string {
  return lines.map(printable).join("\n");
}

/**
 * JSON for people's terminals and for programs alike: what JSON itself lets through and a terminal would obey
 * (C1 controls, direction marks) is escaped, so that the value stays the same.
 */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()].map((index) => escapeUnit(character.charCodeAt(index))).join(""),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
