import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Debian's faketime for programs with threads. */
function preload(): string {
  const [found] = readdirSync("/usr/lib").flatMap((name) =>
    name.endsWith("-linux-gnu") ? [`/usr/lib/${name}/faketime/libfaketimeMT.so.1`] : [],
  );
  return found ?? "libfaketimeMT.so.1";
}

/** The wall clock of one process; the monotonic one is the machine's. */
export class FakeClock {
  readonly #file: string;
  readonly env: Record<string, string>;

  /** It stands still until it is set. */
  constructor(root: string, at: Date) {
    this.#file = join(root, "clock");
    writeFileSync(this.#file, `${at.toISOString().slice(0, 19).replace("T", " ")}\n`);
    this.env = {
      ...{ LD_PRELOAD: preload(), FAKETIME_TIMESTAMP_FILE: this.#file, FAKETIME_NO_CACHE: "1", TZ: "UTC" },
      ...{ DONT_FAKE_MONOTONIC: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", NO_FAKE_STAT: "1" },
    };
  }

  /** It goes on from there. */
  set(at: Date): void {
    const aheadSeconds = (at.getTime() - Date.now()) / 1000;
    writeFileSync(this.#file, `${aheadSeconds < 0 ? "" : "+"}${aheadSeconds.toFixed(3)}\n`);
  }
}
