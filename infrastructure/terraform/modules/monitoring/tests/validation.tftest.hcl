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

run "refuses_values_that_cannot_work" {
  command = plan

  variables {
    project_name                = "1-mirror"
    environment                 = "in production"
    topic_arn                   = "homebrew-sync-alerts"
    alert_email                 = "admin"
    functions                   = { worker = { name = "worker", timeout = 901 } }
    state_machine_arn           = "homebrew-sync"
    age_alarm_seconds           = 3600
    sync_duration_alarm_seconds = 0
    run_cost_alarm_usd          = 0
    task_load_alarm_percent     = 100
    monthly_budget_usd          = 0
    cost_anomaly_usd            = 0
  }

  expect_failures = [
    var.project_name,
    var.environment,
    var.topic_arn,
    var.alert_email,
    var.functions,
    var.state_machine_arn,
    var.age_alarm_seconds,
    var.sync_duration_alarm_seconds,
    var.run_cost_alarm_usd,
    var.task_load_alarm_percent,
    var.monthly_budget_usd,
    var.cost_anomaly_usd,
  ]
}
