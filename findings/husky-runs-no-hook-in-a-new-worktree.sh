#!/usr/bin/env bash
# husky 9.1.7 (Node.js 20.20, git 2.39): in a new linked worktree no hook runs, and git says nothing of it. husky sets
# core.hooksPath to the relative path .husky/_ for all worktrees of the repository, but that directory ignores itself, so
# `git worktree add` makes none. A commit that the hook refuses in the main worktree is made there, until `husky` has run
# in that worktree too, as `npm install` does. A hook below .git/hooks runs in each.
# Seen: ".git/hooks: main refused, new worktree refused", "husky: main refused, new worktree committed, after husky refused".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts husky@9.1.7
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
try() {
  git -C "$1" commit --quiet --allow-empty --message try 2>/dev/null && echo committed || echo refused
}
for name in plain husky; do
  git init --quiet -b main "$name"
  git -C "$name" commit --quiet --allow-empty --message base
done
printf '#!/bin/sh\nexit 1\n' >plain/.git/hooks/pre-commit
chmod +x plain/.git/hooks/pre-commit
git -C plain worktree add --quiet ../plain-tree
seen=".git/hooks: main $(try plain), new worktree $(try plain-tree)"
cd husky
../node_modules/.bin/husky
echo "exit 1" >.husky/pre-commit
git add .
git commit --quiet --no-verify --message hook
git worktree add --quiet ../husky-tree
cd ..
seen+="
husky: main $(try husky), new worktree $(try husky-tree)"
cd husky-tree
../node_modules/.bin/husky
cd ..
seen+=", after husky $(try husky-tree)"
echo "$seen"
[ "$seen" = ".git/hooks: main refused, new worktree refused
husky: main refused, new worktree committed, after husky refused" ]
