#!/usr/bin/env bash
# JGit 4.11.9 of Debian 12 (OpenJDK 17, git 2.39): `jgit gc` knows no linked worktrees. It deletes objects older than two
# weeks that only the detached HEAD or the index of one leads to: commits that are checked out are gone, and after that
# every git command that reads HEAD there fails. `git gc` keeps them. What a branch leads to is kept by both.
# Seen: "git: commit kept, staged file kept", "jgit: commit deleted, staged file deleted".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq jgit-cli=4.11.9-2 libjgit-java=4.11.9-2 libargs4j-java=2.33-2 libjavaewah-java=1.1.7-1 \
  libjsch-java=0.1.55-1 libslf4j-java=1.7.32-1 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
jars=root/usr/share/java
export CLASSPATH="$(printf '%s:' $jars/org.eclipse.jgit*.jar)$jars/args4j.jar:$jars/javaewah.jar:$jars/jsch.jar"
CLASSPATH+=:$jars/slf4j-api.jar:$jars/slf4j-nop.jar
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
make_repository() {
  git init --quiet -b main "$1"
  git -C "$1" commit --quiet --allow-empty --message base
  git -C "$1" worktree add --quiet --detach "../$1-worktree"
  git -C "$1-worktree" commit --quiet --allow-empty --message work
  echo staged >"$1-worktree/staged"
  git -C "$1-worktree" add staged
  find "$1/.git/objects" -type f -exec touch --date='20 days ago' {} +
}
has() {
  git -C "$1" cat-file -e "$2" 2>/dev/null && echo kept || echo deleted
}
tell() {
  echo "$1: commit $(has "$1-worktree" "HEAD^{commit}"), staged file $(has "$1-worktree" :staged)"
}
make_repository git
git -C git gc --quiet
make_repository jgit
java org.eclipse.jgit.pgm.Main --git-dir jgit/.git gc >/dev/null 2>&1
seen=$(
  tell git
  tell jgit
)
echo "$seen"
[ "$seen" = "git: commit kept, staged file kept
jgit: commit deleted, staged file deleted" ]
