# What is worth waking somebody for, by docs/metrics.md. An alarm's description is what
# its message says it means: it ends with what to do.

locals {
  ours = {
    age-of-last-complete-sync = {
      metric      = "AgeOfLastCompleteSync"
      description = "No run was complete for ${floor(var.age_alarm_seconds / 86400)} days, or nobody says how old the mirror is. Run: bottles cloud status"
      statistic   = "Maximum"
      period      = 86400
      evaluations = 2
      operator    = "GreaterThanThreshold"
      threshold   = var.age_alarm_seconds
      # A schedule that died, a function that cannot start: nothing is told then.
      missing = "breaching"
    }
    bottles-failed = {
      metric      = "BottlesFailed"
      description = "A run could not bring in all bottles; the next run tries again. Run: bottles cloud logs --since 1d"
      statistic   = "Sum"
      period      = 86400
      evaluations = 1
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    security-events = {
      metric      = "SecurityEvents"
      description = "Something looks like an attack: bad_signature, wrong_digest, ledger_damaged or access_denied; the metric's Cause says which. Run: bottles ledger check --read"
      statistic   = "Sum"
      period      = 300
      evaluations = 1
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    notification-failures = {
      metric      = "NotificationFailures"
      description = "Messages did not reach Slack or the topic. Run: bottles doctor --notify"
      statistic   = "Sum"
      period      = 3600
      evaluations = 1
      operator    = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    upstream-throttles = {
      metric      = "UpstreamThrottles"
      description = "Upstream asks to slow down. Fewer tasks at a time help: max_parallel_tasks"
      statistic   = "Sum"
      period      = 900
      evaluations = 1
      operator    = "GreaterThanThreshold"
      threshold   = 100
      missing     = "notBreaching"
    }
    ledger-conflicts = {
      metric      = "LedgerConflicts"
      description = "Writers of the ledger stand in each other's way: some of it is normal, this is not. Run: bottles cloud status"
      statistic   = "Sum"
      period      = 3600
      evaluations = 1
      operator    = "GreaterThanThreshold"
      threshold   = 1000
      missing     = "notBreaching"
    }
    sync-duration = {
      metric      = "SyncDuration"
      description = "A run took longer than sync_duration_alarm_seconds. Run: bottles cloud logs --since 1d"
      statistic   = "Maximum"
      period      = 3600
      evaluations = 1
      operator    = "GreaterThanThreshold"
      threshold   = var.sync_duration_alarm_seconds
      missing     = "notBreaching"
    }
    estimated-cost = {
      metric      = "EstimatedCost"
      description = "A run cost more than run_cost_alarm_usd, as far as it is reckoned. Run: bottles cloud logs --since 1d"
      statistic   = "Maximum"
      period      = 3600
      evaluations = 1
      operator    = "GreaterThanThreshold"
      threshold   = var.run_cost_alarm_usd
      missing     = "notBreaching"
    }
  }

  enabled = var.enable_cloudwatch_alarms
  # Mail, Slack through the alarm function, and whoever else listens.
  told = [var.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "ours" {
  for_each = { for name, alarm in local.ours : name => alarm if local.enabled }

  alarm_name          = "${var.project_name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "HomebrewBottlesSync"
  metric_name         = each.value.metric
  dimensions          = { Environment = var.environment }
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.evaluations
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = local.told
  ok_actions          = each.value.missing == "breaching" ? local.told : []
  tags                = var.tags
}

# Whom alarms reach beside those who are subscribed to the topic already.
resource "aws_sns_topic_subscription" "alert_email" {
  count = local.enabled && var.alert_email != null ? 1 : 0

  topic_arn = var.topic_arn
  protocol  = "email"
  endpoint  = var.alert_email
}
