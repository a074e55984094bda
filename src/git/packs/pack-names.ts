/**
 * Pure: the packs among the names of a pack directory, without their endings. Git opens each index beside a pack, whatever
 * their name. Of those called `pack-`, one without the other is lost; of others it is nothing to git.
 */
export function listPackBases(names: Iterable<string>): string[] {
  const all = new Set(names);
  const bases = [...all].flatMap((name) => {
    const base = name.replace(/\.(?:pack|idx)$/, "");
    if (base === name) return [];
    const isPair = all.has(`${base}.pack`) && all.has(`${base}.idx`);
    return isPair || base.startsWith("pack-") ? [base] : [];
  });
  return [...new Set(bases)];
}
