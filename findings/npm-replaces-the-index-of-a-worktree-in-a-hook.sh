#!/usr/bin/env bash
# npm 11.19.1 (Node.js 20.20, git 2.39): `npm ci` with a dependency from git, run by a pre-commit hook, replaces the index of
# a linked worktree by that of the dependency. git sets GIT_INDEX_FILE for the hook, npm hands it on to its `git clone`, and
# the clone writes its index there: in a linked worktree the path is absolute. `npm ci` ends with 0. What was staged
# is staged no longer, and the commit fails, because the repository has no object that the index names. In the main
# worktree the path is relative to the clone as well, and nothing happens; nor does it without the variable.
# Seen: "main: npm 0, committed", "linked: npm 0, refused, index: of-the-dependency package.json", "without-variable: npm 0,
# committed".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts npm@11.19.1
export PATH=$folder/node_modules/.bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main dependency
echo '{ "name": "dependency", "version": "1.0.0" }' >dependency/package.json
echo content >dependency/of-the-dependency
git -C dependency add .
git -C dependency commit --quiet --message one
git init --quiet -b main main
cd main
echo "{ \"name\": \"app\", \"dependencies\": { \"dependency\": \"git+file://$folder/dependency\" } }" >package.json
echo node_modules >.gitignore
npm install --silent --no-audit --no-fund
git add .
git commit --quiet --message base
git worktree add --quiet ../linked
git worktree add --quiet ../without-variable
cat >.git/hooks/pre-commit <<'END'
#!/bin/sh
[ "${PWD##*/}" != without-variable ] || unset GIT_INDEX_FILE
npm ci --silent --no-audit --no-fund
echo $? >"$HOME/code"
END
chmod +x .git/hooks/pre-commit
cd ..
try() {
  cd "$1"
  echo work >staged
  git add staged
  git commit --quiet --message work >/dev/null 2>&1 && committed=committed || committed=refused
  echo "$1: npm $(cat ../code), $committed, index: $(git ls-files | paste --serial --delimiters=' ')"
  cd ..
}
seen=$(
  try main
  try linked
  try without-variable
)
echo "$seen"
[ "$seen" = "main: npm 0, committed, index: .gitignore package-lock.json package.json staged
linked: npm 0, refused, index: of-the-dependency package.json
without-variable: npm 0, committed, index: .gitignore package-lock.json package.json staged" ]
