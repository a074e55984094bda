import { z } from "zod";
import { defaultCleanup, defaultLending, type LendingRules } from "../lending/lending-rules.ts";

const positive = z.number().positive();
const count = z.int().positive();

const cleanupOptions = z.object({
  fetch_on_allocate: z.boolean().optional(),
  clean_on_release: z.boolean().optional(),
  warmup_enabled: z.boolean().optional(),
});

const pool = z
  .object({
    repo_url: z.string().min(1).optional(),
    num_slots: count.optional(),
    cleanup_options: cleanupOptions.nullish(),
  })
  .nullish();

/** The pool manager's pools.yaml. It is another program's file: keys that only that program knows are passed over. */
export const poolsFileSchema = z.object({
  defaults: z
    .object({
      num_slots: count.optional(),
      lock_timeout: positive.optional(),
      cleanup_timeout: positive.optional(),
      stale_lock_hours: positive.optional(),
      enable_metrics: z.boolean().optional(),
    })
    .nullish(),
  pools: z.record(z.string(), pool).nullish(),
});

export type PoolsFile = z.output<typeof poolsFileSchema>;

export function lendingSettingsOf(file: PoolsFile): LendingRules {
  const pools = Object.entries(file.pools ?? {}).map(([name, settings]) => [name, poolSettings(settings)]);
  return {
    numSlots: file.defaults?.num_slots ?? defaultLending.numSlots,
    cleanupTimeoutSeconds: file.defaults?.cleanup_timeout ?? defaultLending.cleanupTimeoutSeconds,
    pools: Object.fromEntries(pools) as LendingRules["pools"],
  };
}

function poolSettings(settings: z.output<typeof pool>): LendingRules["pools"][string] {
  const options = settings?.cleanup_options;
  return {
    repoUrl: settings?.repo_url,
    numSlots: settings?.num_slots,
    cleanup: {
      fetchOnAllocate: options?.fetch_on_allocate ?? defaultCleanup.fetchOnAllocate,
      cleanOnRelease: options?.clean_on_release ?? defaultCleanup.cleanOnRelease,
      isWarmupEnabled: options?.warmup_enabled ?? defaultCleanup.isWarmupEnabled,
    },
  };
}
