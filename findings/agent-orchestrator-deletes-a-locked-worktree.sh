#!/usr/bin/env bash
# @composio/ao-plugin-workspace-worktree 0.2.0 of npm (Node.js 20.20, git 2.39), by which Agent Orchestrator keeps the worktrees
# of its agents: if git refuses to remove a worktree, `destroy` deletes the directory itself and reports success. So a
# worktree that `git worktree lock` protects goes with its edits, which are in no object. `git worktree remove --force`,
# which it tries first, keeps a locked one. The registration stays, locked, and so no prune ever removes it.
# Seen: "git: refused, edits kept", "ao: done, edits deleted, registered after a prune".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @composio/ao-plugin-workspace-worktree@0.2.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main origin
echo committed >origin/file
git -C origin add file
git -C origin commit --quiet --message base
git clone --quiet origin main
cat >workspace.mjs <<'JS'
import { create } from "@composio/ao-plugin-workspace-worktree";
const [action, folder] = process.argv.slice(2);
const workspaces = create({ worktreeDir: `${folder}/trees` });
const project = { path: `${folder}/main`, defaultBranch: "main" };
if (action === "create") await workspaces.create({ projectId: "demo", sessionId: "one", branch: "work", project });
else await workspaces.destroy(`${folder}/trees/demo/one`);
JS
node workspace.mjs create "$folder"
tree=trees/demo/one
echo edited >"$tree/file"
git -C main worktree lock --reason "somebody works here" "../$tree"
ask() {
  answer=$("$@" >/dev/null 2>&1 && echo done || echo refused)
  echo "$answer, edits $([ -e "$tree/file" ] && echo kept || echo deleted)"
}
seen="git: $(ask git -C main worktree remove --force "../$tree")
ao: $(ask node workspace.mjs destroy "$folder")"
git -C main worktree prune
seen+=", $(git -C main worktree list | grep -q locked && echo registered || echo gone) after a prune"
echo "$seen"
[ "$seen" = "git: refused, edits kept
ao: done, edits deleted, registered after a prune" ]
