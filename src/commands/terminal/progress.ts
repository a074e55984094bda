import type { Terminal } from "./terminal.ts";
import { printable } from "./printable.ts";

/** How far something is. `total` undefined: nobody knows yet. */
export interface ProgressUpdate {
  readonly doneCount: number;
  readonly totalCount: number | undefined;
  /** What is being done now, such as a slot's id. */
  readonly detail: string;
}

export interface Progress {
  update(update: ProgressUpdate): void;
  /** Takes the bar away, so that the result stands alone. */
  stop(): void;
}

const noProgress: Progress = { update: () => undefined, stop: () => undefined };

/**
 * A bar on standard error if a person may be looking at it, else nothing:
 * `const progress = await startProgress(context.errorTerminal, "Checking slots"); try { … } finally { progress.stop(); }`
 */
export async function startProgress(
  { isInteractive, columns = 80 }: Terminal,
  label: string,
): Promise<Progress> {
  if (!isInteractive) return noProgress;
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
  return {
    update({ doneCount, totalCount, detail }) {
      bar.setTotal(totalCount ?? Math.max(1, doneCount));
      bar.update(doneCount, { detail: printable(detail).slice(0, detailWidth) });
    },
    stop() {
      bar.stop();
    },
  };
}
