import { format } from "prettier";
import { replaceMarked } from "./faults-reference.ts";

interface ImportRules {
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  readonly doorOf: Readonly<Record<string, string>>;
}

/** docs/architecture.md with the import table and the doors that `npm run deps` enforces. */
export async function renderArchitecture(page: string): Promise<string> {
  const { mayImport, doorOf } = await readRules();
  const imports = Object.entries(mayImport).map(
    ([folder, allowed]) =>
      `| \`${folder}\` | ${allowed.map((name) => `\`${name}\``).join(", ") || "nothing"} |`,
  );
  const doors = Object.entries(doorOf).map(([library, folder]) => `| \`${library}\` | \`${folder}\` |`);
  const withImports = replaceMarked(page, "imports", await table(["folder", "may import"], imports));
  return replaceMarked(withImports, "doors", await table(["library", "folder"], doors));
}

/** The file is JavaScript, as dependency-cruiser wants it, and has no types. */
async function readRules(): Promise<ImportRules> {
  return (await import(new URL("../.dependency-cruiser.js", import.meta.url).href)) as ImportRules;
}

function table(heads: readonly string[], rows: readonly string[]): Promise<string> {
  const lines = [`| ${heads.join(" | ")} |`, `| ${heads.map(() => "---").join(" | ")} |`, ...rows, ""];
  return format(lines.join("\n"), { parser: "markdown", printWidth: 110 });
}
