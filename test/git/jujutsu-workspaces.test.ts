import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listOutsideWorkspaces } from "../../src/git/jujutsu-workspaces.ts";
import { aFolder } from "./a-folder.ts";

const index = "slot/.jj/repo/workspace_store/index";

/** What jj 0.46 writes: for each workspace a message of its name and its path from `.jj/repo`. */
function anIndex(...workspaces: readonly (readonly [name: string, path: string])[]): Buffer {
  const field = (number: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
  const messages = workspaces.map(([name, path]) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(path))])),
  );
  return Buffer.concat(messages);
}

const own = ["default", "../.."] as const;
const other = ["other", "../../../other"] as const;
const link = { "other/.jj/repo": "../../slot/.jj/repo" };

test("a workspace of Jujutsu that lives by a repository is known, until it is gone", () => {
  const folder = aFolder({ [index]: anIndex(own, other), ...link });
  expect(listOutsideWorkspaces(join(folder, "slot"))).toEqual([join(folder, "other")]);
  rmSync(join(folder, "other"), { recursive: true });
  expect(listOutsideWorkspaces(join(folder, "slot"))).toEqual([]);
});

test.each([
  ["no Jujutsu", {}],
  ["no other workspace", { [index]: anIndex(own) }],
  ["one inside", { [index]: anIndex(["in", "../../in"]), "slot/in/.jj/repo": "../../.jj/repo" }],
  [
    "a workspace of another repository",
    { [index]: anIndex(other), "other/.jj/repo": "../../third/.jj/repo" },
  ],
  ["one with a repository of its own", { [index]: anIndex(other), "other/.jj/repo/store/type": "git" }],
  ["an index that is cut off", { [index]: anIndex(other).subarray(0, -1), ...link }],
  ["an index of another form", { [index]: Buffer.from([0x08, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff]), ...link }],
])("nobody else lives by a work tree with %s", (_, files) => {
  const folder = aFolder({ "slot/file": "", ...files });
  expect(listOutsideWorkspaces(join(folder, "slot"))).toEqual([]);
});
