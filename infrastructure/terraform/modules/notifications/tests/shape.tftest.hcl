mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  slack_webhook_url = "https://hooks.example/services/a/b"
}

run "the_webhook_has_a_place_and_leaves_no_trace" {
  command = apply

  assert {
    condition     = aws_secretsmanager_secret.webhook.name == "homebrew-sync/slack-webhook"
    error_message = "The secret must have the name that people look for."
  }

  assert {
    condition = (
      aws_secretsmanager_secret_version.webhook.secret_string == null
      && aws_secretsmanager_secret_version.webhook.secret_string_wo == null
      && aws_secretsmanager_secret_version.webhook.secret_string_wo_version == 1
    )
    error_message = "The webhook must not be in the state."
  }

  assert {
    condition     = contains(aws_secretsmanager_secret_version.webhook.version_stages, "TERRAFORM")
    error_message = "A version without a label of its own is made again when two others have followed it."
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.kms_key_arn == null
    error_message = "A key was not asked for."
  }
}

run "the_topic_has_its_subscribers" {
  command = apply

  variables {
    notification_email_addresses = ["admin@example.com"]
    notification_endpoints = [
      { protocol = "sms", endpoint = "+4930123456" },
      { protocol = "sqs", endpoint = "arn:aws:sqs:eu-central-1:123456789012:news" },
    ]
  }

  assert {
    condition     = aws_sns_topic.this.name == "homebrew-sync-alerts"
    error_message = "The topic must have the name of the contract."
  }

  assert {
    condition     = aws_sns_topic_subscription.email["admin@example.com"].protocol == "email"
    error_message = "The address must be told by mail."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.endpoint) == 2
    error_message = "Each endpoint must be told."
  }
}

run "subscribers_can_be_left_out" {
  command = apply

  variables {
    enable_sns_notifications     = false
    notification_email_addresses = ["admin@example.com"]
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "Nobody may be told."
  }
}

run "secret_and_topic_can_have_a_key_and_replicas" {
  command = apply

  variables {
    create_kms_key         = true
    secret_replica_regions = ["eu-west-1"]
  }

  assert {
    condition = (
      aws_secretsmanager_secret.webhook.kms_key_id == aws_kms_key.this[0].arn
      && aws_sns_topic.this.kms_master_key_id == aws_kms_key.this[0].arn
      && aws_kms_key.this[0].enable_key_rotation
    )
    error_message = "Both must have the key."
  }

  assert {
    condition     = [for replica in aws_secretsmanager_secret.webhook.replica : replica.region] == ["eu-west-1"]
    error_message = "The secret must have its replica."
  }
}

run "nothing_is_rotated_unless_it_is_asked_for" {
  command = apply

  assert {
    condition     = length(aws_lambda_function.rotation) == 0 && output.rotation_function_name == null
    error_message = "A rotation was not asked for."
  }
}

run "a_webhook_can_be_exchanged_by_a_function_of_its_own" {
  command = apply

  variables {
    rotation = {
      code_zip_path = "../lambda/tests/empty.zip"
      layer_arn     = "arn:aws:lambda:eu-central-1:123456789012:layer:homebrew-sync:1"
    }
  }

  assert {
    condition = (
      aws_lambda_function.rotation[0].function_name == "homebrew-sync-rotation"
      && aws_lambda_function.rotation[0].handler == "entrypoints.lambda_rotation.handler"
      && aws_secretsmanager_secret_rotation.this[0].rotate_immediately == false
    )
    error_message = "The function must be there, and not run before there is something to do."
  }

  assert {
    condition     = aws_lambda_function.rotation[0].environment[0].variables["BOTTLES_SLACK_WEBHOOK_SECRET_ID"] == aws_secretsmanager_secret.webhook.arn
    error_message = "It must know its secret by the ARN that Secrets Manager hands over."
  }

  assert {
    condition     = aws_lambda_permission.rotation[0].source_arn == aws_secretsmanager_secret.webhook.arn
    error_message = "Only this secret may invoke it."
  }
}
