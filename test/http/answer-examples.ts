import type { CredentialSettings } from "../../src/http/auth/role.ts";
import type { RateLimitSettings } from "../../src/http/auth/web-config.ts";
import type { HttpDependencies } from "../../src/http/http-dependencies.ts";
import { basic, bearer } from "./credentials.ts";
import { aRecovery, fakeHttpDependencies } from "./fake-http-dependencies.ts";

/** A request whose answer docs/http-answers.md shows. */
export interface AnswerExample {
  /** By default POST. */
  readonly method?: "GET" | "POST" | "PUT";
  readonly path: string;
  /** By default the token. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the page shows in place of a body that is long, or of what cannot be shown. */
  readonly shownBody?: string;
  /** When this is answered, if the request does not say it. */
  readonly when?: string;
  readonly given?: Partial<HttpDependencies>;
  readonly credentials?: readonly CredentialSettings[];
  /** What the web configuration's `rate_limit` says. */
  readonly rateLimit?: RateLimitSettings;
  /** No authentication is configured. */
  readonly isOpen?: boolean;
}

const { recoveries, operations } = fakeHttpDependencies().dependencies;
const slot = "/api/v1/slots/workspace-demo-slot1";
const pause = JSON.stringify({ name: "disk", reason: "a new disk" });
const planned = { kind: "planned", recovery: aRecovery({ dryRun: true, status: "finished" }) } as const;
const asAnn = basic("ann", "secret");

