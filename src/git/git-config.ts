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
  if (content.includes(0)) return { kind: "invalid", line: 1 };
  const values = new Map<string, string[]>();
  const lines = joinContinuedLines(content.toString("utf8"));
  let section: string | undefined;
  for (const { text, line } of lines) {
    const header = sectionHeader.exec(text);
    if (header !== null) section = sectionName(header[1] ?? "", header[2]);
    const rest = text.slice(header?.[0].length ?? 0).trim();
    if (rest === "" || rest.startsWith("#") || rest.startsWith(";")) continue;
    const setting = parseSetting(rest);
    if (setting === undefined || section === undefined) return { kind: "invalid", line };
    const name = `${section}.${setting.key}`;
    values.set(name, [...(values.get(name) ?? []), setting.value]);
  }
  return { kind: "valid", config: { values } };
}

function joinContinuedLines(text: string): { text: string; line: number }[] {
  const joined: { text: string; line: number }[] = [];
  let isContinued = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const previous = joined.at(-1);
    if (isContinued && previous !== undefined) previous.text = previous.text.slice(0, -1) + line;
    else joined.push({ text: line.trimStart(), line: index + 1 });
    isContinued = endsInContinuation(joined.at(-1)?.text ?? "");
  }
  return joined;
}

function parseSetting(text: string): { key: string; value: string } | undefined {
  const key = keyName.exec(text);
  if (key === null) return undefined;
  const value = key[0].endsWith("=") ? parseValue(text.slice(key[0].length)) : "true";
  return value === undefined ? undefined : { key: (key[1] ?? "").toLowerCase(), value };
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
