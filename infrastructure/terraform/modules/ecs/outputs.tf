output "cluster_arn" {
  description = "The ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "cluster_name" {
  description = "The name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "task_definition_arn" {
  description = "The ARN of the task definition, with its revision."
  value       = aws_ecs_task_definition.this.arn
}

output "task_definition_family" {
  description = "The family of the task definition."
  value       = aws_ecs_task_definition.this.family
}

output "container_image" {
  description = "What a task runs."
  value       = local.image
}

output "state_machine_arn" {
  description = "The ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "state_machine_name" {
  description = "The name of the state machine."
  value       = aws_sfn_state_machine.this.name
}

output "repository_url" {
  description = "Where the worker's image is pushed to."
  value       = aws_ecr_repository.this.repository_url
}

output "repository_arn" {
  description = "The ARN of that repository."
  value       = aws_ecr_repository.this.arn
}

output "efs_file_system_id" {
  description = "The file system of the spool; null where there is none."
  value       = one(aws_efs_file_system.this[*].id)
}

output "efs_file_system_arn" {
  description = "Its ARN; null where there is none."
  value       = one(aws_efs_file_system.this[*].arn)
}

output "efs_access_point_arn" {
  description = "The ARN of its access point; null where there is none."
  value       = one(aws_efs_access_point.this[*].arn)
}

output "log_group_names" {
  description = "The names of the log groups of tasks and of the state machine."
  value = {
    tasks         = aws_cloudwatch_log_group.tasks.name
    state_machine = aws_cloudwatch_log_group.state_machine.name
  }
}
