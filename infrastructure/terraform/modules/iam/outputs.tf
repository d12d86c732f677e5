# Whoever gets a role's ARN gets it when the role has its rights: Lambda and Step Functions
# look, and refuse a role that may not do what it will have to.
output "orchestrator_role_arn" {
  description = "The orchestrator's role."
  value       = aws_iam_role.this["orchestrator"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "orchestrator_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["orchestrator"].name
}

output "worker_role_arn" {
  description = "The role of the worker that is a function."
  value       = aws_iam_role.this["worker"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "worker_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["worker"].name
}

output "alarm_role_arn" {
  description = "The role of the function that passes alarms on."
  value       = aws_iam_role.this["alarm"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "alarm_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["alarm"].name
}

output "ecs_execution_role_arn" {
  description = "The role by which ECS fetches the image and writes the log."
  value       = aws_iam_role.this["ecs-execution"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "ecs_execution_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["ecs-execution"].name
}

output "ecs_task_role_arn" {
  description = "The role of the worker that is a task."
  value       = aws_iam_role.this["ecs-task"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "ecs_task_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["ecs-task"].name
}

output "states_role_arn" {
  description = "The state machine's role."
  value       = aws_iam_role.this["states"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "states_role_name" {
  description = "Its name."
  value       = aws_iam_role.this["states"].name
}

output "ledger_repair_role_arn" {
  description = "The role that repairs the ledger."
  value       = aws_iam_role.ledger_repair.arn

  depends_on = [aws_iam_role_policy.ledger_repair]
}

output "ledger_repair_role_name" {
  description = "Its name."
  value       = aws_iam_role.ledger_repair.name
}
