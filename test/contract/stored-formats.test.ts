import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { knownGoodFormat } from "../../src/inspection/memory/known-good.ts";
import { knownHeadsFormat } from "../../src/inspection/memory/known-heads.ts";
import { knownPoolsFormat } from "../../src/inspection/memory/known-pools.ts";
import { journalCheckpointFormat } from "../../src/journal/journal-checkpoint.ts";
import { journalEntryFormat, type JournalEntry } from "../../src/journal/journal-entry.ts";
import { holdFormat } from "../../src/pool/sources/holds.ts";
import {
  readStoredFile,
  storedFields,
  writeStoredFile,
  type StoredFormat,
} from "../../src/platform/stored-file.ts";
import { pausesFormat } from "../../src/recovery/guards/pauses.ts";
import { approvalFormat } from "../../src/remediation/approvals/approval-store.ts";
import { queueFormat } from "../../src/remediation/queue/queue-file.ts";
import { reclaimedSlotFormat } from "../../src/salvage/reclaimed-slot.ts";
import { baseRecordFormat } from "../../src/salvage/bases/base-record.ts";
import { retentionRecordFormat } from "../../src/salvage/retention/retention-record.ts";
import { salvageManifestFormat, type SalvageManifest } from "../../src/salvage/salvage-manifest.ts";
import { defaultRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import { watchStateFormat } from "../../src/serve/watch/watch-state.ts";

const at = new Date("2026-05-04T12:00:00.000Z");

const entry: JournalEntry = {
  schema_version: 1,
  at: at.toISOString(),
  kind: "outcome",
  recovery_id: "one",
  trigger: "alert",
  mode: "live",
  slot_id: "workspace-demo-slot1",
};

const manifest: SalvageManifest = {
  schema_version: 1,
  id: "one",
  slot_id: "workspace-demo-slot1",
  repo_name: "demo",
  repo_url: null,
  source: "/pools/demo/slot1",
  created_at: at.toISOString(),
  reason: "index_corrupt",
  complete: true,
  bytes: 10,
  object_format: "sha1",
  branch: "main",
  commit: null,
  base_commits: [],
  history: "none",
  refs: [],
  refs_not_saved: [],
  stashes: [],
  index: "saved",
  operations_in_progress: [],
  files: { count: 1, bytes: 10 },
  excluded: [],
  special_files: [],
  unreadable_files: [],
  missing_objects: { count: 0, first: [] },
  damage: null,
};

/** A format with a value of it, whatever its type. */
interface Sample {
  readonly format: StoredFormat<unknown>;
  readonly value: unknown;
}

function sample<Value>(format: StoredFormat<Value>, value: Value): Sample {
  return { format: format, value };
}

/** Every format of the state directory that has a version, by the constant that describes it. */
const samples: Readonly<Record<string, Sample>> = {
  journalEntryFormat: sample(journalEntryFormat, entry),
  journalCheckpointFormat: sample(journalCheckpointFormat, { through: 3, entries: [entry] }),
  knownHeadsFormat: sample(
    knownHeadsFormat,
    new Map([["agents-api-one-012345", { path: "/src/one", head: Buffer.from("ref: refs/heads/one\n") }]]),
  ),
  knownGoodFormat: sample(knownGoodFormat, {
    takenAt: at,
    fields: { slot_id: "workspace-demo-slot1" },
    files: new Map([["HEAD" as const, Buffer.from([0xff, 0x0a])]]),
  }),
  holdFormat: sample(holdFormat, { path: "/trees/café", owner: "agent 7", since: at, until: at }),
  reclaimedSlotFormat: sample(reclaimedSlotFormat, {
    ...{
      slotId: "agents-api-one-0a1b2c",
      repoName: "agents-api",
      path: "/trees/one",
      keptAt: "/quarantine/one",
    },
    ...{ registration: "/api/.git/worktrees/one", commonDirectory: "/api/.git" },
    ...{ salvageId: "one", reclaimedAt: at },
  }),
  knownPoolsFormat: sample(knownPoolsFormat, { workspacesDir: "/pools", repoNames: ["café", "demo"] }),
  watchStateFormat: sample(
    watchStateFormat,
    new Map([
      [
        "workspace-demo-slot1",
        {
          faulty: { since: at, reasons: ["index_corrupt"] },
          deep: {
            checkedAt: { full: at },
            verifiedAt: { connectivity: at },
            findings: [
              { code: "object_missing", path: "/a", expected: "an object", found: "nothing", depth: "full" },
            ],
            filesDigest: "abc",
            unsavedWork: ["stash" as const],
            unsavedWorkSeenAt: at,
            diskBytes: 5,
            worktreeChangedAt: undefined,
          },
        },
      ],
    ]),
  ),
  queueFormat: sample(queueFormat, {
    waiting: [
      {
        recoveryId: "one",
        state: "waiting_for_approval",
        request: {
          recoveryId: "one",
          requestedBy: "alertmanager",
          trigger: "alert",
          slotId: "workspace-demo-slot1",
          force: false,
          options: defaultRecoveryOptions,
        },
        target: "workspace-demo-slot1",
        policy: "all",
        alert: { name: "RepoPoolSlotCorrupted", fingerprint: "aa01", startsAt: at },
        queuedAt: at,
        startedAt: undefined,
        finishedAt: undefined,
        report: undefined,
        error: undefined,
        by: undefined,
      },
    ],
    deliveries: ["aa01"],
  }),
  approvalFormat: sample(approvalFormat, { decision: "approve", operator: "ada", at }),
  pausesFormat: sample(pausesFormat, [
    { name: "release", reason: "", operator: "ada", expiresAt: at, pool: "demo", slotId: undefined },
  ]),
  baseRecordFormat: sample(baseRecordFormat, { store: "demo-sha1", commits: ["0".repeat(40)], objects: [] }),
  retentionRecordFormat: sample(retentionRecordFormat, {
    prunedAt: at,
    seen: new Map([["one", { countedFrom: at, isPastMaxAge: true }]]),
  }),
  salvageManifestFormat: sample(salvageManifestFormat, manifest),
};

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-stored-formats-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe.each(Object.entries(samples))("%s", (name, { format, value }) => {
  const file = () => join(directory, name);

  test("is read as it was written", () => {
    writeStoredFile(file(), format, value);
    expect(readStoredFile(file(), format)).toEqual({ kind: "stored", value });
  });

  test("is read with fields that this program does not know", () => {
    writeFileSync(file(), JSON.stringify({ ...storedFields(format, value), of_a_later_release: { a: 1 } }));
    expect(readStoredFile(file(), format)).toMatchObject({ kind: "stored" });
  });

  test("is refused if it is newer, and not overwritten", () => {
    const newer = `${JSON.stringify({ ...storedFields(format, value), schema_version: format.version + 1 })}\n`;
    writeFileSync(file(), newer);
    const refusal = expect.objectContaining({
      code: "STORED_FILE_NEWER",
      message: `${file()} (${format.name}) is of version ${format.version + 1}, and this program knows version ${format.version}: run the program that wrote it, or move the file aside`,
    }) as Error;
    expect(() => readStoredFile(file(), format)).toThrow(refusal);
    expect(() => {
      writeStoredFile(file(), format, value);
    }).toThrow(refusal);
    expect(readFileSync(file(), "utf8")).toBe(newer);
  });

  test("is named as damaged if it is cut, or has other fields", () => {
    const whole = JSON.stringify(storedFields(format, value));
    writeFileSync(file(), whole.slice(0, whole.length / 2));
    expect(readStoredFile(file(), format)).toEqual({ kind: "damaged", detail: "not JSON" });
    writeFileSync(file(), JSON.stringify({ schema_version: format.version }));
    expect(readStoredFile(file(), format)).toEqual({ kind: "damaged", detail: `not ${format.name}` });
  });
});

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join("src", name), "utf8") }));

