/**
 * What fsck says of an object's form, by its own name for it. Old and foreign programs wrote such objects, every clone of
 * the project has them, the remote would give back the same, and git works with them: that is no damage.
 */
const opinionLine = /^(?:error|warning) in (?:blob|commit|tag|tree) [0-9a-f]{40,64}: ([A-Za-z0-9]+): /gm;

/** These say that git cannot read the object: if its header ends, or what it leads to. */
const unreadableForms: ReadonlySet<string> = new Set([
  "badObjectSha1",
  "badParentSha1",
  "badTree",
  "badTreeSha1",
  "missingObject",
  "missingTree",
  "missingType",
  "nulInHeader",
  "unknownType",
  "unterminatedHeader",
]);

/**
 * Pure: settings that silence what fsck printed about the form of objects, so that its exit code means damage alone. Only
 * names that this git printed: it fails on one that it does not know.
 */
export function ignoreOpinions(fsckOutput: string): string[] {
  const names = [...fsckOutput.matchAll(opinionLine)].map(([, name]) => name ?? "");
  return [...new Set(names)]
    .filter((name) => !unreadableForms.has(name))
    .map((name) => `fsck.${name}=ignore`);
}
