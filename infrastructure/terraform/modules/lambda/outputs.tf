output "orchestrator_function_arn" {
  description = "The ARN of the orchestrator."
  value       = aws_lambda_function.orchestrator.arn
}

output "orchestrator_function_name" {
  description = "The name of the orchestrator."
  value       = aws_lambda_function.orchestrator.function_name
}

output "worker_function_arn" {
  description = "The ARN of the worker."
  value       = aws_lambda_function.worker.arn
}

output "worker_function_name" {
  description = "The name of the worker."
  value       = aws_lambda_function.worker.function_name
}

output "alarm_function_arn" {
  description = "The ARN of the alarm function; null where there is none."
  value       = one(aws_lambda_function.alarm[*].arn)
}

output "alarm_function_name" {
  description = "The name of the alarm function; null where there is none."
  value       = one(aws_lambda_function.alarm[*].function_name)
}

output "layer_arn" {
  description = "The ARN of the layer, with its version."
  value       = aws_lambda_layer_version.dependencies.arn
}

output "dead_letter_queue_arns" {
  description = "The ARNs of the queues of what Lambda gave up, by function."
  value       = { for name, queue in aws_sqs_queue.dead_letters : name => queue.arn }
}

output "dead_letter_queue_names" {
  description = "Their names, by function."
  value       = { for name, queue in aws_sqs_queue.dead_letters : name => queue.name }
}

output "log_group_names" {
  description = "The names of the log groups, by function."
  value = merge(
    {
      orchestrator = aws_cloudwatch_log_group.orchestrator.name
      worker       = aws_cloudwatch_log_group.worker.name
    },
    var.enable_alarm_function ? { alarm = aws_cloudwatch_log_group.alarm[0].name } : {},
  )
}
