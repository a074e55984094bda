import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetLink } from "../../src/fleet/fleet-link.ts";
import { loadPostgres } from "../../src/fleet/load-postgres.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { RealPostgres } from "../kit/postgres.ts";

let postgres: RealPostgres;
beforeAll(async () => {
  postgres = await RealPostgres.start();
});
afterAll(() => postgres.destroy());

test("a new database gets its tables, and answers", async () => {
  const link = new FleetLink({
    modules: await loadPostgres(),
    files: { connectionStringFile: postgres.connectionStringFile, caFile: undefined },
    mostConnections: 2,
    maintains: true,
    clock: systemClock,
    logger: silentLogger,
  });
  expect(await link.use((database) => database.query("select 1 as one"))).toEqual([{ one: 1 }]);
  await link.close();
});
