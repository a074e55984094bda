import type { CommonDependencies } from "../http-dependencies.ts";
import { routesFor, type MediaType, type Route } from "../routes/route.ts";
import { pageIcon, pageScript, pageStyle } from "./page-assets.ts";

const { read } = routesFor<CommonDependencies>();

function asset(path: string, type: MediaType, content: string): Route<CommonDependencies> {
  return read(path, { summary: "A file of the page", answers: { 200: type }, run: () => ({ 200: content }) });
}

export const assetRoutes: readonly Route<CommonDependencies>[] = [
  asset("/assets/page.css", "text/css", pageStyle),
  asset("/assets/page.js", "text/javascript", pageScript),
  asset("/assets/icon.svg", "image/svg+xml", pageIcon),
];