/** By operation and status. */
export const successExamples: Readonly<Record<string, AnswerExample>> = {
  "get /-/healthy 200": { method: "GET", path: "/-/healthy" },
  "get /-/ready 200": { method: "GET", path: "/-/ready" },
  "post /-/reload 200": { path: "/-/reload" },
  "put /-/reload 200": { method: "PUT", path: "/-/reload" },
  "post /-/pause 201": { path: "/-/pause", body: pause },
  "post /-/resume 200": { path: "/-/resume", body: '{"name":"disk"}' },
  "get /api/v1/status 200": {
    method: "GET",
    path: "/api/v1/status",
    given: {
      maintenanceWindows: () => [
        {
          schedule: "0 12 * * *",
          durationSeconds: 3600,
          pool: "demo",
          endsAt: new Date("2026-05-04T13:00:00Z"),
        },
        { schedule: "0 3 * * 0", durationSeconds: 7200, pool: undefined, endsAt: undefined },
      ],
    },
  },
  "get /api/v1/pauses 200": {
    method: "GET",
    path: "/api/v1/pauses",
    given: {
      pauses: () => [
        {
          name: "disk",
          reason: "a new disk",
          operator: "ann",
          expiresAt: undefined,
          pool: "demo",
          slotId: undefined,
        },
      ],
    },
  },
  "get /api/v1/openapi.json 200": { method: "GET", path: "/api/v1/openapi.json" },
  "post /api/v1/alerts 202": {
    path: "/api/v1/alerts",
    body: JSON.stringify({
      version: "4",
      alerts: [
        {
          status: "firing",
          labels: { alertname: "RepoPoolSlotCorrupted", slot: "workspace-demo-slot1" },
          startsAt: "2026-05-04T11:58:00Z",
          fingerprint: "aa",
        },
      ],
    }),
  },
  "get /api/v1/recoveries 200": { method: "GET", path: "/api/v1/recoveries" },
  "get /api/v1/recoveries/{id} 200": { method: "GET", path: "/api/v1/recoveries/rec-1" },
  "post /api/v1/recoveries 202": { path: "/api/v1/recoveries", body: '{"pool":"demo"}' },
  "post /api/v1/recoveries 200": {
    path: "/api/v1/recoveries",
    body: '{"dry_run":true}',
    given: { recoveries: { ...recoveries, submit: () => Promise.resolve(planned) } },
  },
  "post /api/v1/slots/{id}/recover 202": { path: `${slot}/recover`, body: '{"force":true}' },
  "post /api/v1/slots/{id}/recover 200": {
    path: `${slot}/recover`,
    body: '{"dry_run":true}',
    given: { recoveries: { ...recoveries, submit: () => Promise.resolve(planned) } },
  },
  "post /api/v1/recoveries/{id}/approve 200": { path: "/api/v1/recoveries/rec-1/approve" },
  "post /api/v1/recoveries/{id}/reject 200": { path: "/api/v1/recoveries/rec-1/reject" },
  "get /api/v1/anomalies 200": { method: "GET", path: "/api/v1/anomalies" },
  "get /api/v1/pools 200": { method: "GET", path: "/api/v1/pools" },
  "get /api/v1/slots 200": { method: "GET", path: "/api/v1/slots" },
  "get /api/v1/slots/{id} 200": { method: "GET", path: slot },
  "post /api/v1/slots/{id}/isolate 200": { path: `${slot}/isolate`, body: '{"reason":"a bad disk"}' },
  "post /api/v1/pools 201": {
    path: "/api/v1/pools",
    body: '{"repo_name":"fresh","repo_url":"https://git.example/fresh.git","num_slots":1}',
  },
  "post /api/v1/pools/{name}/slots 201": { path: "/api/v1/pools/demo/slots" },
  "post /api/v1/pools/{name}/allocate 200": { path: "/api/v1/pools/demo/allocate" },
  "post /api/v1/slots/{id}/release 200": { path: `${slot}/release` },
  "post /api/v1/pools/{name}/remove 200": { path: "/api/v1/pools/demo/remove" },
  "post /api/v1/slots/{id}/remove 200": { path: `${slot}/remove`, body: '{"force":true}' },
  "post /api/v1/slots/{id}/unlock 200": { path: `${slot}/unlock` },
  "post /api/v1/slots/{id}/heartbeat 200": { path: `${slot}/heartbeat` },
  "get /api/v1/locks 200": {
    method: "GET",
    path: "/api/v1/locks",
    given: {
      operations: {
        ...operations,
        listLocks: () =>
          Promise.resolve([
            {
              slot_id: "workspace-demo-slot1",
              path: "/pools/locks/workspace-demo-slot1.lock",
              held: true,
              holders: [{ pid: 4711, command: "python3" }],
              orphaned: null,
            },
          ]),
      },
    },
  },
  "post /api/v1/locks/clean 200": { path: "/api/v1/locks/clean" },
  "get /api/v1/salvages 200": {
    method: "GET",
    path: "/api/v1/salvages",
    given: {
      salvages: () => [
        {
          id: "20260504T115800Z-workspace-demo-slot1",
          slotId: "workspace-demo-slot1",
          repoName: "demo",
          createdAt: new Date("2026-05-04T11:58:00Z"),
          reason: "release",
          bytes: 4096,
          path: "/pools/.repo-pool-sidecar/salvage/20260504T115800Z-workspace-demo-slot1",
          complete: true,
          kind: "salvage",
          restoreCommand: "repo-pool-sidecar salvage restore 20260504T115800Z-workspace-demo-slot1 --to DIR",
        },
      ],
    },
  },
  "post /api/v1/salvages/prune 200": { path: "/api/v1/salvages/prune", body: '{"dry_run":true}' },
};

const refusing = (reason: string, detail: string): Partial<HttpDependencies> => ({
  operations: {
    ...operations,
    createPool: () => Promise.resolve({ kind: "refused", reason, detail }),
    allocate: () => Promise.resolve({ kind: "refused", reason, detail }),
    pruneSalvages: () => Promise.resolve({ kind: "refused", reason, detail }),
    release: () => Promise.resolve({ kind: "refused", reason, detail }),
  },
});

