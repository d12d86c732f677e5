mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  orchestrator_function_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:homebrew-sync-orchestrator"
  orchestrator_function_name = "homebrew-sync-orchestrator"
  state_machine_arn          = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
  alarm_topic_arn            = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
}

run "refuses_values_that_cannot_work" {
  command = plan

  variables {
    project_name              = "1-mirror"
    orchestrator_function_arn = "homebrew-sync-orchestrator"
    state_machine_arn         = "homebrew-sync"
    schedule_expression       = "Sundays"
    rule_state                = "ON"
    age_schedule_expression   = "daily"
    maximum_event_age_seconds = 10
    maximum_retry_attempts    = 186
    alarm_topic_arn           = "homebrew-sync-alerts"
  }

  expect_failures = [
    var.project_name,
    var.orchestrator_function_arn,
    var.state_machine_arn,
    var.schedule_expression,
    var.rule_state,
    var.age_schedule_expression,
    var.maximum_event_age_seconds,
    var.maximum_retry_attempts,
    var.alarm_topic_arn,
  ]
}
