mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  code_zip_path         = "tests/empty.zip"
  layer_zip_path        = "tests/empty.zip"
  orchestrator_role_arn = "arn:aws:iam::123456789012:role/homebrew-sync-orchestrator-role"
  worker_role_arn       = "arn:aws:iam::123456789012:role/homebrew-sync-worker-role"
  alarm_role_arn        = "arn:aws:iam::123456789012:role/homebrew-sync-alarm-role"
  topic_arn             = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
  environment_variables = {
    BOTTLES_S3_BUCKET_NAME    = "bottles"
    BOTTLES_STATE_MACHINE_ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
  }
}

run "three_functions_as_the_contract_has_them" {
  command = apply

  assert {
    condition = (
      aws_lambda_function.orchestrator.function_name == "homebrew-sync-orchestrator"
      && aws_lambda_function.worker.function_name == "homebrew-sync-worker"
      && aws_lambda_function.alarm[0].function_name == "homebrew-sync-alarm"
    )
    error_message = "The functions must have the names that the command line looks for."
  }

  assert {
    condition = (
      aws_lambda_function.orchestrator.timeout == 300
      && aws_lambda_function.orchestrator.memory_size == 512
      && aws_lambda_function.worker.timeout == 900
      && aws_lambda_function.worker.memory_size == 3008
    )
    error_message = "Times and memory must be those of the contract."
  }

  assert {
    condition     = aws_lambda_function.worker.architectures == tolist(["arm64"]) && aws_lambda_function.worker.runtime == "python3.13"
    error_message = "The worker must run on arm64, with Python 3.13."
  }

  assert {
    condition     = aws_lambda_function.orchestrator.layers == tolist([aws_lambda_layer_version.dependencies.arn])
    error_message = "The orchestrator must have the layer, in this version."
  }

  assert {
    condition     = length(aws_lambda_function.orchestrator.vpc_config) == 0
    error_message = "Functions must stay outside the VPC unless they are given subnets."
  }
}

run "a_worker_that_dies_is_told_of_and_not_tried_again" {
  command = apply

  assert {
    condition     = aws_lambda_function_event_invoke_config.worker.maximum_retry_attempts == 0
    error_message = "Lambda must not repeat an order: the orchestrator gives out the next attempt."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.worker.destination_config[0].on_failure[0].destination == aws_lambda_function.orchestrator.arn
    error_message = "What a worker fails at must go to the orchestrator."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.orchestrator.maximum_retry_attempts == 2
    error_message = "The orchestrator's events must be tried three times."
  }
}

run "queues_and_log_groups_have_their_names" {
  command = apply

  assert {
    condition = output.dead_letter_queue_names == {
      alarm        = "homebrew-sync-alarm-dlq"
      orchestrator = "homebrew-sync-orchestrator-dlq"
    }
    error_message = "redrive looks for PROJECT-…-dlq."
  }

  assert {
    condition = output.log_group_names == {
      alarm        = "/aws/lambda/homebrew-sync-alarm"
      orchestrator = "/aws/lambda/homebrew-sync-orchestrator"
      worker       = "/aws/lambda/homebrew-sync-worker"
    }
    error_message = "Lines must go where the command line reads them."
  }
}

run "what_is_optional_can_be_left_out" {
  command = apply

  variables {
    enable_alarm_function     = false
    enable_dead_letter_queues = false
    alarm_role_arn            = null
    topic_arn                 = null
  }

  assert {
    condition     = length(aws_lambda_function.alarm) == 0 && length(aws_sqs_queue.dead_letters) == 0
    error_message = "Neither alarm function nor queues were asked for."
  }

  assert {
    condition     = output.alarm_function_arn == null && length(output.dead_letter_queue_arns) == 0
    error_message = "Outputs of what is left out must be null or empty."
  }
}

run "functions_go_into_the_vpc_when_they_are_given_subnets" {
  command = apply

  variables {
    lambda_subnet_ids        = ["subnet-1", "subnet-2"]
    lambda_security_group_id = "sg-1"
  }

  assert {
    condition     = aws_lambda_function.worker.vpc_config[0].security_group_ids == toset(["sg-1"])
    error_message = "The worker must be in the VPC."
  }
}
