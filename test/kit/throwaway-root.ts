import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ShellResult {
  readonly status: number | null;
  readonly output: string;
}

/**
 * The whole file system of this machine, whose changes go to a directory that is thrown away: what an installation
 * guide tells a root user to type can be typed for real. It takes root and overlayfs.
 */
export class ThrowawayRoot {
  readonly #home = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-root-"));

  private constructor() {
    for (const name of ["upper", "work", "root"]) mkdirSync(join(this.#home, name));
  }

  /** Undefined if this machine allows none. */
  static create(): ThrowawayRoot | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const root = new ThrowawayRoot();
    if (root.run("true").status === 0) return root;
    root.destroy();
    return undefined;
  }

  /** Runs a shell script there, as root, with the changes of earlier ones in place. */
  run(script: string, options: { cwd?: string; env?: Record<string, string> } = {}): ShellResult {
    const at = (name: string): string => join(this.#home, name);
    const overlay = `lowerdir=/,upperdir=${at("upper")},workdir=${at("work")}`;
    const enter = [
      `mount -t overlay overlay -o "${overlay}" "${at("root")}"`,
      ...["dev", "proc", "sys"].map((name) => `mount --rbind /${name} "${at("root")}/${name}"`),
      `exec chroot "${at("root")}" sh -euc 'cd "$1"; eval "$2"' sh "$1" "$2"`,
    ];
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "sh", "-ec", enter.join("\n"), "sh", options.cwd ?? "/", script],
      // Its users may not write into a temporary directory of ours.
      { encoding: "utf8", env: { ...process.env, TMPDIR: "/tmp", ...options.env } },
    );
    return { status, output: stdout + stderr };
  }

  destroy(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
