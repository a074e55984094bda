import { decodeBytes } from "../../platform/byte-text.ts";
import { type FileReading } from "../../platform/regular-file.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

/** A parsed git configuration file. Includes are never followed. */
export interface GitConfig {
  /** Every value in file order, by `section.key` or `section.subsection.key`, section and key in lower case. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** The same settings one by one, as they stand in the file. */
  readonly settings: readonly GitSetting[];
}

/** One setting of a file, its name as in `GitConfig`. */
export interface GitSetting {
  readonly name: string;
  /** Undefined if there is no `=`: git takes it for true, and refuses it if it wants text. */
  readonly value: string | undefined;
  /** From 1. */
  readonly line: number;
}

export type GitConfigReading =
  | { readonly kind: "valid"; readonly config: GitConfig }
  | { readonly kind: "invalid"; readonly line: number };

/** The result of reading a configuration file. */
export type ConfigFileReading = GitConfigReading | Exclude<FileReading, { kind: "content" }>;

const maxConfigBytes = 1024 * 1024;

export function readGitConfigFile(reader: SlotReader, path: string): ConfigFileReading {
  const reading = reader.readRegularFile(path, { maxBytes: maxConfigBytes });
  return reading.kind === "content" ? parseGitConfig(reading.content) : reading;
}

export function configPath(commonDirectory: string): string {
  return `${commonDirectory}/config`;
}

/** Read after the repository's own, for one work tree. */
export function worktreeConfigPath(gitDirectory: string): string {
  return `${gitDirectory}/config.worktree`;
}

/** The configuration of a repository; undefined if it is missing, or not what git can read. */
export function readGitConfig(commonDirectory: string): GitConfig | undefined {
  const reading = readGitConfigFile(uncachedReader, configPath(commonDirectory));
  return reading.kind === "valid" ? reading.config : undefined;
}

/** The slots of a pool have the same text, or nearly all of them. */
let last: { readonly text: string; readonly reading: GitConfigReading } | undefined;

/** Reads what git would read of the file itself, and rejects what git rejects. Source: git's config.c. */
export function parseGitConfig(content: Buffer): GitConfigReading {
  const text = decodeBytes(content).replace(/^\uFEFF/, "");
  if (last?.text !== text) last = { text, reading: new ConfigParser(text).parse() };
  return last.reading;
}

/** The value that counts: the last one. */
export function configValue(config: Pick<GitConfig, "values">, name: string): string | undefined {
  return config.values.get(name)?.at(-1);
}

/** True if git reads the settings of single work trees too: see `worktreeConfigPath`. */
export function hasWorktreeConfig(config: Pick<GitConfig, "values">): boolean {
  return parseConfigBoolean(configValue(config, "extensions.worktreeconfig") ?? "no") === true;
}

/** Git's reading of a boolean. Undefined if git would refuse it. */
export function parseConfigBoolean(value: string): boolean | undefined {
  const word = value.toLowerCase();
  if (["true", "yes", "on"].includes(word)) return true;
  if (["false", "no", "off", ""].includes(word)) return false;
  const number = parseConfigInteger(value);
  return number === undefined ? undefined : number !== 0;
}

/** Git's reading of an integer, its units k, m and g included. Undefined if git would refuse it. */
export function parseConfigInteger(value: string): number | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)([kmg]?)$/i.exec(value.trim());
  if (match === null) return undefined;
  const digits = match[2] ?? "0";
  const isOctal = /^0[0-7]+$/.test(digits);
  const size = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  const unit = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[3] ?? "").toLowerCase()] ?? 1;
  return (match[1] === "-" ? -1 : 1) * size * unit;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b", '"': '"', "\\": "\\" };

