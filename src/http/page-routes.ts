import type { Router } from "express";
import { reading, type RouteContext } from "./route-context.ts";

export function addPageRoutes(router: Router, context: RouteContext): void {
  router.get(
    "/",
    reading(context, (_request, response) =>
      response.type("html").send("<!doctype html><title>repo-pool-sidecar</title>"),
    ),
  );
}
