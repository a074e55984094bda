/** True if the long suites run whole: `npm run test:full`. */
export const runsInFull = process.env["REPO_POOL_SIDECAR_TEST_FULL"] === "1";

/**
 * All of the cases in a full run, else `size` of them, other ones each time: the seed is printed, and
 * REPO_POOL_SIDECAR_TEST_SEED repeats a run.
 */
export function sampleOf<T>(cases: readonly T[], size: number, label: string): readonly T[] {
  if (runsInFull || cases.length <= size) return cases;
  const random = createRandom(sampleSeed(`${label}: ${size} of ${cases.length}`));
  return cases
    .map((value) => ({ value, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, size)
    .map(({ value }) => value);
}

/** Both layouts of a pool in a full run, else one of them. */
export function sampleLayouts(label: string): readonly ("clone" | "worktree")[] {
  return sampleOf(["clone", "worktree"] as const, 1, `layouts of ${label}`);
}

/**
 * Every n-th of the cases, from the k-th on, if REPO_POOL_SIDECAR_TEST_SLICE is `k/n`: a run that takes hours can then be
 * made in parts.
 */
export function sliceOf<T>(cases: readonly T[]): readonly T[] {
  const [first = 1, step = 1] = (process.env["REPO_POOL_SIDECAR_TEST_SLICE"] ?? "1/1").split("/").map(Number);
  return cases.filter((_, index) => index % step === first - 1);
}

/** Prints the seed with the label: REPO_POOL_SIDECAR_TEST_SEED repeats a run. */
export function sampleSeed(label: string): number {
  const seed = Number(process.env["REPO_POOL_SIDECAR_TEST_SEED"] ?? Date.now() % 100_000);
  console.log(`${label}, REPO_POOL_SIDECAR_TEST_SEED=${seed}`);
  return seed;
}

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
