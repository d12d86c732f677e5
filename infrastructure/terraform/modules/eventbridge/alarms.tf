# A schedule that was missed: a rule that could not reach its target. That a rule never
# fires at all shows in the age of the last complete sync, in the module monitoring.

resource "aws_cloudwatch_metric_alarm" "missed" {
  for_each = toset(var.enable_cloudwatch_alarms ? keys(local.rules) : [])

  alarm_name          = "${var.project_name}-${each.key}-not-delivered"
  alarm_description   = "An event of the rule ${var.project_name}-${each.key} did not reach the orchestrator. Run: bottles cloud redrive"
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.this[each.key].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
  tags                = var.tags
}
