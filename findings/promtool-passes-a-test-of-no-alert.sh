#!/usr/bin/env bash
# promtool 2.42.0 of Debian 12: `promtool test rules` passes a test that an alert does not fire if no rule has that name. A
# test that is to show that an alert stays silent goes on passing once the alert was renamed, or was misspelt from the
# start. An entry of `rule_files` that is not there, with or without a pattern, is a warning on standard error and a success
# as well: after a move of the rules, such tests pass without any rule. 3.5.3 does the same.
# Seen: "alert that fires: 1", "the same, misspelt: 0", "pattern without a match: 0", "missing rule file: 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq prometheus=2.42.0+ds-5+deb12u1 2>/dev/null
dpkg --extract prometheus_*.deb root
cat >rules.yml <<'YML'
groups:
  - name: slots
    rules:
      - { alert: SlotBroken, expr: slot_broken > 0, for: 5m }
YML
# Tests that the alert $2 of the rule files $1 does not fire, although the slot is broken.
try() {
  cat >test.yml <<YML
rule_files: ["$1"]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{ series: 'slot_broken{slot="1"}', values: 1x20 }]
    alert_rule_test: [{ eval_time: 10m, alertname: $2, exp_alerts: [] }]
YML
  status=0
  root/usr/bin/promtool test rules test.yml >/dev/null 2>&1 || status=$?
  echo $status
}
seen="alert that fires: $(try rules.yml SlotBroken)
the same, misspelt: $(try rules.yml SlotBorken)
pattern without a match: $(try 'alerts-*.yml' SlotBroken)
missing rule file: $(try alerts.yml SlotBroken)"
echo "$seen"
[ "$seen" = "alert that fires: 1
the same, misspelt: 0
pattern without a match: 0
missing rule file: 0" ]
