import { expect, test } from "vitest";
import { describeLimitedSight } from "../../../src/pool/locks/visibility.ts";

test("nobody is told to become the user who they are", () => {
  const cause = "hidden";
  expect(describeLimitedSight(cause, { poolUid: 1000, ownUid: 0 })).toMatch(
    /^hidden: .*; run the sidecar as the pool's user \(uid 1000\), or with CAP_SYS_PTRACE$/,
  );
  expect(describeLimitedSight(cause, { poolUid: 0, ownUid: 0 })).toMatch(
    /; run the sidecar with CAP_SYS_PTRACE$/,
  );
});
