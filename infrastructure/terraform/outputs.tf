output "bucket_name" {
  description = "The bucket of the mirror."
  value       = module.s3.bucket_name
}

output "bucket_arn" {
  description = "Its ARN."
  value       = module.s3.bucket_arn
}

output "access_log_bucket_name" {
  description = "The bucket for logs of S3 and CloudTrail; null: there is none."
  value       = module.s3.access_log_bucket_name
}

output "distribution_domain" {
  description = "Where clients read, with client_access = \"cloudfront\"; null else."
  value       = module.s3.distribution_domain
}

output "secret_arn" {
  description = "The secret that holds the webhook."
  value       = module.notifications.secret_arn
}

output "secret_name" {
  description = "Its name."
  value       = module.notifications.secret_name
}

output "topic_arn" {
  description = "The topic that is told of runs and alarms."
  value       = module.notifications.topic_arn
}

output "orchestrator_function_name" {
  description = "The function that plans runs and closes them."
  value       = module.lambda.orchestrator_function_name
}

output "orchestrator_function_arn" {
  description = "Its ARN."
  value       = module.lambda.orchestrator_function_arn
}

output "worker_function_name" {
  description = "The function that mirrors bottles."
  value       = module.lambda.worker_function_name
}

output "worker_function_arn" {
  description = "Its ARN."
  value       = module.lambda.worker_function_arn
}

output "alarm_function_name" {
  description = "The function that passes alarms on to Slack; null: there is none."
  value       = module.lambda.alarm_function_name
}

output "alarm_function_arn" {
  description = "Its ARN."
  value       = module.lambda.alarm_function_arn
}

output "cluster_name" {
  description = "The cluster of tasks."
  value       = module.ecs.cluster_name
}

output "cluster_arn" {
  description = "Its ARN."
  value       = module.ecs.cluster_arn
}

output "container_image" {
  description = "What a task runs."
  value       = module.ecs.container_image
}

output "task_definition_arn" {
  description = "What a task is made of, with its revision."
  value       = module.ecs.task_definition_arn
}

output "repository_url" {
  description = "Where the worker's image is pushed to."
  value       = module.ecs.repository_url
}

output "state_machine_name" {
  description = "The state machine that runs tasks."
  value       = module.ecs.state_machine_name
}

output "state_machine_arn" {
  description = "Its ARN."
  value       = module.ecs.state_machine_arn
}

output "rule_names" {
  description = "The rules that tell the orchestrator what to do, by what they are."
  value       = module.eventbridge.rule_names
}

output "rule_arns" {
  description = "Their ARNs."
  value       = module.eventbridge.rule_arns
}

output "role_names" {
  description = "The roles, by whose they are."
  value = {
    orchestrator  = module.iam.orchestrator_role_name
    worker        = module.iam.worker_role_name
    alarm         = module.iam.alarm_role_name
    ecs_execution = module.iam.ecs_execution_role_name
    ecs_task      = module.iam.ecs_task_role_name
    states        = module.iam.states_role_name
    ledger_repair = module.iam.ledger_repair_role_name
  }
}

output "role_arns" {
  description = "Their ARNs."
  value = {
    orchestrator  = module.iam.orchestrator_role_arn
    worker        = module.iam.worker_role_arn
    alarm         = module.iam.alarm_role_arn
    ecs_execution = module.iam.ecs_execution_role_arn
    ecs_task      = module.iam.ecs_task_role_arn
    states        = module.iam.states_role_arn
    ledger_repair = module.iam.ledger_repair_role_arn
  }
}

output "log_groups" {
  description = "Where lines of the log are, by whose they are."
  value       = merge(module.lambda.log_group_names, module.ecs.log_group_names)
}

output "dead_letter_queue_arns" {
  description = "Queues of what was given up, by whose they are."
  value = merge(
    module.lambda.dead_letter_queue_arns,
    var.enable_dead_letter_queues ? { rules = module.eventbridge.dead_letter_queue_arn } : {},
  )
}

output "dashboard_url" {
  description = "Where to look."
  value       = module.monitoring.dashboard_url
}

output "nat_public_ips" {
  description = "The addresses that upstream sees, with NAT gateways."
  value       = module.network.nat_public_ips
}

output "s3_endpoint_id" {
  description = "The network's gateway to S3."
  value       = module.network.s3_endpoint_id
}

output "retention_days" {
  description = "The grace of superseded bottles, for `bottles gc`."
  value       = module.s3.retention_days
}
