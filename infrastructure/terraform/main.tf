# The whole system. What is deployed is named by project_name, in each module by itself.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

module "network" {
  source = "./modules/network"

  project_name         = var.project_name
  vpc_cidr             = var.vpc_cidr
  availability_zones   = var.availability_zones
  public_subnet_cidrs  = var.public_subnet_cidrs
  private_subnet_cidrs = var.private_subnet_cidrs
  egress               = var.egress
  enable_nat_gateway   = var.enable_nat_gateway
  lambda_in_vpc        = var.lambda_in_vpc
  interface_endpoints  = var.interface_endpoints
}

module "s3" {
  source = "./modules/s3"

  project_name                       = var.project_name
  bucket_name                        = var.s3_bucket_name
  force_destroy                      = var.force_destroy
  enable_versioning                  = var.enable_versioning
  lifecycle_expiration_days          = var.retention_days
  noncurrent_version_expiration_days = var.noncurrent_version_expiration_days
  storage_class_transitions          = var.storage_class_transitions
  kms_key_arn                        = var.s3_kms_key_arn
  deny_insecure_transport            = var.deny_insecure_transport
  deny_unconditional_commits         = var.deny_unconditional_commits
  object_lock                        = var.object_lock
  enable_access_logging              = var.enable_access_logging
  enable_cloudtrail                  = var.enable_cloudtrail
  replica_bucket_arn                 = var.replica_bucket_arn
  replica_account_id                 = var.replica_account_id
  permissions_boundary_arn           = var.permissions_boundary_arn
  enable_transfer_acceleration       = var.enable_transfer_acceleration
  external_hash_file_path            = var.external_hash_file_path
  client_access                      = var.client_access
  client_vpc_endpoint_ids            = length(var.client_vpc_endpoint_ids) > 0 ? var.client_vpc_endpoint_ids : [module.network.s3_endpoint_id]
  client_cidrs                       = var.client_cidrs
  client_authorization_sha256        = var.client_authorization_sha256
}

module "notifications" {
  source = "./modules/notifications"

  project_name                 = var.project_name
  slack_webhook_url            = var.slack_webhook_url
  slack_webhook_version        = var.slack_webhook_version
  secret_recovery_window_days  = var.secret_recovery_window_days
  secret_replica_regions       = var.secret_replica_regions
  create_kms_key               = var.create_notifications_kms_key
  enable_sns_notifications     = var.enable_sns_notifications
  notification_email_addresses = var.notification_email_addresses
  notification_endpoints       = var.notification_endpoints
  rotation = var.enable_webhook_rotation ? {
    code_zip_path            = "${local.zips}/code.zip"
    layer_arn                = module.lambda.layer_arn
    architecture             = var.lambda_architecture
    runtime                  = var.lambda_runtime
    days                     = var.webhook_rotation_days
    environment              = var.environment
    log_retention_days       = var.log_retention_days
    log_kms_key_arn          = var.log_kms_key_arn
    tracing_enabled          = var.enable_xray_tracing
    trusted_alone            = var.trust_each_function_alone
    permissions_boundary_arn = var.permissions_boundary_arn
  } : null
  deny_insecure_transport = var.deny_insecure_transport
}

module "iam" {
  source = "./modules/iam"

  project_name                 = var.project_name
  trust_each_function_alone    = var.trust_each_function_alone
  s3_bucket_arn                = module.s3.bucket_arn
  kms_key_arn                  = var.s3_kms_key_arn
  enable_notifications         = local.tells_people
  slack_webhook_secret_arn     = var.enable_slack ? module.notifications.secret_arn : null
  registry_token_secret_arn    = var.registry_token_secret_arn
  enable_sns_notifications     = var.enable_sns_notifications
  secret_kms_key_arn           = module.notifications.kms_key_arn
  topic_kms_key_arn            = module.notifications.kms_key_arn
  external_hash_file_s3_key    = local.external_hash_file.s3_key
  external_hash_file_s3_bucket = var.external_hash_file_s3_bucket
  repository_arn               = var.repository_arn
  enable_xray_tracing          = var.enable_xray_tracing
  enable_dead_letter_queues    = var.enable_dead_letter_queues
  lambda_in_vpc                = var.lambda_in_vpc
  ledger_repair_principal_arns = var.ledger_repair_principal_arns
  permissions_boundary_arn     = var.permissions_boundary_arn
}

module "lambda" {
  source = "./modules/lambda"

