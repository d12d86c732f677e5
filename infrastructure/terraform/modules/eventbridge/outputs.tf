output "rule_arns" {
  description = "The ARNs of the rules: schedule, manual, age, executions."
  value       = { for key, rule in aws_cloudwatch_event_rule.this : key => rule.arn }
}

output "rule_names" {
  description = "Their names."
  value       = { for key, rule in aws_cloudwatch_event_rule.this : key => rule.name }
}

output "dead_letter_queue_arn" {
  description = "The ARN of the queue of events that could not be delivered; null where there is none."
  value       = one(aws_sqs_queue.dead_letters[*].arn)
}

output "dead_letter_queue_name" {
  description = "Its name; null where there is none."
  value       = one(aws_sqs_queue.dead_letters[*].name)
}

output "alarm_arns" {
  description = "The ARNs of the alarms on events that could not be delivered."
  value       = [for alarm in aws_cloudwatch_metric_alarm.missed : alarm.arn]
}
