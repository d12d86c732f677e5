# Made here and not by the first invocation, which would keep lines for ever.

resource "aws_cloudwatch_log_group" "orchestrator" {
  # checkov:skip=CKV_AWS_338: a year of lines is a variable away; what was done is in the ledger, which is kept for ever
  # checkov:skip=CKV_AWS_158: no secret is in a line; a key of one's own is a variable
  name              = "/aws/lambda/${local.orchestrator}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "worker" {
  # checkov:skip=CKV_AWS_338: as for the orchestrator
  # checkov:skip=CKV_AWS_158: as for the orchestrator
  name              = "/aws/lambda/${local.worker}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "alarm" {
  # checkov:skip=CKV_AWS_338: as for the orchestrator
  # checkov:skip=CKV_AWS_158: as for the orchestrator
  count = var.enable_alarm_function ? 1 : 0

  name              = "/aws/lambda/${local.alarm}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}
