import { describe, expect, test } from "vitest";
import { findProblems } from "../../src/anomalies/find-problems.ts";
import { defaultThresholds } from "../kit/default-thresholds.ts";
import type { MainRepositoryInspection } from "../../src/inspection/probe/main-repository.ts";
import type { SlotInspection } from "../../src/inspection/slot-inspection.ts";
import { aFinding, anInspection, aSlotOnDisk, hoursBefore } from "../kit/an-inspection.ts";

const counts = { readableSlots: 2, numSlots: 2, allocatedSlots: 0 };
const [one, two] = [aSlotOnDisk(), aSlotOnDisk({ number: 2 })];

const problemsOf = (...inspections: SlotInspection[]) => findProblems(inspections, counts, defaultThresholds);

const aMain = (given: Partial<MainRepositoryInspection> = {}): MainRepositoryInspection => ({
  ...{ path: "/pools/demo/.main_repo", findings: [], unverified: [], gitLocks: [], unread: [] },
  ...{ findingsBySlot: new Map(), locksBySlot: new Map(), unsupported: undefined },
  ...given,
});

const aFile = (hours: number, bytes: number) => ({
  ...{ path: `/objects/tmp_obj_${hours}`, bytes, modifiedAt: hoursBefore(hours) },
});
const filesOf = (...files: ReturnType<typeof aFile>[]) =>
  files as unknown as NonNullable<SlotInspection["unfinishedFiles"]>;

test("sound slots have no problems", () => {
  expect(problemsOf()).toEqual([]);
  expect(
    problemsOf(anInspection({ slot: one, mainRepository: aMain() }), anInspection({ slot: two })),
  ).toEqual([]);
});

describe("a format that cannot be read", () => {
  test("is told of each slot that has it", () => {
    expect(problemsOf(anInspection(), anInspection({ slot: two, unsupported: "reftable" }))).toEqual([
      { code: "unsupported", slotId: two.slotId, path: two.path, detail: `${two.path}: reftable` },
    ]);
  });

  test("is told once if the repository has it that all slots share", () => {
    const mainRepository = aMain({ unsupported: "reftable" });
    const inspections = [one, two].map((slot) =>
      anInspection({ slot, mainRepository, unsupported: "reftable" }),
    );
    expect(problemsOf(...inspections)).toEqual([
      { code: "unsupported", path: "/pools/demo/.main_repo", detail: "/pools/demo/.main_repo: reftable" },
    ]);
  });
});

describe("rights that keep the pool's user out", () => {
  const closed = aFinding("ownership", {
    path: "/pools/demo/slot2/.git",
    expected: "uid 1000",
    found: "uid 0",
  });

  test("are told with the place, and how to give it back", () => {
    const inspections = [
      anInspection(),
      anInspection({ slot: two, findings: [aFinding("head_invalid"), closed] }),
    ];
    expect(problemsOf(...inspections)).toMatchObject([
      { code: "ownership", slotId: two.slotId, path: closed.path },
    ]);
    expect(problemsOf(...inspections)[0]?.detail).toContain("/pools/demo/slot2/.git: uid 1000, but uid 0: ");
  });

  test("are told once of the repository that all slots share", () => {
    const mainRepository = aMain({ findings: [closed] });
    const problems = problemsOf(...[one, two].map((slot) => anInspection({ slot, mainRepository })));
    expect(problems.map(({ code, slotId, path }) => [code, slotId, path])).toEqual([
      ["ownership", undefined, closed.path],
    ]);
  });
});

test("each fault of the main repository is told once, with its first place", () => {
  const mainRepository = aMain({
    findings: [
      aFinding("head_invalid", { path: "/main/HEAD", expected: "a ref", found: "nothing" }),
      aFinding("ref_invalid", { path: "/main/refs/heads/a" }),
      aFinding("ref_invalid", { path: "/main/refs/heads/b" }),
    ],
  });
  expect(problemsOf(...[one, two].map((slot) => anInspection({ slot, mainRepository })))).toEqual([
    { code: "main_repo_head_invalid", path: "/main/HEAD", detail: "expected a ref, found nothing" },
    { code: "main_repo_ref_invalid", path: "/main/refs/heads/a", detail: "expected a, found b" },
  ]);
});

describe("what killed git commands left", () => {
  test("is told of each slot with its size, once nobody has written to it for a day", () => {
    const unfinishedFiles = filesOf(aFile(30, 100), aFile(24, 20), aFile(23.9, 3));
    expect(problemsOf(anInspection(), anInspection({ slot: two, unfinishedFiles }))).toMatchObject([
      { code: "leftovers", slotId: two.slotId, path: "/objects/tmp_obj_30" },
    ]);
    const detail = problemsOf(anInspection({ unfinishedFiles }))[0]?.detail;
    expect(detail).toContain("120 bytes in 2 files");
  });

  test("is no problem while somebody may still write it", () => {
    expect(problemsOf(anInspection({ unfinishedFiles: filesOf(aFile(23.9, 3)) }))).toEqual([]);
  });

  test("is told once of the repository that all slots share", () => {
    const mainRepository = aMain({ unfinishedFiles: filesOf(aFile(48, 7)) });
    const problems = problemsOf(...[one, two].map((slot) => anInspection({ slot, mainRepository })));
    expect(problems.map(({ code, slotId, path }) => [code, slotId, path])).toEqual([
      ["leftovers", undefined, "/objects/tmp_obj_48"],
    ]);
  });
});
