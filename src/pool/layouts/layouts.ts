import type { LayoutKind } from "../pool.ts";
import { cloneLayout } from "./clone.ts";
import type { Layout } from "./layout.ts";
import { worktreeLayout } from "./worktree.ts";

export const layouts: Readonly<Record<LayoutKind, Layout>> = { clone: cloneLayout, worktree: worktreeLayout };
