# The webhook: who knows it can write to its channel. It goes from the variable to
# Secrets Manager and is in no plan and no state.

resource "aws_secretsmanager_secret" "webhook" {
  # checkov:skip=CKV_AWS_149: AWS's own key by default; a key costs a dollar a month, and is a variable
  # checkov:skip=CKV2_AWS_57: rotation on a schedule is a variable: Slack makes webhooks by hand only
  name                    = "${var.project_name}/slack-webhook"
  description             = "The incoming webhook that ${var.project_name} tells its news"
  kms_key_id              = local.kms_key_arn
  recovery_window_in_days = var.secret_recovery_window_days
  tags                    = var.tags

  # A replica cannot use a key of this region: AWS's own encrypts it there.
  dynamic "replica" {
    for_each = toset(var.secret_replica_regions)

    content {
      region = replica.value
    }
  }
}

resource "aws_secretsmanager_secret_version" "webhook" {
  secret_id = aws_secretsmanager_secret.webhook.id

  # Without a webhook there is a place for one: the programs say that nothing is in it.
  secret_string_wo         = coalesce(var.slack_webhook_url, "{}")
  secret_string_wo_version = var.slack_webhook_version

  # A label of our own keeps this version where it is: one without labels is removed,
  # and would be made again, over the value that somebody has put there since.
  version_stages = ["AWSCURRENT", "TERRAFORM"]

  lifecycle {
    # Who has put another value there by hand, or rotated it, keeps it.
    ignore_changes = [version_stages]
  }
}