function filesWith(pattern: RegExp): string[] {
  return sources.flatMap(({ name, text }) => (pattern.test(text) ? [name] : [])).sort();
}

test("every format of the source is in the list above, described once", () => {
  const described = sources.flatMap(({ text }) =>
    [...text.matchAll(/^export const (\w+): StoredFormat</gm)].map(([, name]) => name),
  );
  expect(described.sort()).toEqual(Object.keys(samples).sort());
});

test("nothing else parses JSON: whatever is stored goes through the one reader", () => {
  expect(filesWith(/JSON\.parse\(/)).toEqual([
    // A schema of ours, copied.
    "http/openapi-document.ts",
    // The rest of a log line, for people.
    "platform/pino-logger.ts",
    // Who holds a lock: a note that means nothing once its process has ended, so that it has no version.
    "platform/process-identity.ts",
    "platform/stored-file.ts",
    "pool/locks/run-lock.ts",
    // The pool manager's own records.
    "pool/records/record-text.ts",
    // Part of a salvage, whose manifest has the version.
    "salvage/save/saved-file.ts",
  ]);
});

test("a version is named where a format is described, and in what is no file", () => {
  expect(filesWith(/schema_version/)).toEqual([
    // Jobs and tables of the fleet's database.
    "fleet/delivery.ts",
    "fleet/fleet-schema.ts",
    "journal/journal-checkpoint.ts",
    "journal/journal-entry.ts",
    "platform/stored-file.ts",
    "salvage/salvage-manifest.ts",
    "salvage/save/describe-salvage.ts",
  ]);
});

test("a directory in the place of a stored file is damage, not an error", () => {
  const path = join(directory, "directory");
  mkdirSync(path);
  for (const { format } of Object.values(samples))
    expect(readStoredFile(path, format)).toMatchObject({ kind: "damaged" });
});
