import type { Terminal } from "./terminal.ts";
import { printable } from "./printable.ts";

/** How far something is. `total` undefined: nobody knows yet. */
export interface ProgressUpdate {
  readonly doneCount: number;
  readonly totalCount: number | undefined;
  /** What is being done now, such as a slot's id. */
  readonly detail: string;
}

/**
 * Does something that tells how far it is, with a bar on standard error if a person may be looking at it. The bar goes when
 * the work ends, so that the result stands alone.
 */
export async function withProgress<Result>(
  { isInteractive, columns = 80 }: Terminal,
  label: string,
  work: (update: (progress: ProgressUpdate) => void) => Promise<Result>,
): Promise<Result> {
  if (!isInteractive) return work(() => undefined);
  const { SingleBar } = await import("cli-progress");
  const detailWidth = Math.max(8, columns - label.length - 50);
  const bar = new SingleBar({
    format: `${label} [{bar}] {value}/{total} {detail}`,
    stream: process.stderr,
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  bar.start(0, 0, { detail: "" });
  try {
    return await work(({ doneCount, totalCount, detail }) => {
      bar.setTotal(totalCount ?? Math.max(1, doneCount));
      bar.update(doneCount, { detail: printable(detail).slice(0, detailWidth) });
    });
  } finally {
    bar.stop();
  }
}
