import type { AnswerName } from "./answer-schemas.ts";
import type { requestSchemas } from "./api-requests.ts";

export interface Operation<Answer extends string = AnswerName> {
  readonly method: "get" | "post" | "put";
  readonly path: string;
  readonly summary: string;
  readonly body?: keyof typeof requestSchemas | "alertmanager";
  /** By status of success. */
  readonly answers: Readonly<Partial<Record<200 | 201 | 202, Answer | "text">>>;
  /** Beside those that every operation of its kind has. */
  readonly errors?: readonly (404 | 409 | 422 | 503)[];
}

const lifecycle: readonly Operation[] = [
  { method: "get", path: "/-/healthy", summary: "The process answers", answers: { 200: "text" } },
  { method: "get", path: "/-/ready", summary: "The first collection has ended", answers: { 200: "text" } },
  ...(["post", "put"] as const).map((method) => ({
    method,
    path: "/-/reload",
    summary: "Read the configuration again",
    answers: { 200: "reloaded" } as const,
    errors: [422] as const,
  })),
  {
    method: "post",
    path: "/-/pause",
    summary: "Pause recovery",
    body: "pause",
    answers: { 201: "pause" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/-/resume",
    summary: "End a pause",
    body: "resume",
    answers: { 200: "resumed" },
    errors: [404],
  },
  { method: "get", path: "/api/v1/pauses", summary: "The pauses in force", answers: { 200: "pauses" } },
  {
    method: "get",
    path: "/api/v1/openapi.json",
    summary: "This document",
    answers: { 200: "openapi" },
  },
];

const recoveries: readonly Operation[] = [
  {
    method: "post",
    path: "/api/v1/alerts",
    summary: "Alertmanager's webhook",
    body: "alertmanager",
    answers: { 202: "decisions" },
  },
  {
    method: "get",
    path: "/api/v1/recoveries",
    summary: "Recoveries, newest first",
    answers: { 200: "recoveries" },
  },
  {
    method: "get",
    path: "/api/v1/recoveries/{id}",
    summary: "One recovery with its steps",
    answers: { 200: "recovery" },
    errors: [404],
  },
  {
    method: "post",
    path: "/api/v1/recoveries",
    summary: "Recover a slot or pools; 200 has the plan of a dry run",
    body: "recovery",
    answers: { 200: "recovery", 202: "queued" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/recover",
    summary: "Recover one slot; 200 has the plan of a dry run",
    body: "slotRecovery",
    answers: { 200: "recovery", 202: "queued" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/recoveries/{id}/approve",
    summary: "Let a waiting recovery run",
    answers: { 200: "decided" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/recoveries/{id}/reject",
    summary: "Drop a waiting recovery",
    answers: { 200: "decided" },
    errors: [404, 409],
  },
];

const pools: readonly Operation[] = [
  {
    method: "get",
    path: "/api/v1/anomalies",
    summary: "What check --json prints",
    answers: { 200: "checkReport" },
  },
  { method: "get", path: "/api/v1/pools", summary: "Every pool", answers: { 200: "pools" } },
  {
    method: "post",
    path: "/api/v1/pools",
    summary: "Make a pool; answered when all of it is there",
    body: "poolCreation",
    answers: { 201: "createdPool" },
    errors: [409],
  },
  {
    method: "post",
    path: "/api/v1/pools/{name}/slots",
    summary: "Add a slot to a pool",
    body: "nothing",
    answers: { 201: "slotRecord" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/pools/{name}/allocate",
    summary: "Lend the most recently used available slot",
    body: "nothing",
    answers: { 200: "lent" },
    errors: [404, 409],
  },
  {
    method: "get",
    path: "/api/v1/locks",
    summary: "Every slot lock, with its holder",
    answers: { 200: "locks" },
  },
  {
    method: "post",
    path: "/api/v1/locks/clean",
    summary: "Move orphaned locks aside",
    body: "nothing",
    answers: { 200: "cleanedLocks" },
    errors: [409],
  },
  {
    method: "get",
    path: "/api/v1/salvages",
    summary: "Saved work, oldest first; its content is never served",
    answers: { 200: "salvages" },
  },
  {
    method: "post",
    path: "/api/v1/salvages/prune",
    summary: "Remove saved work that is past its time",
    body: "prune",
    answers: { 200: "pruned" },
    errors: [409],
  },
];

const slots: readonly Operation[] = [
  { method: "get", path: "/api/v1/slots", summary: "Every slot", answers: { 200: "slots" } },
  {
    method: "get",
    path: "/api/v1/slots/{id}",
    summary: "One slot with its evidence",
    answers: { 200: "slot" },
    errors: [404],
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/isolate",
    summary: "Take a slot out of rotation",
    body: "isolation",
    answers: { 200: "isolated" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/release",
    summary: "Take a slot back; unsaved work is saved first",
    body: "nothing",
    answers: { 200: "lent" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/remove",
    summary: "Move a slot out of its pool into quarantine",
    body: "removal",
    answers: { 200: "removedSlot" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/unlock",
    summary: "End a lock that nobody holds",
    body: "nothing",
    answers: { 200: "unlocked" },
    errors: [404, 409],
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/heartbeat",
    summary: "Say that the slot's agent works",
    body: "nothing",
    answers: { 200: "heartbeat" },
    errors: [404],
  },
];

/** Every route that machines use; a test compares it with the routes that are served. */
export const operations: readonly Operation[] = [...lifecycle, ...recoveries, ...pools, ...slots];
