import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flipMiddle, overwrite } from "../damage.ts";
import { empty, fault, garbage, inClones, shared, type Fault } from "./fault.ts";

export const objectFaults: readonly Fault[] = [
  fault(
    "commit of HEAD empty",
    "object_corrupt",
    (slot) => {
      overwrite(slot.objectPath(slot.run("rev-parse", "HEAD")), empty);
    },
    shared,
  ),
  fault("commit of HEAD garbage", "object_corrupt", (slot) => {
    overwrite(slot.objectPath(slot.run("rev-parse", "HEAD")), garbage);
  }),
  fault(
    "blob of HEAD empty",
    "object_corrupt",
    (slot) => {
      overwrite(slot.objectPath(slot.run("rev-parse", "HEAD:own.txt")), empty);
    },
    shared,
  ),
  fault(
    "a directory in the place of a blob",
    "object_corrupt",
    (slot) => {
      const path = slot.objectPath(slot.run("rev-parse", "HEAD:own.txt"));
      rmSync(path);
      mkdirSync(path);
    },
    shared,
  ),
  fault(
    "staged blob empty",
    "object_corrupt",
    (slot) => {
      writeFileSync(join(slot.path, "staged.txt"), "staged\n");
      slot.run("add", "staged.txt");
      overwrite(slot.objectPath(slot.run("rev-parse", ":staged.txt")), empty);
    },
    shared,
  ),
  fault(
    "staged blob missing",
    "object_missing",
    (slot) => {
      writeFileSync(join(slot.path, "staged.txt"), "staged\n");
      slot.run("add", "staged.txt");
      writeFileSync(join(slot.path, "staged.txt"), "edited since\n");
      rmSync(slot.objectPath(slot.run("rev-parse", ":staged.txt")));
    },
    { depth: "full" },
  ),
  fault(
    "tree missing below a ref of the work tree alone",
    "object_missing",
    (slot) => {
      writeFileSync(join(slot.path, "own.txt"), "edited\n");
      const commit = slot.run("stash", "create");
      slot.run("update-ref", "refs/worktree/edits", commit);
      slot.run("reset", "-q", "--hard");
      rmSync(slot.objectPath(slot.run("rev-parse", `${commit}^{tree}`)));
    },
    { depth: "full" },
  ),
  fault("tree of HEAD missing", "object_missing", (slot) => {
    rmSync(slot.objectPath(slot.run("rev-parse", "HEAD^{tree}")));
  }),
  fault(
    "blob of HEAD missing",
    "object_missing",
    (slot) => {
      rmSync(slot.objectPath(slot.run("rev-parse", "HEAD:own.txt")));
    },
    { ...inClones, depth: "full" },
  ),
  fault(
    "blob of an old commit flipped",
    "object_corrupt",
    (slot) => {
      const old = slot.run("rev-parse", "HEAD:own.txt");
      writeFileSync(join(slot.path, "own.txt"), "newer\n");
      slot.run("commit", "-q", "-a", "-m", "newer");
      flipMiddle(slot.objectPath(old));
    },
    { ...inClones, depth: "full" },
  ),
  fault(
    "a pushed commit empty",
    "object_corrupt",
    (slot) => {
      const pushed = slot.run("rev-parse", "refs/remotes/origin/main~2");
      slot.unpackAll();
      overwrite(slot.objectPath(pushed), empty);
    },
    inClones,
  ),
  fault(
    "objects directory missing",
    "git_objects_missing",
    (slot) => {
      rmSync(join(slot.commonDirectory, "objects"), { recursive: true });
    },
    shared,
  ),
  fault(
    "objects directory leads out of the pool",
    "git_objects_missing",
    (slot) => {
      renameSync(join(slot.commonDirectory, "objects"), join(slot.pool.root, "objects"));
      symlinkSync(join(slot.pool.root, "objects"), join(slot.commonDirectory, "objects"));
    },
    shared,
  ),
];
