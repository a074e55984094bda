import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { RealPool } from "../kit/real-pool.ts";
import { saveAndRestore } from "../kit/salvage-place.ts";
import { runsInFull } from "../kit/sample.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

type Tree =
  | { readonly kind: "file"; readonly content: Uint8Array; readonly mode: number }
  | { readonly kind: "link"; readonly target: Uint8Array }
  | { readonly kind: "directory"; readonly entries: readonly (readonly [string, Tree])[] };

/** Names in latin1: each character is one byte, any but NUL and the slash. */
const name = fc
  .uint8Array({ minLength: 1, maxLength: 24 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"))
  .filter((text) => !/[\0/]/.test(text) && ![".", "..", ".git", "slot.json"].includes(text));
const oddName = fc.constantFrom(
  "\n",
  '"',
  "\\",
  " ",
  "-n",
  "\xff\xfe",
  "a\tb",
  "refs",
  ".gitmodules",
  ".GIT",
  "~",
  ":",
);
const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o444, 0o111, 0o000);
const file = fc.record({
  kind: fc.constant("file" as const),
  content: fc.uint8Array({ maxLength: 200 }),
  mode,
});
const link = fc.record({
  kind: fc.constant("link" as const),
  target: fc.uint8Array({ minLength: 1, maxLength: 40 }).filter((bytes) => !bytes.includes(0)),
});
const { tree } = fc.letrec<{ tree: Tree; directory: Tree }>((tie) => ({
  directory: fc.record({
    kind: fc.constant("directory" as const),
    entries: fc.uniqueArray(fc.tuple(fc.oneof(name, oddName), tie("tree")), {
      selector: ([text]) => text,
      maxLength: 8,
    }),
  }),
  tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, file, link, tie("directory")),
}));
const forest = fc.uniqueArray(fc.tuple(fc.oneof(name, oddName), tree), {
  selector: ([text]) => text,
  minLength: 5,
  maxLength: 20,
});

function pathOf(directory: Buffer, text: string): Buffer {
  return Buffer.concat([directory, Buffer.from("/"), Buffer.from(text, "latin1")]);
}

function write(path: Buffer, entry: Tree): void {
  if (entry.kind === "link") symlinkSync(Buffer.from(entry.target), path);
  else if (entry.kind === "file") {
    writeFileSync(path, entry.content);
    chmodSync(path, entry.mode);
  } else {
    mkdirSync(path);
    for (const [text, child] of entry.entries) write(pathOf(path, text), child);
  }
}

/** What is there, as bytes in latin1, by path. */
function read(directory: Buffer, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const each of readdirSync(directory, { encoding: "buffer" })) {
    const text = each.toString("latin1");
    const path = pathOf(directory, text);
    const stats = lstatSync(path);
    const key = `${prefix}${text}`;
    if (stats.isSymbolicLink()) found[key] = `link ${readlinkSync(path, "latin1")}`;
    else if (stats.isFile())
      found[key] = `${stats.mode.toString(8)} ${readFileSync(path).toString("latin1")}`;
    else Object.assign(found, { [key]: "directory" }, read(path, `${key}/`));
  }
  return found;
}

const seed = Number(process.env["REPO_POOL_SIDECAR_TEST_SEED"] ?? Date.now() % 100_000);

test("names, modes, links and contents come back as they were, whatever bytes they are", async () => {
  console.log(`salvage of names: REPO_POOL_SIDECAR_TEST_SEED=${seed}`);
  pool = new RealPool(1);
  const work = Buffer.from(join(pool.slotPath(1), "work"));
  await fc.assert(
    fc.asyncProperty(forest, async (entries) => {
      rmSync(work, { recursive: true, force: true });
      write(work, { kind: "directory", entries });
      const before = read(work);
      const directory = await saveAndRestore(pool, 1);
      try {
        expect(read(Buffer.from(join(directory, "work")))).toEqual(before);
      } finally {
        rmSync(directory, { recursive: true });
        rmSync(join(pool.stateDir, "salvage"), { recursive: true });
      }
    }),
    { seed, numRuns: runsInFull ? 60 : 3, endOnFailure: !runsInFull },
  );
});
