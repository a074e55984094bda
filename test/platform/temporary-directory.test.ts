import { expect, test, vi } from "vitest";
import { createTemporaryDirectory } from "../../src/platform/temporary-directory.ts";

test("a TMPDIR that cannot be used is named, with what to do", () => {
  vi.stubEnv("TMPDIR", "/nowhere/at/all");
  expect(() => createTemporaryDirectory("test")).toThrow(
    expect.objectContaining({
      code: "TEMPORARY_DIRECTORY_UNUSABLE",
      message: expect.stringMatching(/^\/nowhere\/at\/all, .*\(ENOENT\): set TMPDIR/) as string,
    }),
  );
  vi.unstubAllEnvs();
});
