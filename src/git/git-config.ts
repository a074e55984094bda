/** A parsed git configuration file. Includes are never followed. */
export interface GitConfig {
  /** Every value in file order, by `section.key` or `section.subsection.key`, section and key in lower case. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export type GitConfigReading =
  | { readonly kind: "valid"; readonly config: GitConfig }
  | { readonly kind: "invalid"; readonly line: number };

const sectionHeader = /^\[([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\\n]|\\.)*)")?\]/;
const keyName = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=|$|(?=[#;]))/;

/** Reads what git would read of the file itself. Source: gitconfig(5), section Syntax. */
export function parseGitConfig(content: Buffer): GitConfigReading {
  const values = new Map<string, string[]>();
  const lines = content.toString("utf8").split(/\r?\n/);
  let section: string | undefined;
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let rest = (lines[index] ?? "").trim();
    if (content.includes(0)) return { kind: "invalid", line };
    const header = sectionHeader.exec(rest);
    if (header !== null) {
      section = sectionName(header[1] ?? "", header[2]);
      rest = rest.slice(header[0].length).trim();
    }
    if (rest === "" || rest.startsWith("#") || rest.startsWith(";")) continue;
    const key = keyName.exec(rest);
    if (key === null || section === undefined) return { kind: "invalid", line };
    let raw = rest.slice(key[0].length);
    while (endsInContinuation(raw) && index + 1 < lines.length)
      raw = raw.slice(0, -1) + (lines[++index] ?? "");
    const value = key[0].endsWith("=") ? parseValue(raw) : "true";
    if (value === undefined) return { kind: "invalid", line };
    const name = `${section}.${(key[1] ?? "").toLowerCase()}`;
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { kind: "valid", config: { values } };
}

/** The value that counts: the last one. */
export function configValue(config: GitConfig, name: string): string | undefined {
  return config.values.get(name)?.at(-1);
}

function sectionName(section: string, subsection: string | undefined): string {
  const lower = section.toLowerCase();
  return subsection === undefined ? lower : `${lower}.${subsection.replace(/\\(.)/g, "$1")}`;
}

function endsInContinuation(text: string): boolean {
  return (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b", '"': '"', "\\": "\\" };

/** Undefined where a quote stays open or an escape is unknown. */
function parseValue(raw: string): string | undefined {
  let value = "";
  let kept = 0;
  let isQuoted = false;
  const text = raw.trimStart();
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (character === "\\") {
      const escaped = escapes[text[++index] ?? ""];
      if (escaped === undefined) return undefined;
      value += escaped;
      kept = value.length;
    } else if (character === '"') {
      isQuoted = !isQuoted;
      kept = value.length;
    } else if (!isQuoted && (character === "#" || character === ";")) {
      break;
    } else {
      value += character;
      if (isQuoted || character.trim() !== "") kept = value.length;
    }
  }
  return isQuoted ? undefined : value.slice(0, kept);
}
