# What the programs are told. Each name is one of the program's configuration; one that it
# does not know is an error there.
locals {
  zips              = coalesce(var.lambda_zips_folder, "${path.module}/../../build/lambda")
  tells_people      = var.enable_notifications && (var.enable_slack || var.enable_sns_notifications)
  state_machine_arn = "arn:${data.aws_partition.current.partition}:states:${var.aws_region}:${data.aws_caller_identity.current.account_id}:stateMachine:${var.project_name}"

  external_hash_file = {
    s3_key    = var.external_hash_file_path == null ? var.external_hash_file_s3_key : module.s3.external_hash_file_key
    s3_bucket = var.external_hash_file_s3_bucket
    url       = var.external_hash_file_url
  }

  # Of all that is said, by names of bottles.toml. What is null is not said.
  settings = merge(
    var.mirror_settings,
    {
      s3_bucket_name               = module.s3.bucket_name
      aws_region                   = var.aws_region
      project_name                 = var.project_name
      environment                  = var.environment
      log_level                    = var.log_level
      size_threshold_gb            = tostring(var.size_threshold_gb)
      max_parallel_tasks           = tostring(var.max_parallel_tasks)
      retention_days               = tostring(var.retention_days)
      enable_notifications         = tostring(local.tells_people)
      slack_webhook_secret_id      = var.enable_slack ? module.notifications.secret_arn : null
      notification_topic_arn       = var.enable_sns_notifications ? module.notifications.topic_arn : null
      registry_token_secret_id     = var.registry_token_secret_arn
      external_hash_file_s3_key    = local.external_hash_file.s3_key
      external_hash_file_s3_bucket = local.external_hash_file.s3_bucket
      external_hash_file_url       = local.external_hash_file.url
      external_hash_file_required  = var.external_hash_file_required ? "true" : null
    },
  )

  # Which of them are null is known before their values are.
  said = toset(concat(
    keys(var.mirror_settings),
    ["s3_bucket_name", "aws_region", "project_name", "environment", "log_level", "size_threshold_gb", "max_parallel_tasks", "retention_days", "enable_notifications"],
    var.enable_slack ? ["slack_webhook_secret_id"] : [],
    var.enable_sns_notifications ? ["notification_topic_arn"] : [],
    var.registry_token_secret_arn == null ? [] : ["registry_token_secret_id"],
    var.external_hash_file_path == null && var.external_hash_file_s3_key == null ? [] : ["external_hash_file_s3_key"],
    var.external_hash_file_s3_bucket == null ? [] : ["external_hash_file_s3_bucket"],
    var.external_hash_file_url == null ? [] : ["external_hash_file_url"],
    var.external_hash_file_required ? ["external_hash_file_required"] : [],
  ))

  environment = { for name in local.said : "BOTTLES_${upper(name)}" => local.settings[name] }

  # It speaks to Slack, and knows nothing of the mirror.
  alarm_environment = {
    for name in ["aws_region", "project_name", "environment", "log_level", "slack_webhook_secret_id"] :
    "BOTTLES_${upper(name)}" => local.settings[name] if contains(local.said, name)
  }
}
