import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatIndexInfo,
  isSharedIndexName,
  parseStagedEntries,
} from "../../../src/git/index/staged-entries.ts";
import { anId } from "../a-folder.ts";

test("each entry is read, with the bytes of its path as they are", () => {
  const paths = fc.uint8Array({ minLength: 1, maxLength: 20 }).filter((path) => !path.includes(0));
  fc.assert(
    fc.property(fc.array(fc.tuple(paths, fc.nat({ max: 3 }))), (listed) => {
      const entries = listed.map(([path, stage]) => ({
        mode: "100644",
        objectId: anId(stage),
        stage,
        path: Buffer.from(path),
      }));
      const output = Buffer.concat(
        entries.flatMap(({ mode, objectId, stage, path }) => [
          Buffer.from(`${mode} ${objectId} ${stage}\t`),
          path,
          Buffer.from([0]),
        ]),
      );
      expect(parseStagedEntries(output)).toEqual(entries);
    }),
  );
});

test("an output that is cut ends at the last whole entry", () => {
  const whole = `100644 ${anId(1)} 0\ta\0`;
  expect(parseStagedEntries(Buffer.from(`${whole}100755 ${anId(2)} 0\tb`))).toHaveLength(1);
  expect(parseStagedEntries(Buffer.from(`${whole}100755\0`))).toHaveLength(1);
});

test("an entry is given to git as it reads one", () => {
  expect(formatIndexInfo({ mode: "100644", objectId: anId(1), path: "a\tb" })).toBe(
    `100644 ${anId(1)}\ta\tb\0`,
  );
});

test.each([
  ["sharedindex.0a1b", true],
  ["sharedindex.lock", false],
  ["index", false],
])("%s beside an index is part of it: %s", (name, isPart) => {
  expect(isSharedIndexName(name)).toBe(isPart);
});
