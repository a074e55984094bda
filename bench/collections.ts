/** Configuration of a `serve` whose collections are measured. */
export const collectEachSecond = `
collector: { schedule: "* * * * * *" }
# Deep checks are none of this.
verification: { schedule: "0 0 0 1 1 *" }
`;

/** Of all collections so far; the CPU time is that of the whole process. */
export interface Collections {
  readonly count: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** @param text the answer of /metrics */
export function readCollections(text: string): Collections {
  const name = "repo_pool_collection_duration_seconds";
  return {
    count: readSeries(text, `${name}_count`),
    seconds: readSeries(text, `${name}_sum`),
    cpuSeconds: readSeries(text, "process_cpu_seconds_total"),
  };
}

export function readSeries(text: string, series: string): number {
  return Number(new RegExp(`^${series} (.*)$`, "m").exec(text)?.[1]);
}
