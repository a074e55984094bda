#!/usr/bin/env node
// `npm run prose [-- FILE ...]`: lists phrases that stop readers, for a person to judge. It fails nothing.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What to look for, and what to say instead. Names of metrics and codes are not prose, so words stand alone. */
const phrases = [
  [/\banew\b/i, "again, new"],
  [/\bwhoever\b/i, "name the subject"],
  [/\bof ours\b/i, "our, the sidecar's"],
  [/\bis no more\b|\bthat is none\b/i, "does not exist, was removed"],
  [/\bmend(?:s|ed|ing)?\b/i, "repair, fix"],
  [/\blent\b|\blends?\b|\blending\b/i, "allocate"],
  [/\baccus(?:e|es|ed|ing)\b/i, "report"],
  [/\bin spite of\b/i, "despite, although"],
  [/\bbe it\b/i, "even if"],
  [/\bfor want of\b/i, "because there is no"],
  [/(?<!-)\bdeep looks?\b/i, "deep check"],
  [/\bfor good\b/i, "permanently"],
  [/\bfor ever\b/i, "indefinitely"],
  [/\bladder\b|\brungs?\b/i, "steps, plan"],
  [/\bclean[- ]rooms?\b|\bworkbench\b/i, "scratch repository"],
  [/\bdoubt(?:s|ed|ful)?\b/i, "unverified"],
  [/\bgives? way\b/i, "yields"],
  [/\bshared repository\b/i, "main repository"],
  // "Where" for a place is fine; for a condition it stops readers.
  [
    /\b(?:only|also|even|except|undefined|true|false|fails?|refuses it) where\b|[,;] where (?:nobody|nothing|no|none|there|they|git)\b|\bWhere (?:nobody|nothing|no|none|there|they|processes)\b/,
    "if, when",
  ],
  [/\b1 (?:times|hours|slots|errors)\b|\bfound a unreadable\b/i, "check the number or article"],
];
const prose =
  /^(?:README|CONTRIBUTING|SECURITY)\.md$|^docs\/.*\.md$|^(?:alerts|deploy|examples|grafana|src)\/.*\.(?:md|mjs|ts|ya?ml)$/;

const named = process.argv.slice(2);
const tracked = execFileSync("git", ["ls-files"], { encoding: "utf8" }).split("\n");
let count = 0;
for (const file of named.length > 0 ? named : tracked.filter((name) => prose.test(name))) {
  const lines = readFileSync(file, "utf8").split("\n");
  for (const [index, line] of lines.entries())
    for (const [pattern, instead] of phrases) {
      const [found] = pattern.exec(readableText(file, line)) ?? [];
      if (found === undefined) continue;
      count += 1;
      console.log(`${file}:${index + 1}: "${found}" (${instead}): ${line.trim().slice(0, 120)}`);
    }
}
console.log(`${count} ${count === 1 ? "phrase" : "phrases"} to look at`);

/** Of code only comments and strings are prose, and what stands in backticks is a name. */
function readableText(file, line) {
  if (!file.endsWith(".ts")) return line.replaceAll(/`[^`]*`/g, "");
  const comment = /(?:\/\/|\/?\*)(.*)$/.exec(line)?.[1] ?? "";
  const strings = [...line.matchAll(/"([^"]*)"|`([^`]*)`/g)].map(
    ([, double, template]) => double ?? template,
  );
  return [comment, ...strings.filter((text) => text.includes(" "))].join(" ");
}
