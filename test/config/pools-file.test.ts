import { expect, test } from "vitest";
import { lendingSettingsOf, poolsFileSchema } from "../../src/config/pools-file.ts";

test("every setting of pools.yaml is read, and what it leaves open has a default", () => {
  const file = poolsFileSchema.parse({
    defaults: {
      num_slots: 5,
      lock_timeout: 12,
      cleanup_timeout: 90,
      stale_lock_hours: 6,
      enable_metrics: true,
    },
    pools: {
      demo: {
        repo_url: "https://git.example/demo.git",
        num_slots: 7,
        cleanup_options: { fetch_on_allocate: false },
      },
      other: null,
    },
  });
  expect(lendingSettingsOf(file)).toEqual({
    numSlots: 5,
    cleanupTimeoutSeconds: 90,
    pools: {
      demo: {
        repoUrl: "https://git.example/demo.git",
        numSlots: 7,
        cleanup: { fetchOnAllocate: false, cleanOnRelease: true, isWarmupEnabled: false },
      },
      other: {
        repoUrl: undefined,
        numSlots: undefined,
        cleanup: { fetchOnAllocate: true, cleanOnRelease: true, isWarmupEnabled: false },
      },
    },
  });
});

test("an empty pools.yaml leaves every default", () => {
  expect(lendingSettingsOf(poolsFileSchema.parse({}))).toEqual({
    numSlots: 2,
    cleanupTimeoutSeconds: 600,
    pools: {},
  });
});
