#!/usr/bin/env bash
# Starts a run, by an event that the rule PROJECT-manual waits for: manual-trigger.json,
# with the project in it, so that no other mirror of the account takes it for its own. It
# does not wait for an answer: `bottles cloud trigger` does.
#
# usage: trigger.sh ENVIRONMENT
#
# AWS_ACCOUNT_ID: see deploy.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

choose "${1:-}"
need aws
check_account

entries=$(sed "s/{}/{\\\\\"project\\\\\": \\\\\"$project\\\\\"}/" \
    "$tree/infrastructure/scripts/manual-trigger.json")
# The answer is 200 also when the event was not taken: then it says so.
event=$(aws events put-events \
    --entries "$entries" \
    --query 'Entries[0].[EventId, ErrorCode]' --output text)
read -r id error <<<"$event"
[ "$error" = None ] || fail "EventBridge has not taken the event: $error"
echo "Asked $project for run $id. How it goes: bottles cloud status"
