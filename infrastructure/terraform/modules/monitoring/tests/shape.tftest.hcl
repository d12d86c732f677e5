mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  topic_arn = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
  functions = {
    orchestrator = { name = "homebrew-sync-orchestrator", timeout = 300 }
    worker       = { name = "homebrew-sync-worker", timeout = 900, duration_alarm_percent = 98 }
  }
  function_log_group_names = {
    orchestrator = "/aws/lambda/homebrew-sync-orchestrator"
    worker       = "/aws/lambda/homebrew-sync-worker"
  }
  task_log_group_name     = "/aws/ecs/homebrew-sync"
  cluster_name            = "homebrew-sync"
  task_definition_family  = "homebrew-sync"
  state_machine_arn       = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
  dead_letter_queue_names = { orchestrator = "homebrew-sync-orchestrator-dlq", rules = "homebrew-sync-rules-dlq" }
}

run "an_old_mirror_is_told_of_and_so_is_one_that_says_nothing" {
  command = apply

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.ours["age-of-last-complete-sync"].threshold == 691200
      && aws_cloudwatch_metric_alarm.ours["age-of-last-complete-sync"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.ours["age-of-last-complete-sync"].period == 86400
      && aws_cloudwatch_metric_alarm.ours["age-of-last-complete-sync"].evaluation_periods == 2
    )
    error_message = "The age must be watched as docs/metrics.md has it."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.ours["age-of-last-complete-sync"].ok_actions == toset([var.topic_arn])
    error_message = "People must be told when it is over."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.ours :
      alarm.treat_missing_data == "notBreaching" if name != "age-of-last-complete-sync"
    ])
    error_message = "The others are told only by those who do something."
  }
}

run "every_alarm_tells_people_and_says_what_to_do" {
  command = apply

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.ours : alarm.alarm_actions == toset([var.topic_arn])])
    error_message = "An alarm that tells nobody is none."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.ours : length(alarm.alarm_description) > 40 && length(alarm.alarm_description) <= 1024])
    error_message = "Alarms must say what they mean."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.ours["security-events"].threshold == 1 && aws_cloudwatch_metric_alarm.ours["security-events"].period == 300
    error_message = "One security event must be told of within five minutes."
  }
}

run "what_aws_measures_is_watched" {
  command = apply

  assert {
    condition     = aws_cloudwatch_metric_alarm.function_duration["orchestrator"].threshold == 270000 && aws_cloudwatch_metric_alarm.function_duration["worker"].threshold == 882000
    error_message = "Functions must be told of before their time is up."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.task_load) == 2 && length(aws_cloudwatch_metric_alarm.executions) == 3 && length(aws_cloudwatch_metric_alarm.dead_letters) == 2
    error_message = "CPU, memory, executions and queues must be watched."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.task_failures[0].metric_name == aws_cloudwatch_log_metric_filter.task_failures[0].metric_transformation[0].name
    error_message = "The alarm must watch what the filter counts."
  }
}

run "one_page_shows_now_and_13_weeks_and_cost" {
  command = apply

  assert {
    condition     = aws_cloudwatch_dashboard.this.dashboard_name == "homebrew-sync-dashboard"
    error_message = "The dashboard must have the name of the contract."
  }

  assert {
    condition = length([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      widget if try(widget.properties.start, "") == "-P13W"
    ]) == 6
    error_message = "Trends must go back 13 weeks."
  }

  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      widget.x + widget.width <= 24 && widget.x >= 0 && widget.y >= 0
    ])
    error_message = "Widgets must fit on the page, which is 24 wide."
  }

  assert {
    condition     = output.dashboard_url == "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/homebrew-sync-dashboard"
    error_message = "Its address must lead there."
  }
}

run "costs_have_a_limit" {
  command = apply

  assert {
    condition     = aws_budgets_budget.monthly[0].limit_amount == "50" && length(aws_budgets_budget.monthly[0].notification) == 3
    error_message = "People must be told of costs, three times."
  }

  assert {
    condition     = length(aws_ce_anomaly_monitor.services) == 0 && length(aws_xray_group.this) == 0
    error_message = "Neither was asked for."
  }
}

run "what_is_optional_can_be_had" {
  command = apply

  variables {
    enable_cost_anomaly_detection = true
    enable_xray_group             = true
    alert_email                   = "alerts@example.com"
    cost_allocation_tag           = { key = "Project", value = "homebrew-sync" }
  }

  assert {
    condition     = length(aws_ce_anomaly_subscription.services) == 1 && length(aws_xray_group.this) == 1
    error_message = "Both were asked for."
  }

  assert {
    condition     = aws_sns_topic_subscription.alert_email[0].endpoint == "alerts@example.com"
    error_message = "The address must be told."
  }

  assert {
    condition     = alltrue([for filter in aws_budgets_budget.monthly[0].cost_filter : filter.values == tolist(["user:Project$homebrew-sync"])])
    error_message = "The budget must count what has the tag."
  }
}

run "alarms_can_be_left_out" {
  command = apply

  variables {
    enable_cloudwatch_alarms    = false
    enable_log_insights_queries = false
    monthly_budget_usd          = null
  }

  assert {
    condition     = length(output.alarm_arns) == 0 && length(aws_cloudwatch_query_definition.this) == 0 && output.budget_name == null
    error_message = "None of it was asked for."
  }
}
