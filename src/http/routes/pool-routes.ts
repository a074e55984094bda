import { z } from "zod";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { HttpDependencies } from "../http-dependencies.ts";
import { unavailable } from "../request-refusal.ts";
import { toSnakeCaseJson } from "../snake-case-json.ts";
import * as answers from "./answers.ts";
import { perform } from "./perform.ts";
import * as requests from "./requests.ts";
import { routesFor, type Route } from "./route.ts";

const { read, operate } = routesFor<HttpDependencies>();

/** Pools, and what belongs to no slot alone. */
export const poolRoutes: readonly Route<HttpDependencies>[] = [
  read("/api/v1/anomalies", {
    summary: "What `check --json` prints",
    answers: { 200: answers.checkReport },
    run: ({ dependencies }) => ({ 200: dependencies.checkReport(requireSnapshot(dependencies)) }),
  }),
  read("/api/v1/pools", {
    summary: "Every pool, as the last collection found it",
    answers: { 200: z.array(answers.pool) },
    run: ({ dependencies }) => ({
      200: requireSnapshot(dependencies).pools.map(({ slots, ...pool }) =>
        toSnakeCaseJson({ ...pool, slotIds: slots.map(({ slotId }) => slotId) }),
      ),
    }),
  }),
  operate("/api/v1/pools", {
    summary: "Create a pool; answered when it is complete",
    body: requests.poolCreation,
    answers: { 201: answers.createdPool },
    errors: [409],
    run: async (call) => ({ 201: await perform(call, (pools, asked) => pools.createPool(asked)) }),
  }),
  operate("/api/v1/pools/:name/slots", {
    summary: "Add a slot to a pool; answered with its `slot.json`",
    parameters: requests.poolInPath,
    body: requests.nothing,
    answers: { 201: answers.slotRecord },
    errors: [404, 409],
    run: async (call) => ({ 201: await perform(call, (pools, asked) => pools.addSlot(asked)) }),
  }),
  operate("/api/v1/pools/:name/allocate", {
    summary: "Allocate the available slot that was used last; `slot` is its `slot.json`",
    parameters: requests.poolInPath,
    body: requests.nothing,
    answers: { 200: answers.allocation },
    errors: [404, 409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.allocate(asked)) }),
  }),
  operate("/api/v1/pools/:name/remove", {
    summary: "Stop reporting a pool that was removed on purpose; deletes nothing",
    parameters: requests.poolInPath,
    body: requests.nothing,
    answers: { 200: answers.removedPool },
    errors: [404, 409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.forgetPool(asked)) }),
  }),
  read("/api/v1/locks", {
    summary: "Every slot lock with its holders, as `locks list --json` prints it",
    answers: { 200: z.array(answers.slotLock) },
    run: async ({ dependencies }) => ({ 200: await dependencies.operations.listLocks() }),
  }),
  operate("/api/v1/locks/clean", {
    summary: "Move orphaned locks aside",
    body: requests.nothing,
    answers: { 200: answers.cleanedLocks },
    errors: [409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.cleanLocks(asked)) }),
  }),
  read("/api/v1/salvages", {
    summary: "Saved work, oldest first, with the command that restores it; its content is never served",
    answers: { 200: z.array(answers.salvage) },
    run: async ({ dependencies }) => ({ 200: toSnakeCaseJson(await dependencies.salvages()) }),
  }),
  operate("/api/v1/salvages/prune", {
    summary: "Remove old saved work",
    body: requests.pruning,
    answers: { 200: answers.pruned },
    errors: [409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.pruneSalvages(asked)) }),
  }),
];

/** @throws RequestRefusal before the first collection has ended */
export function requireSnapshot(dependencies: HttpDependencies): Snapshot {
  const snapshot = dependencies.snapshot();
  if (snapshot === undefined) throw unavailable("not_ready");
  return snapshot;
}
