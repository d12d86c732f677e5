# Questions for Logs Insights, ready to be asked. Lines are JSON, by docs/metrics.md.

locals {
  query_groups = concat(values(var.function_log_group_names), [var.task_log_group_name])

  queries = {
    "failures by cause"          = "filter level = \"WARNING\" or level = \"ERROR\" | stats count(*) as lines by cause, formula | sort lines desc"
    "errors"                     = "filter level in [\"ERROR\", \"CRITICAL\"] | fields @timestamp, run_id, shard, message, @log | sort @timestamp desc | limit 200"
    "one run, in order"          = "filter run_id = \"PUT-THE-RUN-HERE\" | fields @timestamp, shard, level, message | sort @timestamp asc | limit 10000"
    "runs"                       = "filter ispresent(run_id) | stats min(@timestamp) as begun, max(@timestamp) as ended, count(*) as lines by run_id | sort begun desc"
    "speed by shard"             = "filter ispresent(bytes_per_second) | stats max(bytes_per_second) by shard, bin(1m)"
    "what looks like an attack"  = "filter ispresent(SecurityEvents) and SecurityEvents > 0 | fields @timestamp, Cause, SecurityEvents, @log | sort @timestamp desc"
    "what failed and its trace"  = "filter level = \"ERROR\" and ispresent(xray_trace_id) | fields @timestamp, xray_trace_id, message | sort @timestamp desc | limit 100"
    "time and memory of Lambdas" = "filter @type = \"REPORT\" | stats max(@duration) / 1000 as seconds, max(@maxMemoryUsed) / 1000000 as megabytes, count(*) as invocations by @log, bin(1d)"
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = { for name, query in local.queries : name => query if var.enable_log_insights_queries }

  name            = "${var.project_name}/${each.key}"
  log_group_names = local.query_groups
  query_string    = each.value
}

# A group keeps traces of ours findable among the account's.
resource "aws_xray_group" "this" {
  count = var.enable_xray_group ? 1 : 0

  group_name        = var.project_name
  filter_expression = "service(begins_with(\"${var.project_name}\"))"
  tags              = var.tags

  insights_configuration {
    insights_enabled      = false
    notifications_enabled = false
  }
}
