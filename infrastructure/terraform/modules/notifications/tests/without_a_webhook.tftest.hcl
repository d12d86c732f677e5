# In a file of its own: an ephemeral variable that was given once cannot be left out.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "without_a_webhook_there_is_still_a_secret" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret_version.webhook.secret_string_wo_version == 1
    error_message = "Its secret must be there to be filled."
  }
}
