# What AWS itself measures: functions, tasks, executions, queues.

locals {
  functions = { for key, each in var.functions : key => each if local.enabled }
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = local.functions

  alarm_name          = "${var.project_name}-${each.key}-errors"
  alarm_description   = "The function ${each.value.name} failed. Run: bottles cloud logs --since 1h"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "function_throttles" {
  for_each = local.functions

  alarm_name          = "${var.project_name}-${each.key}-throttles"
  alarm_description   = "The function ${each.value.name} was not let run: the account's or its own concurrency is used up. Events are delivered later"
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "function_duration" {
  for_each = local.functions

  alarm_name          = "${var.project_name}-${each.key}-duration"
  alarm_description   = "The function ${each.value.name} took ${each.value.duration_alarm_percent}% of its ${each.value.timeout} s or more"
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.timeout * 10 * each.value.duration_alarm_percent # ms
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags
}

# A task that is taken away leaves no error, and is begun again; one that is wrongly
# configured, cannot reach the store, or has a fault tells so in its log.
resource "aws_cloudwatch_log_metric_filter" "task_failures" {
  count = local.enabled ? 1 : 0

  name           = "${var.project_name}-task-failures"
  log_group_name = var.task_log_group_name
  pattern        = "{ ($.level = \"ERROR\") || ($.level = \"CRITICAL\") }"

  metric_transformation {
    namespace = "HomebrewBottlesSync/Deployment"
    name      = "${var.project_name}-task-failures"
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "task_failures" {
  count = local.enabled ? 1 : 0

  alarm_name          = "${var.project_name}-task-failures"
  alarm_description   = "A task failed, which Spot's taking it away is not; the shard is tried again. Run: bottles cloud logs --since 1h"
  namespace           = aws_cloudwatch_log_metric_filter.task_failures[0].metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.task_failures[0].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "executions" {
  for_each = toset(local.enabled ? ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] : [])

  alarm_name          = "${var.project_name}-${lower(replace(each.key, "Executions", "executions-"))}"
  alarm_description   = "An execution of the state machine could not close its run: the orchestrator is told, and closes it. Run: bottles cloud status"
  namespace           = "AWS/States"
  metric_name         = each.key
  dimensions          = { StateMachineArn = var.state_machine_arn }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags
}

# Container Insights tells what tasks of a family use, and what was reserved for them.
resource "aws_cloudwatch_metric_alarm" "task_load" {
  for_each = toset(local.enabled && var.container_insights_enabled ? ["Cpu", "Memory"] : [])

  alarm_name          = "${var.project_name}-task-${lower(each.key)}-high"
  alarm_description   = "Tasks use more than ${var.task_load_alarm_percent}% of their ${each.key == "Cpu" ? "CPU: they would be faster with more, task_cpu" : "memory: give them more, task_memory"}"
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.task_load_alarm_percent
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags

  metric_query {
    id          = "percent"
    expression  = "100 * used / reserved"
    label       = "${each.key} in percent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { used = "Utilized", reserved = "Reserved" }

    content {
      id = metric_query.key

      metric {
        namespace   = "ECS/ContainerInsights"
        metric_name = "${each.key}${metric_query.value}"
        dimensions = {
          ClusterName          = var.cluster_name
          TaskDefinitionFamily = var.task_definition_family
        }
        stat   = "Average"
        period = 300
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = { for key, name in var.dead_letter_queue_names : key => name if local.enabled }

  alarm_name          = "${var.project_name}-${each.key}-dead-letters"
  alarm_description   = "Something was given up and lies in ${each.value}. Run: bottles cloud redrive --dry-run"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.told
  tags                = var.tags
}
