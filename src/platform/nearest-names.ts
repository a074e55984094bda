const mostSuggestions = 3;

/** `; did you mean a, b?` with the closest of the known names; empty if there is none. */
export function nearestNames(wanted: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .filter(({ name, distance }) => distance <= Math.max(3, name.length / 3))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, mostSuggestions);
  return near.length === 0 ? "" : `; did you mean ${near.map(({ name }) => name).join(", ")}?`;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
