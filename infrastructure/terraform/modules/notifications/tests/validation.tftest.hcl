mock_provider "aws" {
  source = "./tests/mocks"
}

run "refuses_values_that_cannot_work" {
  command = plan

  variables {
    project_name                 = "1-mirror"
    slack_webhook_version        = 0
    secret_recovery_window_days  = 3
    secret_replica_regions       = ["Ireland"]
    create_kms_key               = true
    kms_key_arn                  = "arn:aws:kms:eu-central-1:123456789012:key/1"
    notification_email_addresses = ["admin"]
    notification_endpoints       = [{ protocol = "telex", endpoint = "1" }]
  }

  expect_failures = [
    var.project_name,
    var.slack_webhook_version,
    var.secret_recovery_window_days,
    var.secret_replica_regions,
    var.kms_key_arn,
    var.notification_email_addresses,
    var.notification_endpoints,
  ]
}

run "refuses_a_rotation_that_cannot_work" {
  command = plan

  variables {
    rotation = { code_zip_path = "versions.tf", layer_arn = "layer", days = 0 }
  }

  expect_failures = [var.rotation]
}

run "refuses_a_webhook_without_tls" {
  command = plan

  variables {
    slack_webhook_url = "http://hooks.example/services/a/b"
  }

  expect_failures = [var.slack_webhook_url]
}
