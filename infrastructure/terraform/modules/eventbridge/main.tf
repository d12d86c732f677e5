# Who starts a run, asks how old the mirror is, and tells of executions that ended badly.
# Every rule has one target, the orchestrator, which is told nothing but what happened.

locals {
  rules = {
    schedule = {
      description = "Starts a run of ${var.project_name}"
      schedule    = var.schedule_expression
      pattern     = null
      input       = null
      state       = var.rule_state
    }
    manual = {
      description = "Starts a run of ${var.project_name} when somebody asks for it"
      schedule    = null
      # All mirrors of an account hear the same bus: who names one means no other.
      pattern = {
        source      = ["homebrew.sync"]
        detail-type = ["Manual Sync"]
        detail      = { project = [{ exists = false }, var.project_name] }
      }
      input = null
      state = "ENABLED"
    }
    age = {
      description = "Asks for the age of the last complete sync, so that a dead schedule shows"
      schedule    = var.age_schedule_expression
      pattern     = null
      input       = { source = "age" }
      state       = "ENABLED"
    }
    executions = {
      description = "Tells of executions that could not close their run"
      schedule    = null
      pattern = {
        source      = ["aws.states"]
        detail-type = ["Step Functions Execution Status Change"]
        detail = {
          status          = ["FAILED", "TIMED_OUT", "ABORTED"]
          stateMachineArn = [var.state_machine_arn]
        }
      }
      input = null
      state = "ENABLED"
    }
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name                = "${var.project_name}-${each.key}"
  description         = each.value.description
  schedule_expression = each.value.schedule
  event_pattern       = each.value.pattern == null ? null : jsonencode(each.value.pattern)
  state               = each.value.state
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = "orchestrator"
  arn       = var.orchestrator_function_arn
  input     = each.value.input == null ? null : jsonencode(each.value.input)

  # EventBridge waits longer before each try, and scatters them.
  retry_policy {
    maximum_event_age_in_seconds = var.maximum_event_age_seconds
    maximum_retry_attempts       = var.maximum_retry_attempts
  }

  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.dead_letters[*].arn

    content {
      arn = dead_letter_config.value
    }
  }

  depends_on = [aws_lambda_permission.this]
}

resource "aws_lambda_permission" "this" {
  for_each = local.rules

  statement_id  = "rule-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = var.orchestrator_function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.key].arn
}
