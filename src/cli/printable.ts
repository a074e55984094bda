const controlAndBidi = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text of a slot as a terminal may show it: control and direction characters made visible. */
export function printable(text: string): string {
  return text.replace(controlAndBidi, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Lines for a terminal: a line break inside one cannot start another. */
export function printableLines(lines: readonly string[]): string {
  return lines.map(printable).join("\n");
}
