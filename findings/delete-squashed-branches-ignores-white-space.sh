#!/usr/bin/env bash
# git-delete-squashed 1.0.4 of npm and git-extras 6.5.0 of Debian 12 (Node.js 20.20, git 2.39): a branch that is not merged is
# deleted by `git branch -D` if its change differs from one in the target branch only in white space, even where white
# space has a meaning, as the indentation in Python. Both ask `git cherry`, which compares patch ids, and these leave white
# space out. No ref has the branch's version then. `git branch -d` refuses; a branch with another word is kept.
# Seen, for both: "indented otherwise: deleted, its version in 0 refs; another word: kept".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts git-delete-squashed@1.0.4
apt-get download -qq git-extras=6.5.0-1 2>/dev/null
dpkg --extract git-extras_*.deb root
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
commit_on() {
  git checkout --quiet -B "$1" base
  printf 'for item in items:\n    use(item)\n%s\n' "$2" >loop.py
  git commit --quiet --all --message "$1"
}
state_of() {
  git show-ref --verify --quiet "refs/heads/$1" && echo kept || echo deleted
}
try() {
  git init --quiet -b main repository
  cd repository
  printf 'for item in items:\n    use(item)\n' >loop.py
  git add loop.py
  git commit --quiet --message base
  git tag base
  commit_on indented "done(item)"
  commit_on word "    end(item)"
  commit_on main "    done(item)"
  ! git branch --quiet --delete indented 2>/dev/null
  "$@" >/dev/null
  refs=$(git log --branches --tags --remotes --format=%h -G '^done' | wc -l)
  echo "indented otherwise: $(state_of indented), its version in $refs refs; another word: $(state_of word)"
  cd ..
  rm -rf repository
}
seen="git-delete-squashed: $(try "$folder/node_modules/.bin/git-delete-squashed" main)
git-extras: $(try "$folder/root/usr/bin/git-delete-squashed-branches" main)"
echo "$seen"
expected="indented otherwise: deleted, its version in 0 refs; another word: kept"
[ "$seen" = "git-delete-squashed: $expected
git-extras: $expected" ]
