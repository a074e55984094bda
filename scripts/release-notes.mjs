#!/usr/bin/env node
// `npm version` runs this before it commits: what is unreleased gets the version and the date. A release is refused if
// it says no word about what has changed, or not where the project is found.
import { readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

const file = "CHANGELOG.md";
const { version, ...described } = JSON.parse(readFileSync("package.json", "utf8"));
const unset = ["repository", "homepage", "bugs"].filter((field) => !(field in described));
if (unset.length > 0)
  refuse(`package.json has no ${unset.join(", ")}: set them to the addresses where the project is published`);
const text = readFileSync(file, "utf8");
const [before, rest] = text.split(/^## \[Unreleased\]\n/m);
if (rest === undefined) refuse(`${file} has no section [Unreleased]`);
const [section] = rest.split(/^## /m);
if (!/^\s*-\s+\S/m.test(section))
  refuse(`[Unreleased] of ${file} is empty: say what a user must know about ${version}`);
if (text.includes(`## [${version}]`)) refuse(`${file} has a section [${version}] already`);
const date = new Date().toISOString().slice(0, 10);
writeFileSync(file, `${before}## [Unreleased]\n\n## [${version}] - ${date}\n${rest}`);
execFileSync("git", ["add", file]);

function refuse(problem) {
  console.error(problem);
  process.exit(1);
}
