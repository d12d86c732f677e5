variable "rule_state" {
  description = "ENABLED, or DISABLED: then runs start only when somebody asks for them."
  type        = string
  default     = "ENABLED"
  nullable    = false
}

variable "enable_slack" {
  description = "Whether messages and alarms go to Slack. Without slack_webhook_url the secret waits for a value by hand."
  type        = bool
  default     = true
  nullable    = false
}

variable "slack_webhook_version" {
  description = "Counted up, it has slack_webhook_url written again; else a value that was changed by hand stays."
  type        = number
  default     = 1
  nullable    = false
}

variable "secret_recovery_window_days" {
  description = "Days for which the deleted secret can be had back, 7 to 30; 0: none."
  type        = number
  default     = 7
  nullable    = false
}

variable "secret_replica_regions" {
  description = "Regions that hold a copy of the secret."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "enable_webhook_rotation" {
  description = "Whether a function exchanges the webhook for one that lies ready, once it has tried it."
  type        = bool
  default     = false
  nullable    = false
}

variable "webhook_rotation_days" {
  description = "How often it looks for one, in days."
  type        = number
  default     = 30
  nullable    = false
}

variable "create_notifications_kms_key" {
  description = "Whether secret and topic have a key of their own, at a dollar a month."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_sns_notifications" {
  description = "Whether the topic is told of runs, and people are subscribed to it."
  type        = bool
  default     = true
  nullable    = false
}

variable "notification_email_addresses" {
  description = "Addresses that are told by mail."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "notification_endpoints" {
  description = "What else is told, as [{protocol = \"sms\", endpoint = \"+15550100\"}]: sms, https, sqs, lambda."
  type        = list(object({ protocol = string, endpoint = string }))
  default     = []
  nullable    = false
}

variable "enable_cloudwatch_alarms" {
  description = "Whether there are alarms."
  type        = bool
  default     = true
  nullable    = false
}

variable "alert_email" {
  description = "An address that alarms are mailed to; null: none."
  type        = string
  default     = null
}

variable "age_alarm_days" {
  description = "How old the last complete sync may be."
  type        = number
  default     = 8
  nullable    = false
}

variable "monthly_budget_usd" {
  description = "US dollars a month; people are told at 80% and 100% of it. null: no budget."
  type        = number
  default     = 50
}

variable "enable_cost_anomaly_detection" {
  description = "Whether AWS tells of unusual costs; an account has one such monitor."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_log_insights_queries" {
  description = "Whether questions for Logs Insights are kept ready."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_xray_tracing" {
  description = "Whether functions and state machine are traced."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_xray_group" {
  description = "Whether X-Ray keeps a group of this mirror's traces."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_kms_key_arn" {
  description = "A key of your own for the logs; null: CloudWatch's."
  type        = string
  default     = null
}
