import { rmSync } from "node:fs";
import { join } from "node:path";
import { git, RealPool, type RealPoolPlace } from "./real-pool.ts";

/** Work trees that no pool manager knows: checkouts, or the linked work trees of a repository that has one itself. */
export class PlainRepositories extends RealPool {
  constructor(treeCount = 3, layout: RealPool["layout"] = "clone", place: RealPoolPlace = {}) {
    super(treeCount, layout, place);
    rmSync(join(this.directory, "pool.json"));
    for (let number = 1; number <= treeCount; number++) rmSync(this.recordPath(number));
  }

  override get mainRepository(): string {
    return join(this.directory, "main", ".git");
  }

  protected override makeMainRepository(): void {
    const workTree = join(this.directory, "main");
    git(this.root, "clone", "-q", this.url, workTree);
    // Not on a branch that is fetched into.
    git(workTree, "checkout", "-q", "-b", "home");
  }
}
