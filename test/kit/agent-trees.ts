import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import type { SourceSettings } from "../../src/pool/sources/source.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git } from "./real-pool.ts";

/** A repository with linked work trees in the places where agents make them, and a checkout of it: no pool manager. */
export class AgentTrees {
  readonly root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  readonly repository = join(this.root, "src", "api");
  readonly checkout = join(this.root, "src", "copy");
  readonly stateDir = join(this.root, "state");

  constructor(names: readonly string[] = ["one", "two"]) {
    mkdirSync(this.repository, { recursive: true });
    git(this.repository, "init", "-q", "-b", "main");
    writeFileSync(join(this.repository, "file.txt"), "content\n");
    git(this.repository, "add", ".");
    git(this.repository, "commit", "-q", "-m", "first");
    git(this.root, "clone", "-q", this.repository, this.checkout);
    for (const name of names) git(this.repository, "worktree", "add", "-q", this.tree(name));
  }

  tree(name: string): string {
    return join(this.repository, ".claude", "worktrees", name);
  }

  admin(name: string): string {
    return join(this.repository, ".git", "worktrees", name);
  }

  source(changes: Partial<SourceSettings> = {}): SourceSettings {
    return {
      ...{ name: "agents", kind: "worktrees", include: [], paths: [], idleAfterSeconds: 24 * 3600 },
      ...{ allow: [], reclaim: {} },
      repositories: [`${this.root}/src/*`],
      ...changes,
    };
  }

  /** The program's methods over sources, as a configuration of them gives it. */
  manager(...sources: SourceSettings[]): PoolManager {
    return new PoolManager({
      config: { ...createDefaultConfig(this.root), stateDir: this.stateDir, sources },
    });
  }

  destroy(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
