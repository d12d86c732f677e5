output "dashboard_name" {
  description = "The name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dashboard_url" {
  description = "Where the dashboard is."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "alarm_arns" {
  description = "The ARNs of the alarms, by name."
  value = {
    for alarm in concat(
      values(aws_cloudwatch_metric_alarm.ours),
      values(aws_cloudwatch_metric_alarm.function_errors),
      values(aws_cloudwatch_metric_alarm.function_throttles),
      values(aws_cloudwatch_metric_alarm.function_duration),
      values(aws_cloudwatch_metric_alarm.executions),
      values(aws_cloudwatch_metric_alarm.task_load),
      values(aws_cloudwatch_metric_alarm.dead_letters),
      aws_cloudwatch_metric_alarm.task_failures[*],
    ) : alarm.alarm_name => alarm.arn
  }
}

output "budget_name" {
  description = "The name of the budget; null where there is none."
  value       = one(aws_budgets_budget.monthly[*].name)
}
