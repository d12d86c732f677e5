output "secret_arn" {
  description = "The ARN of the webhook's secret."
  value       = aws_secretsmanager_secret.webhook.arn
}

output "secret_name" {
  description = "The name of the webhook's secret."
  value       = aws_secretsmanager_secret.webhook.name
}

output "topic_arn" {
  description = "The ARN of the topic."
  value       = aws_sns_topic.this.arn

  # Who is to publish to it is asked whether he may as soon as he knows it.
  depends_on = [aws_sns_topic_policy.this]
}

output "topic_name" {
  description = "The name of the topic."
  value       = aws_sns_topic.this.name
}

output "kms_key_arn" {
  description = "The key of secret and topic; null where they have AWS's own."
  value       = local.kms_key_arn
}

output "rotation_function_name" {
  description = "The name of the function that exchanges the webhook; null where there is none."
  value       = one(aws_lambda_function.rotation[*].function_name)
}
