variable "project_name" {
  description = "What the name of everything that is deployed begins with."
  type        = string
  default     = "homebrew-sync"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,39}$", var.project_name))
    error_message = "project_name must be up to 40 letters, digits and -, a letter first."
  }
}

variable "orchestrator_function_arn" {
  description = "The function that all rules tell."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:", var.orchestrator_function_arn))
    error_message = "orchestrator_function_arn must be the ARN of a function."
  }
}

variable "orchestrator_function_name" {
  description = "Its name."
  type        = string
  nullable    = false
}

variable "state_machine_arn" {
  description = "The state machine whose bad ends are told of."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:", var.state_machine_arn))
    error_message = "state_machine_arn must be the ARN of a state machine."
  }
}

variable "schedule_expression" {
  description = "When runs start, in UTC."
  type        = string
  default     = "cron(0 3 ? * SUN *)"
  nullable    = false

  validation {
    condition     = can(regex("^(cron|rate)[(].+[)]$", var.schedule_expression))
    error_message = "schedule_expression must be cron(...) or rate(...), as EventBridge has it."
  }
}

variable "rule_state" {
  description = "ENABLED, or DISABLED: then runs start only when somebody asks for them."
  type        = string
  default     = "ENABLED"
  nullable    = false

  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.rule_state)
    error_message = "rule_state must be ENABLED or DISABLED."
  }
}

variable "age_schedule_expression" {
  description = "When the age of the last complete sync is asked for, in UTC: once a day, or the alarm on it takes missing figures for an old mirror."
  type        = string
  default     = "cron(0 6 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^(cron|rate)[(].+[)]$", var.age_schedule_expression))
    error_message = "age_schedule_expression must be cron(...) or rate(...), as EventBridge has it."
  }
}

variable "maximum_event_age_seconds" {
  description = "Seconds for which EventBridge tries to deliver an event."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.maximum_event_age_seconds >= 60 && var.maximum_event_age_seconds <= 86400 && floor(var.maximum_event_age_seconds) == var.maximum_event_age_seconds
    error_message = "maximum_event_age_seconds must be 60 to 86400."
  }
}

variable "maximum_retry_attempts" {
  description = "How often it tries again in that time."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.maximum_retry_attempts >= 0 && var.maximum_retry_attempts <= 185 && floor(var.maximum_retry_attempts) == var.maximum_retry_attempts
    error_message = "maximum_retry_attempts must be 0 to 185."
  }
}

variable "enable_dead_letter_queue" {
  description = "Whether events that could not be delivered are kept for 14 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "deny_insecure_transport" {
  description = "Whether the queue refuses who comes without TLS; off only for emulators."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_cloudwatch_alarms" {
  description = "Whether there are alarms on events that could not be delivered."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_topic_arn" {
  description = "The topic that alarms are told to."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic."
  }
}

variable "tags" {
  description = "Tags of everything that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
