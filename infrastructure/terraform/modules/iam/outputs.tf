output "orchestrator_role_arn" {
  description = "The orchestrator's role."
  value       = aws_iam_role.this["orchestrator"].arn
}

output "orchestrator_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["orchestrator"].name
}

output "worker_role_arn" {
  description = "The role of the worker that is a function."
  value       = aws_iam_role.this["worker"].arn
}

output "worker_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["worker"].name
}

output "alarm_role_arn" {
  description = "The role of the function that passes alarms on."
  value       = aws_iam_role.this["alarm"].arn
}

output "alarm_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["alarm"].name
}

output "ecs_execution_role_arn" {
  description = "The role by which ECS fetches the image and writes the log."
  value       = aws_iam_role.this["ecs-execution"].arn
}

output "ecs_execution_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["ecs-execution"].name
}

output "ecs_task_role_arn" {
  description = "The role of the worker that is a task."
  value       = aws_iam_role.this["ecs-task"].arn
}

output "ecs_task_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["ecs-task"].name
}

output "states_role_arn" {
  description = "The state machine's role."
  value       = aws_iam_role.this["states"].arn
}

output "states_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["states"].name
}

output "ledger_repair_role_arn" {
  description = "The role that repairs the ledger."
  value       = aws_iam_role.ledger_repair.arn
}

output "ledger_repair_role_name" {
  description = "Its name."
  value       = aws_iam_role.ledger_repair.name
}