  project_name                      = var.project_name
  code_zip_path                     = "${local.zips}/code.zip"
  layer_zip_path                    = "${local.zips}/layer-${var.lambda_architecture}-${var.lambda_runtime}.zip"
  lambda_architecture               = var.lambda_architecture
  lambda_runtime                    = var.lambda_runtime
  orchestrator_role_arn             = module.iam.orchestrator_role_arn
  worker_role_arn                   = module.iam.worker_role_arn
  alarm_role_arn                    = module.iam.alarm_role_arn
  enable_alarm_function             = var.enable_slack
  topic_arn                         = module.notifications.topic_arn
  environment_variables             = merge(local.environment, { BOTTLES_STATE_MACHINE_ARN = local.state_machine_arn })
  alarm_environment_variables       = local.alarm_environment
  orchestrator_timeout              = var.orchestrator_timeout
  orchestrator_memory_size          = var.orchestrator_memory_size
  sync_timeout                      = var.sync_timeout
  sync_memory_size                  = var.sync_memory_size
  orchestrator_reserved_concurrency = var.orchestrator_reserved_concurrency
  worker_reserved_concurrency       = var.worker_reserved_concurrency
  lambda_subnet_ids                 = module.network.lambda_subnet_ids
  lambda_security_group_id          = module.network.lambda_security_group_id
  tracing_mode                      = var.enable_xray_tracing ? "Active" : "PassThrough"
  enable_dead_letter_queues         = var.enable_dead_letter_queues
  deny_insecure_transport           = var.deny_insecure_transport
  log_retention_days                = var.log_retention_days
  log_kms_key_arn                   = var.log_kms_key_arn
}

module "ecs" {
  source = "./modules/ecs"

  project_name              = var.project_name
  execution_role_arn        = module.iam.ecs_execution_role_arn
  task_role_arn             = module.iam.ecs_task_role_arn
  states_role_arn           = module.iam.states_role_arn
  orchestrator_function_arn = module.lambda.orchestrator_function_arn
  orchestrator_timeout      = var.orchestrator_timeout
  container_image           = var.container_image
  architecture              = var.container_architecture
  task_cpu                  = var.task_cpu
  task_memory               = var.task_memory
  ephemeral_storage_size_gb = var.ephemeral_storage_size_gb
  enable_efs                = var.enable_efs
  efs_subnet_ids            = module.network.private_subnet_ids
  efs_security_group_id     = module.network.efs_security_group_id
  task_subnet_ids           = module.network.task_subnet_ids
  task_security_group_id    = module.network.task_security_group_id
  assign_public_ip          = module.network.assign_public_ip
  use_spot                  = var.use_spot
  max_parallel_tasks        = var.max_parallel_tasks
  environment_variables     = local.environment
  container_insights        = var.container_insights
  tracing_enabled           = var.enable_xray_tracing
  log_retention_days        = var.log_retention_days
  log_kms_key_arn           = var.log_kms_key_arn
}

module "eventbridge" {
  source = "./modules/eventbridge"

  project_name               = var.project_name
  orchestrator_function_arn  = module.lambda.orchestrator_function_arn
  orchestrator_function_name = module.lambda.orchestrator_function_name
  state_machine_arn          = module.ecs.state_machine_arn
  schedule_expression        = var.schedule_expression
  rule_state                 = var.rule_state
  enable_dead_letter_queue   = var.enable_dead_letter_queues
  deny_insecure_transport    = var.deny_insecure_transport
  enable_cloudwatch_alarms   = var.enable_cloudwatch_alarms
  alarm_topic_arn            = module.notifications.topic_arn
}

module "monitoring" {
  source = "./modules/monitoring"

  project_name             = var.project_name
  environment              = var.environment
  topic_arn                = module.notifications.topic_arn
  enable_cloudwatch_alarms = var.enable_cloudwatch_alarms
  alert_email              = var.alert_email
  functions = merge(
    {
      orchestrator = { name = module.lambda.orchestrator_function_name, timeout = var.orchestrator_timeout }
      # It works until its time is nearly over, and stops by itself.
      worker = { name = module.lambda.worker_function_name, timeout = var.sync_timeout, duration_alarm_percent = 99 }
    },
    var.enable_slack ? { alarm = { name = module.lambda.alarm_function_name, timeout = 120 } } : {},
  )
  function_log_group_names   = module.lambda.log_group_names
  task_log_group_name        = module.ecs.log_group_names.tasks
  cluster_name               = module.ecs.cluster_name
  task_definition_family     = module.ecs.task_definition_family
  container_insights_enabled = var.container_insights != "disabled"
  state_machine_arn          = module.ecs.state_machine_arn
  dead_letter_queue_names = merge(
    module.lambda.dead_letter_queue_names,
    var.enable_dead_letter_queues ? { rules = module.eventbridge.dead_letter_queue_name } : {},
  )
  age_alarm_seconds             = var.age_alarm_days * 86400
  monthly_budget_usd            = var.monthly_budget_usd
  enable_cost_anomaly_detection = var.enable_cost_anomaly_detection
  enable_log_insights_queries   = var.enable_log_insights_queries
  enable_xray_group             = var.enable_xray_group
}
