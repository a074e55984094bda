import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Files of a repository whose names mean nothing else. */
const gitFileNames = [
  "packed-refs",
  "shallow",
  "commondir",
  "gitdir",
  "alternates",
  "info.alternates",
  "logs",
  "[A-Z]+(?:_[A-Z]+)*_HEAD",
  "(?:AUTO_)?MERGE(?:_[A-Z]+)?",
  "BISECT_[A-Z]+",
  "rebase-(?:merge|apply)",
  "sequencer",
  "sharedindex",
  "commit-graphs?",
  "multi-pack-index",
  "[.]gitmodules",
  "DIRC",
  "PACK",
].join("|");

/** Only src/git/ knows how a repository's files are named and written: everything else asks it. */
export const knowledgeOfGitFiles = [
  // What a copy has under such a key says nothing of where the file is.
  `Literal[value=/^(?:${gitFileNames})$/]:not(CallExpression[callee.property.name=/^(?:get|has)$/] > *)`,
  "Literal[value=/^(?:gitdir|ref): /]",
  "Literal[value=/(?:^|\\u002f)(?:packed-refs|alternates|logs.HEAD)$/]",
  "Literal[regex.pattern=/sharedindex|gitdir: |ref: |pack-refs/]",
  "TemplateElement[value.raw=/^(?:gitdir|ref): |\\u002f(?:packed-refs|shallow|commondir|gitdir|logs|HEAD|index|config)(?:\\u002f|$)/]",
  "CallExpression[callee.name=/^(?:join|resolve)$/] > Literal[value=/^(?:HEAD|config|index)$/]",
].map((selector) => ({
  selector,
  message: "Only src/git/ knows the files of a repository: ask it for the path, the reader or the writer.",
}));

const throughReader =
  "Read a slot's files through a SlotReader: a look has to know what it read and what it could not.";

/** What the layers below a look may not use to read a slot. */
export const unnotedReaders = [
  ["**/platform/regular-file.ts", ["readEntry", "readLinkEnd", "readRegularFile", "withOpenFile"]],
  ["**/platform/directory.ts", ["readDirectory", "listAllNames"]],
  ["**/platform/contained-path.ts", ["resolveLinks", "isReallyInside", "isSamePlace"]],
].map(([file, importNames]) => ({ group: [file], importNames, message: throughReader }));

/** In the folders that read nothing but slots. */
export const unnotedSystemCalls = {
  group: ["node:fs", "node:fs/promises", "fs", "fs/promises"],
  importNamePattern: "^(?:default|readFile|readdir|opendir|l?stat|readlink|realpath|exists|access)",
  message: throughReader,
};

/** A look hands its own reader on. */
const readerOutsideOfLooks = {
  group: ["**/platform/slot-reader.ts"],
  importNames: ["uncachedReader"],
  message: throughReader,
};

export default defineConfig(
  { ignores: ["dist/", "coverage/", "docs/", "src/http/page/page-script.js"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 350, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 4],
      "max-depth": ["error", 3],
      complexity: ["error", 15],
    },
  },
  {
    files: ["src/**/*.ts"],
    // The demo breaks repositories on purpose, byte by byte. An anomaly names the file for people.
    ignores: ["src/git/**", "src/serve/demo/**", "src/anomalies/**"],
    rules: { "no-restricted-syntax": ["error", ...knowledgeOfGitFiles] },
  },
  {
    files: ["src/git/**/*.ts", "src/inspection/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: unnotedReaders }] },
  },
  {
    files: ["src/git/*.ts", "src/git/{config,index,refs}/**/*.ts", "src/inspection/probe/**/*.ts"],
    // Times in nanoseconds, for what follows a look.
    ignores: ["src/git/refs/remote-commits.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [...unnotedReaders, unnotedSystemCalls] }] },
  },
  {
    files: ["src/inspection/probe/**/*.ts", "src/inspection/inspect-slot.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [...unnotedReaders, unnotedSystemCalls, readerOutsideOfLooks] },
      ],
    },
  },
  { files: ["src/commands/**/*.ts", "src/main.ts"], rules: { "no-console": "off" } },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "no-console": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  // The older dashboard format is the one that Grafana 9 to 13 provisions from files.
  { files: ["grafana/**/*.ts"], rules: { "@typescript-eslint/no-deprecated": "off" } },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", URL: "readonly", setTimeout: "readonly" },
    },
  },
);
