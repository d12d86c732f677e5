# One page: how it is now, how it went over 13 weeks, and what it cost.

data "aws_region" "current" {}

locals {
  region = data.aws_region.current.name
  metric = { for name in [
    "AgeOfLastCompleteSync", "BottlesFailed", "BottlesMirrored", "BottlesMissing", "BytesMirrored", "EstimatedCost",
    "LedgerConflicts", "NotificationFailures", "SecurityEvents", "SyncDuration", "SyncProgress", "UpstreamThrottles",
  ] : name => ["HomebrewBottlesSync", name, "Environment", var.environment] }

  # A run a week: a point a week. A week of points is what is added up.
  week    = 604800
  quarter = { start = "-P13W", end = "P0D" }

  now = [
    { title = "Age of the last complete sync", metrics = [concat(local.metric.AgeOfLastCompleteSync, [{ id = "age", visible = false }]), [{ expression = "age / 86400", label = "days" }]], period = 86400, stat = "Maximum" },
    { title = "Progress of the run", metrics = [concat(local.metric.SyncProgress, [{ label = "%" }])], period = 300, stat = "Maximum" },
    { title = "Missing after the last run", metrics = [concat(local.metric.BottlesMissing, [{ label = "bottles" }])], period = 604800, stat = "Maximum" },
    { title = "Security events, 7 days", metrics = [local.metric.SecurityEvents], period = 604800, stat = "Sum" },
  ]

  trends = [
    { title = "Bottles", metrics = [local.metric.BottlesMirrored, local.metric.BottlesFailed, local.metric.BottlesMissing], stat = "Sum" },
    { title = "Bytes fetched", metrics = [local.metric.BytesMirrored], stat = "Sum" },
    { title = "Duration of runs, in seconds", metrics = [local.metric.SyncDuration], stat = "Maximum" },
    { title = "What went wrong", metrics = [local.metric.SecurityEvents, local.metric.NotificationFailures, local.metric.UpstreamThrottles, local.metric.LedgerConflicts], stat = "Sum" },
  ]

  widgets = concat(
    [
      { type = "text", x = 0, y = 0, width = 24, height = 2, properties = {
        markdown = "# ${var.project_name} (${var.environment})\nNow · 13 weeks · cost. A run starts with `bottles cloud trigger`; what an alarm means stands in its description."
      } },
    ],
    [for index, each in local.now : { type = "metric", x = 6 * index, y = 2, width = 6, height = 4, properties = {
      title = each.title, view = "singleValue", region = local.region, metrics = each.metrics, period = each.period, stat = each.stat
    } }],
    [
      { type = "metric", x = 0, y = 6, width = 12, height = 6, properties = {
        title   = "Functions: errors and throttles", view = "timeSeries", region = local.region, stat = "Sum", period = 300
        metrics = local.function_metrics
      } },
      { type = "metric", x = 12, y = 6, width = 12, height = 6, properties = {
        title = "Tasks: CPU and memory, in percent", view = "timeSeries", region = local.region, stat = "Average", period = 300
        metrics = concat(
          [for each in ["CpuUtilized", "CpuReserved", "MemoryUtilized", "MemoryReserved"] :
          ["ECS/ContainerInsights", each, "ClusterName", var.cluster_name, "TaskDefinitionFamily", var.task_definition_family, { id = lower(each), visible = false }]],
          [[{ expression = "100 * cpuutilized / cpureserved", label = "CPU" }], [{ expression = "100 * memoryutilized / memoryreserved", label = "memory" }]],
        )
      } },
      { type = "metric", x = 0, y = 12, width = 12, height = 6, properties = {
        title   = "Executions", view = "timeSeries", region = local.region, stat = "Sum", period = 300
        metrics = [for each in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] : ["AWS/States", each, "StateMachineArn", var.state_machine_arn]]
      } },
      { type = "metric", x = 12, y = 12, width = 12, height = 6, properties = {
        title   = "Dead letters", view = "timeSeries", region = local.region, stat = "Maximum", period = 300
        metrics = [for each in values(var.dead_letter_queue_names) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", each]]
      } },
    ],
    [for index, each in local.trends : { type = "metric", x = 12 * (index % 2), y = 18 + 6 * floor(index / 2), width = 12, height = 6, properties = merge(local.quarter, {
      title = each.title, view = "timeSeries", region = local.region, metrics = each.metrics, period = local.week, stat = each.stat
    }) }],
    [
      { type = "metric", x = 0, y = 30, width = 12, height = 6, properties = merge(local.quarter, {
        title   = "Cost of runs, in US dollars, as they reckon it", view = "timeSeries", region = local.region, stat = "Sum", period = local.week
        metrics = [local.metric.EstimatedCost]
      }) },
      { type = "metric", x = 12, y = 30, width = 12, height = 6, properties = merge(local.quarter, {
        # Billing tells its figures in this region only, if the account has asked for them.
        title   = "Charges of the whole account this month, in US dollars", view = "timeSeries", region = "us-east-1", stat = "Maximum", period = 86400
        metrics = [["AWS/Billing", "EstimatedCharges", "Currency", "USD"]]
      }) },
      { type = "log", x = 0, y = 36, width = 24, height = 6, properties = {
        title = "Errors", region = local.region, view = "table"
        query = "${join(" | ", [for group in local.query_groups : "SOURCE '${group}'"])} | ${local.queries["errors"]}"
      } },
    ],
  )

  function_metrics = concat([
    for each in values(var.functions) : [
      for metric in ["Errors", "Throttles"] : ["AWS/Lambda", metric, "FunctionName", each.name]
    ]
  ]...)
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.project_name}-dashboard"
  dashboard_body = jsonencode({ widgets = local.widgets })
}
