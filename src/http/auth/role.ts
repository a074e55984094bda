/** What a route needs and a credential permits: to read, to post alerts, or to change something. */
export const roles = ["read", "webhook", "operate"] as const;
export type Role = (typeof roles)[number];

/** A credential and what it may do: a token of a file, a user of the web configuration, or the name of a client certificate. */
export interface CredentialSettings {
  readonly tokenFile?: string | undefined;
  /** The name under which a token is recorded. */
  readonly name?: string | undefined;
  readonly user?: string | undefined;
  readonly certificate?: string | undefined;
  readonly role: Role;
}

/** Reading is open to all who may change something; alerts are for their sender. */
export function mayUse(role: Role, access: Role): boolean {
  return role === "operate" || role === access;
}

/**
 * The role of a user or a certificate. If none of its kind is listed, it may do everything. If one is listed, those that are
 * not may only read.
 */
export function roleOf(
  kind: "user" | "certificate",
  name: string,
  credentials: readonly CredentialSettings[],
): Role {
  const listed = credentials.filter((credential) => credential[kind] !== undefined);
  if (listed.length === 0) return "operate";
  return listed.find((credential) => credential[kind] === name)?.role ?? "read";
}