/** Reads character by character as git does. Undefined from a part means that git would stop there. */
class ConfigParser {
  readonly #text: string;
  readonly #settings: GitSetting[] = [];
  #position = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): GitConfigReading {
    let section = "";
    while (this.#position < this.#text.length) {
      const character = this.#next();
      if (isSpace(character)) continue;
      if (character === "#" || character === ";") {
        this.#skipLine();
        continue;
      }
      if (character === "[") {
        const name = this.#readSection();
        if (name === undefined) return { kind: "invalid", line: this.#line };
        section = `${name}.`;
      } else if (!/[A-Za-z]/.test(character) || !this.#readSetting(section + character.toLowerCase())) {
        return { kind: "invalid", line: this.#line };
      }
    }
    return { kind: "valid", config: { values: valuesOf(this.#settings), settings: this.#settings } };
  }

  /** The end of the file reads as the end of a line. */
  #next(): string {
    let character = this.#text[this.#position++] ?? "\n";
    if (character === "\r" && this.#text[this.#position] === "\n") {
      character = "\n";
      this.#position++;
    }
    if (character === "\n" && this.#position < this.#text.length) this.#line++;
    return character;
  }

  #skipLine(): void {
    while (this.#next() !== "\n");
  }

  #readSection(): string | undefined {
    let name = "";
    for (;;) {
      const character = this.#next();
      // A section needs a name.
      if (character === "]") return name === "" ? undefined : name;
      if (isSpace(character)) return this.#readSubsection(name, character);
      if (!/[A-Za-z0-9.-]/.test(character)) return undefined;
      name += character.toLowerCase();
    }
  }

  #readSubsection(section: string, space: string): string | undefined {
    let character = space;
    while (isSpace(character)) {
      if (character === "\n") return undefined;
      character = this.#next();
    }
    if (character !== '"') return undefined;
    let name = `${section}.`;
    for (;;) {
      character = this.#next();
      if (character === '"') return this.#next() === "]" ? name : undefined;
      if (character === "\\") character = this.#next();
      if (character === "\n") return undefined;
      name += character;
    }
  }

  #readSetting(start: string): boolean {
    let name = start;
    const line = this.#line;
    let character = this.#next();
    for (; /[A-Za-z0-9-]/.test(character); character = this.#next()) name += character.toLowerCase();
    while (character === " " || character === "\t") character = this.#next();
    if (character !== "\n" && character !== "=") return false;
    const value = character === "\n" ? undefined : this.#readValue();
    if (value === undefined && character !== "\n") return false;
    this.#settings.push({ name, value, line });
    return true;
  }

  /** Undefined if a quote stays open or an escape is unknown. */
  #readValue(): string | undefined {
    let value = "";
    let spaces = 0;
    let isQuoted = false;
    for (;;) {
      const character = this.#next();
      if (character === "\n") return isQuoted ? undefined : value;
      if (!isQuoted && isSpace(character)) {
        if (value !== "") spaces++;
        continue;
      }
      if (!isQuoted && (character === "#" || character === ";")) {
        this.#skipLine();
        return value;
      }
      value += " ".repeat(spaces);
      spaces = 0;
      if (character === '"') isQuoted = !isQuoted;
      else if (character !== "\\") value += character;
      else {
        const escaped = this.#next();
        if (escaped === "\n") continue;
        const meaning = escapes[escaped];
        if (meaning === undefined) return undefined;
        value += meaning;
      }
    }
  }
}

function valuesOf(settings: readonly GitSetting[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { name, value = "true" } of settings) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return values;
}

function isSpace(character: string): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}

/** Pure: the settings that `git config --null` prints, in its order; one without a value is true. */
export function parseConfigList(output: string): [name: string, value: string][] {
  const entries = output.split("\0").filter((entry) => entry !== "");
  return entries.map((entry) => {
    const at = entry.indexOf("\n");
    return at < 0 ? [entry, "true"] : [entry.slice(0, at), entry.slice(at + 1)];
  });
}

/** By sections, in the order in which each first came. Source: gitconfig(5), section Syntax. */
export function formatGitConfig(settings: ReadonlyMap<string, readonly string[]>): string {
  const sections = new Map<string, string[]>();
  for (const [name, values] of settings) {
    const { header, key } = splitName(name);
    const lines = sections.get(header) ?? [];
    sections.set(header, lines);
    for (const value of values) lines.push(`\t${key} = ${quoteValue(value)}\n`);
  }
  return [...sections].map(([header, lines]) => `${header}\n${lines.join("")}`).join("");
}

/** In the order that they have, those without a value too. */
export function formatGitSettings(settings: readonly Pick<GitSetting, "name" | "value">[]): string {
  return settings
    .map(({ name, value }) => {
      const { header, key } = splitName(name);
      return `${header}\n\t${key}${value === undefined ? "" : ` = ${quoteValue(value)}`}\n`;
    })
    .join("");
}

function splitName(name: string): { readonly header: string; readonly key: string } {
  const first = name.indexOf(".");
  const last = name.lastIndexOf(".");
  const subsection = last > first ? ` ${quoteSubsection(name.slice(first + 1, last))}` : "";
  return { header: `[${name.slice(0, first)}${subsection}]`, key: name.slice(last + 1) };
}

function quoteSubsection(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function quoteValue(value: string): string {
  if (/^[\w./:@+*-]+$/.test(value)) return value;
  const escaped = value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped.replaceAll("\b", "\\b")}"`;
}