/** By status and code. */
export const errorExamples: Readonly<Record<string, AnswerExample>> = {
  "400 malformed": { path: "/-/pause", body: '{"name":1}' },
  "400 too_deep": { path: "/-/pause", body: "[".repeat(33), shownBody: "33 times [" },
  "400 expired": { path: "/-/pause", body: pause.replace("}", ',"expires_at":"2020-01-01T00:00:00Z"}') },
  "401 unauthorized": { path: "/-/reload", headers: { authorization: "Bearer wrong" } },
  "403 writes_disabled": { path: "/-/reload", isOpen: true, when: "no authentication is configured" },
  "403 remediation_disabled": {
    path: "/api/v1/alerts",
    when: "`remediation.enabled` is off",
    given: { isRemediationEnabled: () => false },
  },
  "403 role_insufficient": {
    path: "/-/reload",
    when: "the user's role is `webhook`",
    credentials: [{ user: "ann", role: "webhook" }],
    headers: asAnn,
  },
  "403 bad_origin": { path: "/-/reload", headers: { ...bearer, origin: "https://evil.example" } },
  "403 bad_host": { path: "/-/reload", headers: { ...asAnn, host: "rebound.example" } },
  "403 bad_form_token": {
    path: "/",
    headers: { ...asAnn, "content-type": "application/x-www-form-urlencoded" },
    body: "action=resume&pause=disk",
  },
  "404 not_found": { path: "/api/v1/slots/workspace-demo-slot99", method: "GET" },
  "409 not_waiting": {
    path: "/api/v1/recoveries/rec-1/approve",
    when: "somebody decided before",
    given: {
      recoveries: {
        ...recoveries,
        decide: () => ({ kind: "not_waiting", state: "finished" }),
      },
    },
  },
  "409 duplicate": {
    path: "/-/pause",
    body: pause,
    when: "a pause has this name",
    given: { pause: () => ({ kind: "duplicate" }) },
  },
  "409 too_many": {
    path: "/-/pause",
    body: pause,
    when: "256 pauses are in force",
    given: { pause: () => ({ kind: "full" }) },
  },
  "409 busy": {
    path: "/api/v1/salvages/prune",
    when: "a recovery is running",
    given: refusing("busy", "a recovery is running: try again when it has ended"),
  },
  "409 pool_exists": {
    path: "/api/v1/pools",
    body: '{"repo_name":"demo"}',
    when: "the directory is there",
    given: refusing("pool_exists", "/pools/demo exists: the pool demo cannot be created"),
  },
  "409 none_available": {
    path: "/api/v1/pools/demo/allocate",
    when: "every slot is in use",
    given: refusing("none_available", "every slot of demo is in use"),
  },
  "409 lock_held": {
    path: `${slot}/release`,
    when: "another program holds the slot's lock; so for every guard and refusal",
    given: refusing("lock_held", "workspace-demo-slot1.lock is held by pid 4711 (python3)"),
  },
  "413 too_large": { path: "/-/pause", body: " ".repeat(1024 * 1024 + 1), shownBody: "1 MiB and a byte" },
  "415 unsupported_media_type": {
    path: "/-/pause",
    body: "x",
    headers: { ...bearer, "content-type": "text/plain" },
  },
  "422 config_invalid": {
    path: "/-/reload",
    when: "the new file has a mistake",
    given: {
      reload: () =>
        Promise.resolve({
          kind: "invalid",
          problems: ["/etc/repo-pool-sidecar/sidecar.yaml: line 1: detecton: unknown key"],
        }),
    },
  },
  "429 rate_limited": {
    path: "/api/v1/slots",
    method: "GET",
    when: "rate_limit of the web configuration is used up",
    rateLimit: { intervalMilliseconds: 10_000, burst: 0 },
  },
  "500 internal": {
    path: "/api/v1/salvages",
    method: "GET",
    when: "the state directory cannot be read",
    given: { salvages: () => Promise.reject(new Error("EACCES")) },
  },
  "503 not_ready": {
    path: "/api/v1/slots",
    method: "GET",
    when: "the first collection has not ended",
    given: { snapshot: () => undefined },
  },
  "503 not_leader": {
    path: "/api/v1/alerts",
    body: "{}",
    when: "another `serve` of this state directory answers alerts, and this one only watches",
    given: { receiveAlerts: () => ({ kind: "not_leader" }) },
  },
  "503 queue_unavailable": {
    path: "/api/v1/alerts",
    body: "{}",
    when: "the program is a gateway, and the fleet's PostgreSQL does not answer",
    given: { receiveAlerts: () => ({ kind: "queue_unavailable" }) },
  },
  "503 overloaded": {
    path: "/api/v1/alerts",
    body: "{}",
    when: "the queue is full",
    given: { receiveAlerts: () => ({ kind: "overloaded" }) },
  },
};
