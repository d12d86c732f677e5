mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  orchestrator_function_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:homebrew-sync-orchestrator"
  orchestrator_function_name = "homebrew-sync-orchestrator"
  state_machine_arn          = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
  alarm_topic_arn            = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
}

run "a_run_starts_on_sundays_at_three" {
  command = apply

  assert {
    condition = (
      aws_cloudwatch_event_rule.this["schedule"].name == "homebrew-sync-schedule"
      && aws_cloudwatch_event_rule.this["schedule"].schedule_expression == "cron(0 3 ? * SUN *)"
      && aws_cloudwatch_event_rule.this["schedule"].state == "ENABLED"
    )
    error_message = "Runs must start on Sundays at 03:00 UTC."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this["schedule"].input == null
    error_message = "The orchestrator must be handed the event as it is: its id is that of the run."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this["schedule"].dead_letter_config[0].arn == output.dead_letter_queue_arn
    error_message = "An event that cannot be delivered must be kept."
  }
}

run "somebody_can_ask_for_a_run" {
  command = apply

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["manual"].event_pattern) == {
      detail      = { project = [{ exists = false }, "homebrew-sync"] }
      detail-type = ["Manual Sync"]
      source      = ["homebrew.sync"]
    }
    error_message = "The rule must know what manual-trigger.json says, and what trigger.sh says of this project."
  }
}

run "the_age_is_asked_for_every_day" {
  command = apply

  assert {
    condition     = jsondecode(aws_cloudwatch_event_target.this["age"].input) == { source = "age" }
    error_message = "The orchestrator must be asked for the age."
  }
}

run "executions_that_end_badly_are_told_of" {
  command = apply

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["executions"].event_pattern).detail == {
      stateMachineArn = [var.state_machine_arn]
      status          = ["FAILED", "TIMED_OUT", "ABORTED"]
    }
    error_message = "Bad ends of this state machine must be told of, and of no other."
  }
}

run "every_rule_may_invoke_its_target" {
  command = apply

  assert {
    condition     = toset(keys(aws_lambda_permission.this)) == toset(keys(aws_cloudwatch_event_target.this))
    error_message = "A rule without permission fires for nothing."
  }

  assert {
    condition     = alltrue([for each in aws_lambda_permission.this : each.source_arn != null])
    error_message = "Permissions must name the rule."
  }
}

run "a_schedule_can_be_switched_off_alone" {
  command = apply

  variables {
    rule_state               = "DISABLED"
    enable_dead_letter_queue = false
    enable_cloudwatch_alarms = false
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["schedule"].state == "DISABLED" && aws_cloudwatch_event_rule.this["manual"].state == "ENABLED"
    error_message = "Runs must still be there for who asks for them."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.missed) == 0 && output.dead_letter_queue_arn == null
    error_message = "Neither alarms nor a queue were asked for."
  }
}
