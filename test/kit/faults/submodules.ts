import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { flipMiddle, overwrite } from "../damage.ts";
import { git } from "../real-pool.ts";
import { addNestedSubmodule, addSubmodule } from "../slot-place.ts";
import { empty, fault, type Fault } from "./fault.ts";

export const submoduleFaults: readonly Fault[] = [
  fault("HEAD of a submodule empty", "submodule_corrupt", (slot) => {
    overwrite(join(addSubmodule(slot), "HEAD"), empty);
  }),
  fault("HEAD of a submodule names a branch that it does not have", "submodule_corrupt", (slot) => {
    overwrite(join(addSubmodule(slot), "HEAD"), "ref: refs/heads/mai\0\n");
  }),
  fault("pack index of a nested submodule missing", "submodule_corrupt", (slot) => {
    const folder = join(addNestedSubmodule(slot), "objects", "pack");
    for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".idx")))
      rmSync(join(folder, name));
  }),
  fault("HEAD of a nested submodule missing", "submodule_corrupt", (slot) => {
    rmSync(join(addNestedSubmodule(slot), "HEAD"));
  }),
  fault("first clone of a submodule cut off", "submodule_corrupt", (slot) => {
    const repository = addSubmodule(slot);
    for (const name of ["objects", "refs", "logs", "packed-refs", "index"])
      rmSync(join(repository, name), { recursive: true, force: true });
    for (const name of ["objects", "refs"]) mkdirSync(join(repository, name));
    overwrite(join(repository, "HEAD"), "ref: refs/heads/main\n");
  }),
  fault("work tree of a submodule said to be elsewhere", "submodule_corrupt", (slot) => {
    git(slot.path, "config", "-f", join(addSubmodule(slot), "config"), "core.worktree", "../../../../gone");
  }),
  fault("a submodule with a commondir", "submodule_corrupt", (slot) => {
    overwrite(join(addSubmodule(slot), "commondir"), "../../..\n");
  }),
  fault(
    "value that git refuses in the config of a submodule",
    "submodule_corrupt",
    (slot) => {
      appendFileSync(join(addSubmodule(slot), "config"), "[core]\n\tabbrev = many\n");
    },
    { depth: "plumbing" },
  ),
  fault(
    "alternate of a submodule gone",
    "submodule_corrupt",
    (slot) => {
      const objects = join(addSubmodule(slot), "objects");
      renameSync(join(objects, "pack"), join(slot.pool.root, "elsewhere"));
      mkdirSync(join(objects, "pack"));
      overwrite(join(objects, "info", "alternates"), "/nonexistent/objects\n");
    },
    { depth: "plumbing" },
  ),
  fault(
    "object in a pack of a submodule flipped",
    "submodule_corrupt",
    (slot) => {
      const packs = join(addSubmodule(slot), "objects", "pack");
      for (const name of readdirSync(packs).filter((each) => each.endsWith(".pack")))
        flipMiddle(join(packs, name));
    },
    { depth: "full" },
  ),
  fault("repository of a submodule removed", "submodule_corrupt", (slot) => {
    rmSync(addSubmodule(slot), { recursive: true });
  }),
];
