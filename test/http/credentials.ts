import { hashSync } from "bcryptjs";
import { emptyWebConfig, type WebConfig } from "../../src/http/auth/web-config.ts";

export const token = "right-token";
export const bearer = { authorization: `Bearer ${token}` };
export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});
/** The least cost, so that tests are quick. */
export const usersConfig: WebConfig = {
  ...emptyWebConfig,
  basicAuthUsers: new Map([["ann", hashSync("secret", 4)]]),
};
